"""The reconciler ends groups that nobody has ended, gives back what they owe, and tells somebody where it cannot."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from tests.support.fakes import CountingIds
from tests.support.groups import LIFE, RememberingWorld
from tests.support.hold_world import LET_GO, LOST
from tollgate.adapters.providers.mock.refunds import MockRefunds
from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import ProviderUnavailable, Rejected
from tollgate.group_payments.model import GroupState
from tollgate.group_payments.returning import GroupReturns
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.reconciliation.due_groups import DueGroups
from tollgate.reconciliation.model import Kind
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueFinding, DueGroup
from tollgate.refunds.ports import Answered
from tollgate.refunds.returning import Returning
from tollgate.refunds.service import Refunding

MINUTES_5, QUARTER, HOUR = timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)


class Refusing(MockRefunds):
    """A provider that gives nothing back while it does not want to."""

    wants = False

    def refund(self, parameters: str, key: str) -> Answered | Rejected:  # type: ignore[override]
        return super().refund(parameters, key) if self.wants else Rejected("charge_too_old")


@pytest.fixture
def world() -> RememberingWorld:
    return RememberingWorld()


@pytest.fixture
def provider() -> Refusing:
    return Refusing()


def _part(world: RememberingWorld, provider: MockRefunds) -> DueGroups:
    store = world.store
    refunding = Refunding(
        payments=store.payments,
        recorder=world.recorder,
        idempotency=store.idempotency,
        providers={"stripe": provider},
        unit_of_work=store.unit_of_work,
        clock=world.clock,
        ids=CountingIds(),
    )
    returns = GroupReturns(store.groups, Returning(store.payments, refunding), world.checkouts)
    return DueGroups(store.groups, world.deadline, world.holds, returns, store.unit_of_work, world.clock)


def _sweep(world: RememberingWorld, part: DueGroups) -> Notes:
    store = world.store
    notes = Notes(store.findings, store.unit_of_work, world.clock, lambda _what, _error: None)
    for due in list(store.due.due(world.clock.now())):
        if isinstance(due, DueGroup):
            part.examine(due, notes)
        if isinstance(due, DueFinding):
            finding = store.findings.get(due.tenant, due.id)
            assert finding is not None
            if part.is_settled(finding):
                notes.mended(finding)
            else:
                notes.put_off(finding)
    return notes


def test_a_group_that_no_machine_has_ended_ends_and_gives_back(world: RememberingWorld) -> None:
    group, part = world.made(), _part(world, MockRefunds())
    world.paid(group, 0)
    world.clock.advance(LIFE)
    assert not _sweep(world, part).found
    assert world.group(group).is_open
    world.clock.advance(MINUTES_5)
    assert not _sweep(world, part).found
    assert world.group(group).state is GroupState.EXPIRED
    assert world.states(group) == ["paid", "pending"]
    world.clock.advance(QUARTER)
    assert not _sweep(world, part).found
    assert world.states(group) == ["refunded", "pending"]
    assert list(world.store.due.due(world.clock.now() + timedelta(hours=9))) == []


def test_what_no_queue_has_taken_is_taken(world: RememberingWorld) -> None:
    group, part = world.made(), _part(world, MockRefunds())
    world.held(group, 0)
    world.clock.advance(MINUTES_5)
    assert not _sweep(world, part).found
    world.held(group, 1)
    for silent, state in ((2, GroupState.PARTIALLY_PAID), (0, GroupState.COMPLETED)):
        world.provider.answers = [LOST] * silent
        world.clock.advance(MINUTES_5)
        with suppress(ProviderUnavailable):
            _sweep(world, part)
        assert world.group(group).state is state
    assert list(world.store.due.due(world.clock.now() + LIFE)) == []


def test_what_a_bank_would_not_pay_is_looked_at_when_the_group_is_over(world: RememberingWorld) -> None:
    group, part = world.made(), _part(world, MockRefunds())
    for number in range(2):
        world.held(group, number)
    world.provider.refuses = Declined(Decline(DeclineClass.SOFT, "insufficient_funds"))
    assert world.holds.take("demo", group.group.id) == "stopped"
    assert sorted(world.states(group)) == ["held", "pending"]
    world.clock.advance(MINUTES_5)
    _sweep(world, part)
    (due,) = [each for each in world.store.due.due(group.group.expires_at + MINUTES_5) if isinstance(each, DueGroup)]
    assert not list(world.store.due.due(group.group.expires_at + MINUTES_5 - timedelta(seconds=1)))
    assert due.id == group.group.id


def test_what_came_late_and_no_queue_has_let_go_is_let_go(world: RememberingWorld) -> None:
    group, part = world.made(), _part(world, MockRefunds())
    late = world.begun(group, 0, hold=True)
    world.clock.advance(LIFE)
    world.deadline.step("demo", group.group.id)
    world.set_aside(late)
    world.clock.advance(QUARTER)
    _sweep(world, part)
    assert (world.states(group), list(world.provider.kept.values())) == (["released", "pending"], [LET_GO])
    assert list(world.store.due.due(world.clock.now() + timedelta(days=2))) == []


def test_what_a_provider_does_not_give_back_is_somebodys_and_settles_by_itself(
    world: RememberingWorld, provider: Refusing
) -> None:
    group, part = world.made(), _part(world, provider)
    world.paid(group, 0)
    world.clock.advance(LIFE)
    world.deadline.step("demo", group.group.id)
    found = []
    for _ in range(8):
        world.clock.advance(QUARTER)
        found += list(_sweep(world, part).found)
    assert found == [Kind.OWED_REFUNDS]
    (finding,) = world.store.findings.list("demo", open_only=True, limit=9, cursor=None).findings
    assert (finding.subject_id, finding.detail["shares"]) == (group.group.id, 1)
    provider.wants = True
    for _ in range(3):
        world.clock.advance(timedelta(days=1))
        _sweep(world, part)
    assert world.states(group) == ["refunded", "pending"]
    assert world.store.findings.list("demo", open_only=True, limit=9, cursor=None).findings == ()


def test_it_is_looked_at_ever_more_rarely(world: RememberingWorld, provider: Refusing) -> None:
    group, part = world.made(), _part(world, provider)
    world.paid(group, 0)
    world.clock.advance(LIFE)
    world.deadline.step("demo", group.group.id)
    ended, looks = world.clock.now(), list[timedelta]()
    for _ in range(48 * 4):
        world.clock.advance(QUARTER)
        if any(isinstance(each, DueGroup) for each in world.store.due.due(world.clock.now())):
            looks.append(world.clock.now() - ended)
        _sweep(world, part)
    assert looks == [QUARTER, 2 * QUARTER, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 32 * HOUR]
