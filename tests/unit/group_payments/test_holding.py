"""Shares that are set aside: nothing is taken before nothing is missing, and what is not taken is let go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import captured, usd
from tests.support.fakes import CountingIds
from tests.support.groups import LIFE, ORGANIZER, RememberingWorld
from tests.support.hold_world import HELD, LET_GO, LOST, TAKEN
from tollgate.adapters.providers.mock.refunds import MockRefunds
from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.group_payments import events
from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.model import TAKEN_WITHIN, GroupState
from tollgate.group_payments.ports import Seen
from tollgate.group_payments.returning import GroupReturns
from tollgate.kernel.access import Viewer
from tollgate.ledger.accounts import escrow, seller_pending
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey
from tollgate.refunds.returning import Returning
from tollgate.refunds.service import Refunding

WHOLE_TENANT = Viewer("demo", None)
DECLINED = Declined(Decline(DeclineClass.SOFT, "insufficient_funds"))


@pytest.fixture
def world() -> RememberingWorld:
    return RememberingWorld()


def _take(world: RememberingWorld, group: Seen) -> str:
    return world.holds.take("demo", group.group.id)


def _returning(world: RememberingWorld) -> Returning:
    store = world.store
    refunding = Refunding(
        payments=store.payments,
        recorder=world.recorder,
        idempotency=store.idempotency,
        providers={"stripe": MockRefunds()},
        unit_of_work=store.unit_of_work,
        clock=world.clock,
        ids=CountingIds(),
    )
    return Returning(store.payments, refunding)


def _give_back(world: RememberingWorld, group: Seen) -> str:
    returns = GroupReturns(world.store.groups, _returning(world), world.checkouts)
    return returns.give_back("demo", group.group.id)


def _end(world: RememberingWorld, group: Seen) -> GroupState:
    world.clock.advance(LIFE + TAKEN_WITHIN)
    return world.deadline.step("demo", group.group.id).state


def _money(world: RememberingWorld) -> list[str]:
    """What became of it at the provider, in the order in which it was set aside."""
    return list(world.provider.kept.values())


def _now(world: RememberingWorld, payment: Payment) -> Payment:
    found = world.store.payments.get(PaymentKey(payment.tenant, payment.id))
    assert found is not None
    return found


def test_nothing_is_taken_before_nothing_is_missing_and_then_all_of_it(world: RememberingWorld) -> None:
    group = world.made(members=3)
    for number in range(2):
        world.held(group, number)
        assert _take(world, group) == "waiting"
    assert (world.group(group).state, world.books(), _money(world)) == (GroupState.PARTIALLY_PAID, {}, [HELD] * 2)
    world.held(group, 2)
    (authorized,) = world.events(events.GROUP_AUTHORIZED)
    assert (authorized.sequence, authorized.data["paid_members"], authorized.data["collected"]) == (2, 3, 15_000)
    assert [_take(world, group) for _ in range(2)] == ["taken", "over"]
    assert (world.states(group), _money(world)) == (["paid"] * 3, [TAKEN] * 3)
    (completed,) = world.events(events.GROUP_COMPLETED)
    assert (completed.sequence, completed.data["collected"]) == (3, 15_000)
    assert world.books()[seller_pending("ven_1")] == 15_000 - 3 * 100
    assert escrow(group.group.id) not in world.books()


def test_one_that_is_taken_at_once_may_be_the_first_or_the_last(world: RememberingWorld) -> None:
    """Where one member's provider cannot set money aside, the others' waits all the same."""
    for order in ("paid", "held"), ("held", "paid"):
        group = world.made("-".join(order))
        for number, how in enumerate(order):
            getattr(world, how)(group, number)
        assert world.group(group).is_open
        assert len(world.events(events.GROUP_AUTHORIZED)) == 1
        assert _take(world, group) == "taken"
        assert world.group(group).state is GroupState.COMPLETED
        world = RememberingWorld()


def test_a_bank_that_does_not_pay_after_all_stops_it_and_frees_that_share(world: RememberingWorld) -> None:
    group = world.made(members=1)
    tried = world.held(group, 0)
    world.provider.refuses = DECLINED
    assert _take(world, group) == "stopped"
    assert (_now(world, tried).state, world.states(group)) == (State.FAILED, ["pending"])
    assert (world.group(group).state, _money(world)) == (GroupState.COLLECTING, [LET_GO])
    (released,) = world.events(events.SHARE_RELEASED)
    assert (released.data["payment_id"], released.data["status"]) == (tried.id, "pending")
    world.provider.refuses = None
    world.held(group, 0)
    assert [each.sequence for each in world.events(events.GROUP_AUTHORIZED)] == [2, 3]
    assert (_take(world, group), world.group(group).version) == ("taken", 4)


def test_of_several_those_behind_a_bank_that_does_not_pay_stay_set_aside(world: RememberingWorld) -> None:
    group = world.made(members=3)
    for number in range(3):
        world.held(group, number)
    world.provider.refuses = DECLINED
    assert _take(world, group) == "stopped"
    assert sorted(world.states(group)) == ["held", "held", "pending"]
    assert (_take(world, group), len(world.provider.captured)) == ("waiting", 1)


def test_what_the_provider_or_a_bank_lets_go_can_be_paid_again_and_no_member_takes_it_back(
    world: RememberingWorld,
) -> None:
    group = world.made()
    mine, theirs = world.held(group, 0), world.held(group, 1)
    with pytest.raises(InvalidTransition):
        world.checkouts.cancel(Viewer("demo", mine.owner), mine.id)
    world.told(mine, Fact.CANCELLED, reason="requested", about=f"pi_{mine.id}")
    assert (world.states(group), world.group(group).progress.paid) == (["pending", "held"], 1)
    world.told(theirs, Fact.EXPIRED, about=f"pi_{theirs.id}")
    assert (world.states(group), world.group(group).state) == (["pending", "pending"], GroupState.COLLECTING)
    assert world.group(group).progress.collected == world.group(group).progress.fees == 0
    world.held(group, 0, 1)
    assert _take(world, group) == "taken"


def test_of_a_group_that_has_failed_all_is_let_go_and_nothing_was_taken(world: RememberingWorld) -> None:
    group = world.made(members=4)
    held, paid = world.held(group, 0, 1), world.paid(group, 2)
    assert _end(world, group) is GroupState.EXPIRED
    assert world.group(group).owes_refunds
    assert [_give_back(world, group) for _ in range(2)] == ["returning", "nothing"]
    assert world.states(group) == ["released", "released", "refunded", "pending"]
    assert (_money(world), _now(world, held).state) == ([LET_GO], State.CANCELLED)
    assert (_now(world, paid).refundable, world.group(group).owes_refunds) == (0, False)
    assert (world.group(group).progress.returned, world.provider.captured) == (3, [])
    assert not list(world.store.due.due(world.clock.now() + timedelta(hours=1)))
    assert {each.data["status"] for each in world.events(events.SHARE_RELEASED)} == {"released"}


def test_a_page_at_the_bank_is_called_off_with_its_group(world: RememberingWorld) -> None:
    """Nobody confirms there what is given back at once."""
    group = world.made()
    waits = world.told(world.begun(group, 0, hold=True), Fact.CHECKOUT_OPENED, session=world.a_page("pi_1")).payment
    unsure = world.begun(group, 1, hold=True)
    world.desk.cancel(Viewer("demo", ORGANIZER), group.group.id)
    assert _give_back(world, group) == "returning"
    assert (_now(world, waits).state, _now(world, unsure).state) == (State.CANCELLED, State.PENDING)
    assert world.states(group) == ["pending", "paying"]


def test_what_is_set_aside_when_the_group_is_over_is_let_go(world: RememberingWorld) -> None:
    group = world.made()
    late = world.begun(group, 0, hold=True)
    _end(world, group)
    payment = world.set_aside(late)
    assert (payment.approved, world.states(group)) == (payment.version, ["held", "pending"])
    assert world.group(group).owes_refunds
    told = [world.holds.let_go(_now(world, late), group.group.id) for _ in range(2)]
    assert (told, _money(world)) == (["let_go", "over"], [LET_GO])
    assert (world.states(group), world.group(group).owes_refunds) == (["released", "pending"], False)
    assert (len(world.events(events.SHARE_HELD)), len(world.events(events.SHARE_RELEASED))) == (1, 1)


def test_what_is_set_aside_for_an_open_group_is_not_let_go(world: RememberingWorld) -> None:
    group = world.made()
    payment = world.held(group, 0)
    assert world.holds.let_go(payment, group.group.id) == "waiting"
    for call in (world.holds.let_go, lambda _payment, id_: world.holds.take("demo", id_)):
        with pytest.raises(GroupNotFound):
            call(payment, "grp_of_nobody")
    assert _money(world) == [HELD]


def test_what_is_taken_while_the_group_ends_is_not_wanted_and_goes_back(world: RememberingWorld) -> None:
    """The provider has taken it, and before that is known here, the group is over."""
    group = world.made(members=1)
    payment = world.held(group, 0)
    world.provider.arriving = lambda: _end(world, group)
    assert _take(world, group) == "stopped"
    now = _now(world, payment)
    assert (now.state, now.review, now.reason) == (State.CANCELLED, "unwanted", "group_expired")
    assert (world.states(group), world.group(group).owes_refunds) == (["held"], True)
    assert len(world.events(events.GROUP_COMPLETED, events.GROUP_EXPIRED)) == 1
    _returning(world).give_back_held(PaymentKey("demo", payment.id), "unwanted")
    assert (world.states(group), world.group(group).owes_refunds) == (["refunded"], False)
    assert (len(world.events(events.SHARE_REFUNDED)), world.events(events.SHARE_RELEASED)) == (1, [])


def test_a_share_of_which_only_a_part_was_taken_is_for_a_person_and_free_again(world: RememberingWorld) -> None:
    """At the provider's dashboard. Nothing of it has gone back."""
    group = world.made()
    payment = world.recorder.record(world.held(group, 0), captured("pi_part", usd(100), world.clock.now())).payment
    assert (payment.review, world.states(group)) == ("amount_mismatch", ["pending", "pending"])
    assert (len(world.events(events.SHARE_RELEASED)), world.events(events.SHARE_REFUNDED)) == (1, [])


