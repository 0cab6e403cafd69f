"""Holds that wait, that lapse, and that somebody has ended unheard: the reconciler looks, and takes none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.charge_world import CHALLENGE
from tests.support.hold_world import HELD, LET_GO, LOST, TAKEN, HoldWorld
from tests.support.memory.reconciliation import MemoryDueList
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.payments.approvals import is_authorized
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.reconciliation.ports import DuePayment


@pytest.fixture
def world() -> HoldWorld:
    made = HoldWorld()
    made.hold()
    return made


def test_it_is_looked_at_once_a_day_and_left_alone(world: HoldWorld) -> None:
    due, seen = MemoryDueList(world.store), []
    for hour in range(24 * 6):
        if any(isinstance(each, DuePayment) for each in due.due(world.clock.now())):
            seen.append(hour)
            world.reconcile()
        world.clock.advance(timedelta(hours=1))
    assert seen == [24, 48, 72, 96, 120]
    assert (world.stripe.looked, world.end, is_authorized(world.payment())) == (5, HELD, True)
    assert not world.stripe.closed


def test_once_it_has_lapsed_it_is_closed(world: HoldWorld) -> None:
    world.clock.advance(timedelta(days=7, minutes=5))
    notes = world.reconcile()
    assert (world.payment().state, world.payment().reason) == (State.CANCELLED, "expired")
    assert notes.repaired == {"overdue_payment": 1}
    assert world.tells_the_truth


@pytest.mark.parametrize("act", [HoldWorld.take, HoldWorld.let_go])
def test_what_was_done_and_not_heard_of_is_found(world: HoldWorld, act: Callable[[HoldWorld], Payment]) -> None:
    world.stripe.answers = [LOST]
    with pytest.raises(ProviderUnavailable):
        act(world)
    world.clock.advance(timedelta(days=1))
    world.reconcile()
    assert world.end in (TAKEN, LET_GO)
    assert world.tells_the_truth


@pytest.mark.parametrize("late", [timedelta(minutes=15), timedelta(days=2)])
def test_a_buyer_who_agreed_unheard_is_found_even_when_the_page_is_over(late: timedelta) -> None:
    world = HoldWorld()
    world.stripe.script = [CHALLENGE]
    world.hold()
    world.stripe.set_aside("pi_1", world.payment().due)
    world.clock.advance(late)
    notes = world.reconcile()
    assert is_authorized(world.payment())
    assert (world.end, notes.repaired) == (HELD, {"missed_event": 1})
    assert world.take().state is State.CONFIRMED


def test_a_page_on_which_nobody_agreed_is_closed() -> None:
    world = HoldWorld()
    world.stripe.script = [CHALLENGE]
    world.hold()
    world.clock.advance(timedelta(days=2))
    world.stripe.amounts["pi_1"] = world.payment().due
    world.reconcile()
    assert (world.payment().state, world.end) == (State.CANCELLED, LET_GO)


def test_while_the_provider_does_not_answer_it_stays(world: HoldWorld) -> None:
    world.clock.advance(timedelta(days=7, minutes=5))
    world.stripe.answers = [LOST]
    with pytest.raises(ProviderUnavailable):
        world.reconcile()
    assert world.payment().state is State.PENDING
