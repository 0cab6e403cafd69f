"""Who waits for a transfer is woken by what happens, whether it happened before or after they began to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.resale import WINDOW, sold
from tests.support.stores import InMemory
from tollgate.escrow.errors import EscrowNotFound, EscrowState
from tollgate.escrow.model import Escrow, State
from tollgate.escrow.ports import Waker
from tollgate.escrow.settling import Decision, EscrowDesk, EscrowWait
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import derived

SEEN_BY_ALL = Viewer("demo", None)


class Woken(Waker):
    """Remembers whom it woke; `gone` are tokens by which nobody waits."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.gone: set[str] = set()

    def wake(self, token: str) -> bool:
        self.tokens.append(token)
        return token not in self.gone


class World:
    def __init__(self) -> None:
        self.store, self.clock, self.woken = InMemory(), FixedClock(NOW), Woken()
        resale = self.store.resale
        self.desk = EscrowDesk(resale.escrows, resale.sold, self.store.journal, self.store.unit_of_work, self.clock)
        self.wait = EscrowWait(resale.escrows, resale.waiting, self.woken, self.clock)
        self.id = sold(self.store).id

    @property
    def escrow(self) -> Escrow:
        found = self.store.resale.escrows.get("demo", self.id)
        assert found is not None
        return found


@pytest.fixture
def world() -> World:
    return World()


def test_a_confirmation_wakes_who_waits_and_the_step_releases(world: World) -> None:
    assert world.wait.begin("demo", world.id, "token")
    assert world.woken.tokens == []
    world.desk.confirm("demo", world.id)
    assert world.wait.wake("demo", world.id) == "woken"
    assert world.woken.tokens == ["token"]
    step = world.desk.step("demo", world.id)
    assert (step.state, step.seconds) == (State.RELEASED, None)


def test_what_was_confirmed_before_wakes_whoever_begins_to_wait(world: World) -> None:
    assert world.wait.wake("demo", world.id) == "nobody_waits"
    world.desk.confirm("demo", world.id)
    assert not world.wait.begin("demo", world.id, "token")
    assert world.woken.tokens == ["token"]


def test_who_waits_anew_is_woken_and_not_who_did_before(world: World) -> None:
    world.wait.begin("demo", world.id, "old")
    world.wait.begin("demo", world.id, "new")
    world.desk.confirm("demo", world.id)
    world.woken.gone.add("new")
    assert [world.wait.wake("demo", world.id) for _ in range(2)] == ["nobody_waits"] * 2
    assert world.woken.tokens == ["new", "new"]


def test_nobody_waits_past_the_deadline_nor_for_what_is_over(world: World) -> None:
    world.clock.advance(WINDOW)
    assert not world.wait.begin("demo", world.id, "late")
    world.desk.step("demo", world.id)
    assert world.escrow.state is State.REFUNDED
    assert not world.wait.begin("demo", world.id, "later")
    with pytest.raises(EscrowNotFound):
        world.wait.begin("demo", derived("esc", "nobody's"), "token")
    with pytest.raises(EscrowNotFound):
        world.wait.begin("demo", "esc#1", "token")


def test_who_waits_for_a_decision_looks_once_a_day(world: World) -> None:
    world.desk.dispute(SEEN_BY_ALL, world.id, "late")
    assert world.wait.begin("demo", world.id, "token")
    step = world.desk.step("demo", world.id)
    assert (step.state, step.seconds) == (State.DISPUTED, 86_400)
    world.desk.resolve("demo", world.id, Decision.REFUND)
    assert world.wait.wake("demo", world.id) == "woken"


def test_a_wait_is_in_whole_seconds_and_never_ends_early(world: World) -> None:
    world.clock.advance(WINDOW - timedelta(milliseconds=1))
    step = world.desk.step("demo", world.id)
    assert (step.state, step.seconds) == (State.FUNDED, 1)
    world.clock.advance(timedelta(milliseconds=1))
    assert world.desk.step("demo", world.id).state is State.REFUNDED


def test_a_decision_in_between_is_no_step_that_fails(world: World) -> None:
    """Somebody refunds it between the step's look and its release."""
    world.desk.confirm("demo", world.id)
    unit_of_work = world.store.unit_of_work

    def refund_first(_: int) -> None:
        unit_of_work.before = lambda _: None
        world.desk.refund("demo", world.id, "resolved")

    unit_of_work.before = refund_first
    step = world.desk.step("demo", world.id)
    assert (step.state, step.seconds) == (State.REFUNDED, None)
    assert len(world.store.store.of("journal")) == 0


def test_who_loses_every_race_is_told_to_come_again(world: World) -> None:
    unit_of_work, busy = world.store.unit_of_work, [False]

    def touched(_: int) -> None:
        if not busy[0]:
            busy[0] = True
            unit_of_work.commit(*world.store.resale.escrows.update(world.escrow.noted()))
            busy[0] = False

    unit_of_work.before = touched
    with pytest.raises(ConcurrentChange):
        world.desk.confirm("demo", world.id)


def test_only_its_parties_see_it_and_only_its_buyer_complains(world: World) -> None:
    for user in ("buyer-1", "seller-1", None):
        assert world.desk.show(Viewer("demo", user), world.id).id == world.id
    for viewer in (Viewer("demo", "another"), Viewer("other", None)):
        with pytest.raises(EscrowNotFound):
            world.desk.show(viewer, world.id)
    with pytest.raises(EscrowNotFound):
        world.desk.dispute(Viewer("demo", "seller-1"), world.id, "late")


def test_what_is_disputed_is_released_by_decision_alone(world: World) -> None:
    world.desk.dispute(SEEN_BY_ALL, world.id, "late")
    with pytest.raises(EscrowState):
        world.desk.release("demo", world.id, "transferred")
    assert world.desk.resolve("demo", world.id, Decision.RELEASE).state is State.RELEASED
