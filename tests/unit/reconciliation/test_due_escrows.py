"""The reconciler ends what nobody has ended, and gives back what has not gone, ever more rarely."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.resale import WINDOW, sold
from tests.support.stores import InMemory
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.escrow.model import State
from tollgate.escrow.returning import EscrowReturns
from tollgate.escrow.settling import EscrowDesk
from tollgate.kernel.clock import FixedClock
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.due_escrows import DueEscrows
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueEscrow
from tollgate.refunds.returning import Returning


class Returns(Returning):
    """Asks nobody; `silent` where its provider does not answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.silent = False

    def give_back(self, key: PaymentKey, reason: str) -> str:
        self.asked.append((key.id, reason))
        if self.silent:
            raise ProviderUnavailable("stripe", "no answer")
        return "pending"


class World:
    def __init__(self) -> None:
        self.store, self.clock, self.returns = InMemory(), FixedClock(NOW), Returns()
        resale, unit_of_work = self.store.resale, self.store.unit_of_work
        desk = EscrowDesk(resale.escrows, resale.sold, self.store.journal, unit_of_work, self.clock)
        returns = EscrowReturns(resale.escrows, self.returns)
        self.part = DueEscrows(resale.escrows, desk, returns, unit_of_work, self.clock)
        self.notes = Notes(self.store.findings, unit_of_work, self.clock, lambda _what, _error: None)
        self.escrow = sold(self.store)
        self.due = DueEscrow("demo", self.escrow.id)

    def is_due(self) -> bool:
        return self.due in list(self.store.due.due(self.clock.now()))

    def state(self) -> State:
        found = self.store.resale.escrows.get("demo", self.escrow.id)
        assert found is not None
        return found.state


@pytest.fixture
def world() -> World:
    return World()


def test_an_hour_past_its_deadline_it_is_given_up(world: World) -> None:
    world.clock.advance(WINDOW)
    world.part.examine(world.due, world.notes)  # the index told of it too early
    assert world.state() is State.FUNDED
    world.clock.advance(timedelta(hours=1))
    world.part.examine(world.due, world.notes)
    assert world.state() is State.REFUNDED
    assert not world.returns.asked
    world.clock.advance(timedelta(minutes=15))
    assert world.is_due()


def test_what_has_not_gone_back_is_asked_for_ever_more_rarely(world: World) -> None:
    world.clock.advance(WINDOW + timedelta(hours=1))
    world.part.examine(world.due, world.notes)
    looked, since = [], world.clock.now()
    world.clock.advance(timedelta(minutes=15))
    while world.clock.now() < since + timedelta(days=6):
        if world.is_due():
            world.part.examine(world.due, world.notes)
            assert not world.is_due()
            looked.append((world.clock.now() - since) // timedelta(minutes=1))
        world.clock.advance(timedelta(minutes=15))
    assert looked == [15, 30, 60, 120, 240, 480, 960, 1920, 3360, 4800, 6240, 7680]
    assert set(world.returns.asked) == {(world.escrow.payment, "escrow_not_transferred")}


def test_one_whose_provider_does_not_answer_is_put_off_like_the_others(world: World) -> None:
    world.clock.advance(WINDOW + timedelta(hours=1))
    world.part.examine(world.due, world.notes)
    world.clock.advance(timedelta(minutes=15))
    world.returns.silent = True
    with pytest.raises(ProviderUnavailable):
        world.part.examine(world.due, world.notes)
    assert not world.is_due()


def test_one_that_moves_on_or_is_gone_is_left_alone(world: World) -> None:
    world.part.examine(DueEscrow("demo", "esc_1"), world.notes)
    world.clock.advance(WINDOW + timedelta(hours=1))
    world.part.examine(world.due, world.notes)
    world.clock.advance(timedelta(minutes=15))
    unit_of_work = world.store.unit_of_work

    def touched(_: int) -> None:
        unit_of_work.before = lambda _: None
        found = world.store.resale.escrows.get("demo", world.escrow.id)
        assert found is not None
        unit_of_work.commit(*world.store.resale.escrows.update(found.noted()))

    unit_of_work.before = touched
    world.part.examine(world.due, world.notes)
    assert not world.returns.asked