def test_a_group_of_which_nothing_is_missing_has_time_to_be_taken(world: RememberingWorld) -> None:
    full, other = world.made("1", members=1), world.made("2")
    for group in (full, other):
        world.held(group, 0)
    world.clock.advance(LIFE)
    step = world.deadline.step("demo", full.group.id)
    assert (step.state, step.until) == (GroupState.PARTIALLY_PAID, full.group.expires_at + TAKEN_WITHIN)
    assert world.deadline.step("demo", other.group.id).state is GroupState.EXPIRED
    world.clock.advance(TAKEN_WITHIN)
    assert world.deadline.step("demo", full.group.id).state is GroupState.EXPIRED
    assert (_give_back(world, full), world.states(full)) == ("returning", ["released"])


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_whoever_takes_goes_on_past_one_that_does_not_answer(world: RememberingWorld, lost: int) -> None:
    """The answer to one of three captures is lost; the message comes again."""
    group = world.made(members=3)
    for number in range(3):
        world.held(group, number)
    world.provider.answers = [*[None] * lost, LOST]
    with pytest.raises(ProviderUnavailable):
        _take(world, group)
    assert (_money(world), world.group(group).progress.held) == ([TAKEN] * 3, 1)
    assert (_take(world, group), _money(world)) == ("taken", [TAKEN] * 3)
    assert world.group(group).state is GroupState.COMPLETED


def test_whoever_takes_stops_at_a_provider_that_is_down_and_goes_on_there(world: RememberingWorld) -> None:
    group = world.made(members=4)
    for number in range(4):
        world.held(group, number)
    world.provider.answers = [LOST, LOST]
    with pytest.raises(ProviderUnavailable):
        _take(world, group)
    assert _money(world).count(TAKEN) == 2
    assert (_take(world, group), world.group(group).state) == ("taken", GroupState.COMPLETED)


def test_nobody_cancels_what_was_taken(world: RememberingWorld) -> None:
    group = world.made(members=1)
    payment = world.held(group, 0)
    _take(world, group)
    with pytest.raises(InvalidTransition):
        world.checkouts.cancel(WHOLE_TENANT, payment.id)
    assert _money(world) == [TAKEN]
