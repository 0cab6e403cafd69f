"""Groups from their first share to their end, and where the money is at each step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import usd
from tests.support.groups import LIFE, ORGANIZER, RememberingWorld
from tollgate.group_payments import events
from tollgate.group_payments.errors import GroupNotFound, GroupNotOpen
from tollgate.group_payments.model import GroupState
from tollgate.group_payments.ports import Seen
from tollgate.kernel.access import Viewer
from tollgate.ledger.accounts import escrow, seller_pending
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import RefundState

ORGANIZING = Viewer("demo", ORGANIZER)


@pytest.fixture
def world() -> RememberingWorld:
    return RememberingWorld()


def _expired(world: RememberingWorld, group: Seen) -> None:
    world.clock.advance(LIFE)
    assert world.deadline.step("demo", group.group.id).state is GroupState.EXPIRED


def test_the_last_share_completes_the_group_and_gives_its_money_to_the_seller(world: RememberingWorld) -> None:
    group = world.made(members=3)
    for number in range(2):
        world.paid(group, number)
    assert (world.group(group).state, world.books()[escrow(group.group.id)]) == (GroupState.PARTIALLY_PAID, 10_000)
    world.paid(group, 2)
    assert world.group(group).state is GroupState.COMPLETED
    assert escrow(group.group.id) not in world.books()
    assert world.books()[seller_pending("ven_1")] == 15_000 - 3 * 100
    (completed,) = world.events(events.GROUP_COMPLETED)
    assert (completed.sequence, completed.data["paid_members"], completed.data["collected"]) == (2, 3, 15_000)


def test_one_payment_covers_all(world: RememberingWorld) -> None:
    group = world.made(members=40, price=3)
    world.paid(group, *range(40), fee=7)
    assert world.group(group).state is GroupState.COMPLETED
    assert set(world.states(group)) == {"paid"}
    assert world.books()[seller_pending("ven_1")] == 240 - 7


def test_a_payment_that_ends_unpaid_frees_its_share(world: RememberingWorld) -> None:
    group = world.made()
    tried = world.begun(group, 0)
    assert world.states(group) == ["paying", "pending"]
    world.told(tried, Fact.FAILED, reason="card_declined")
    assert world.states(group) == ["pending", "pending"]
    world.paid(group, 0)
    assert world.states(group) == ["paid", "pending"]


def test_money_that_comes_when_the_group_is_over_is_held_and_not_wanted(world: RememberingWorld) -> None:
    group = world.made()
    late = world.begun(group, 0)
    _expired(world, group)
    payment = world.taken(late).payment
    assert (payment.state, payment.review, payment.reason) == (State.CANCELLED, "unwanted", "group_expired")
    assert (world.states(group), world.group(group).owes_refunds) == (["held", "pending"], True)
    assert escrow(group.group.id) not in world.books()
    came_back = world.refund(world.refunded(payment), RefundState.FAILED)
    assert (came_back.review is None, world.states(group)) == (False, ["held", "pending"])
    world.refunded(came_back, "ref_2")
    assert (world.states(group), world.group(group).owes_refunds) == (["refunded", "pending"], False)


def test_money_that_comes_for_a_share_that_another_pays_is_not_wanted(world: RememberingWorld) -> None:
    group = world.made()
    first = world.begun(group, 0)
    world.told(first, Fact.CANCELLED, reason="requested")
    world.paid(group, 0)
    late = world.taken(first).payment
    assert (late.review, world.states(group)) == ("late_capture", ["paid", "pending"])
    assert world.group(group).progress.paid == 1


def test_what_was_paid_for_a_group_that_has_failed_goes_back_and_is_counted(world: RememberingWorld) -> None:
    group = world.made()
    payment = world.paid(group, 0)
    _expired(world, group)
    assert world.group(group).owes_refunds
    world.refunded(payment)
    assert (world.states(group), world.group(group).owes_refunds) == (["refunded", "pending"], False)
    assert world.books() == {}
    (back,) = world.events(events.SHARE_REFUNDED)
    assert back.data["payment_id"] == payment.id


def test_a_refund_that_comes_back_is_owed_once_more(world: RememberingWorld) -> None:
    group = world.made()
    payment = world.paid(group, 0)
    _expired(world, group)
    back = world.refunded(payment)
    assert not list(world.store.due.due(world.clock.now() + timedelta(hours=1)))
    here = world.refund(back, RefundState.FAILED)
    assert (world.states(group)[0], world.group(group).owes_refunds) == ("paid", True)
    assert list(world.store.due.due(world.clock.now() + timedelta(hours=1)))
    world.refunded(here, "ref_2")
    assert (world.states(group)[0], world.group(group).owes_refunds) == ("refunded", False)


def test_nobody_takes_a_share_out_of_an_open_group_but_its_provider_may(world: RememberingWorld) -> None:
    group = world.made()
    payment = world.paid(group, 0)
    with pytest.raises(NotRefundable):
        world.refund(payment, RefundState.REQUESTED)
    world.refund(payment, RefundState.SUCCEEDED, "", amount=usd(5_000), reference="re_dashboard")
    assert (world.states(group)[0], world.group(group).progress.paid) == ("pending", 0)
    assert world.group(group).state is GroupState.COLLECTING
    assert escrow(group.group.id) not in world.books()
    world.paid(group, 0)
    world.paid(group, 1)
    assert world.group(group).state is GroupState.COMPLETED


def test_a_dispute_ends_an_open_group_and_a_lost_one_is_money_gone(world: RememberingWorld) -> None:
    group = world.made()
    disputed, other = world.paid(group, 0), world.paid(world.made("2"), 0)
    opened = DisputeReport("dp_1", usd(5_000), DisputeState.OPEN, usd(1_500))
    payment = world.told(disputed, Fact.DISPUTE, dispute=opened).payment
    assert (world.group(group).state, world.group(group).reason) == (GroupState.CANCELLED, "disputed")
    lost = DisputeReport("dp_1", usd(5_000), DisputeState.LOST, usd(1_500))
    world.told(payment, Fact.DISPUTE, dispute=lost)
    assert (world.states(group)[0], world.group(group).owes_refunds) == ("refunded", False)
    assert escrow(group.group.id) not in world.books()
    assert other.review is None


def test_a_group_is_called_off_once_by_who_organizes_it(world: RememberingWorld) -> None:
    group = world.made()
    with pytest.raises(GroupNotFound):
        world.desk.cancel(Viewer("demo", "somebody"), group.group.id)
    with pytest.raises(GroupNotFound):
        world.desk.cancel(Viewer("other", None), group.group.id)
    first, again = (world.desk.cancel(ORGANIZING, group.group.id) for _ in range(2))
    assert first.group == again.group
    assert len(world.events(events.GROUP_CANCELLED)) == 1
    expired = world.made("2")
    _expired(world, expired)
    with pytest.raises(GroupNotOpen):
        world.desk.cancel(ORGANIZING, expired.group.id)


def test_members_are_reminded_twice_and_only_those_who_have_not_paid(world: RememberingWorld) -> None:
    group = world.made(members=3)
    world.paid(group, 0)
    steps = []
    for minutes in (0, 5, 0, 3, 1):
        world.clock.advance(timedelta(minutes=minutes))
        steps.append(world.deadline.step("demo", group.group.id))
        if minutes == 5:
            world.begun(group, 1)
    born = group.group.created_at
    assert [(step.until or born) - born for step in steps] == [timedelta(minutes=each) for each in (5, 8, 8, 10, 10)]
    reminded = [each.aggregate_id for each in world.events(events.SHARE_REMINDED)]
    assert reminded == [group.shares[1].id, group.shares[2].id, group.shares[2].id]


def test_a_step_of_a_group_that_has_ended_does_nothing(world: RememberingWorld) -> None:
    group = world.made()
    _expired(world, group)
    before = len(world.events())
    assert world.deadline.step("demo", group.group.id).until is None
    assert len(world.events()) == before
    with pytest.raises(GroupNotFound):
        world.deadline.step("demo", "grp_of_nobody")


def test_of_expiry_and_the_last_share_exactly_one_wins_whichever_comes_first(world: RememberingWorld) -> None:
    """Both read the group before either has written."""
    group = world.made(members=1)
    last = world.begun(group, 0)
    world.clock.advance(LIFE)
    before, ended = world.store.unit_of_work.before, []

    def expire_first(_: int) -> None:
        world.store.unit_of_work.before = before
        ended.append(world.deadline.step("demo", group.group.id).state)

    world.store.unit_of_work.before = expire_first
    payment = world.taken(last).payment
    assert (ended, payment.review) == ([GroupState.EXPIRED], "unwanted")
    assert len(world.events(events.GROUP_EXPIRED, events.GROUP_COMPLETED)) == 1
