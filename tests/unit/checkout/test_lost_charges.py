"""What becomes of a charge whose answer was lost: asked about in time, and told only once it is sure."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW
from tests.support.charge_world import ChargeWorld
from tests.support.checkout_world import at_commit
from tests.support.memory.reconciliation import MemoryDueList
from tollgate.checkout.ports import ProviderUnavailable, Unknown, Unreachable
from tollgate.kernel.idempotency import LEASE
from tollgate.payments.lifecycle import State
from tollgate.reconciliation.ports import DueRequest

LOST = Unknown("timeout")
DOWN = Unreachable("connection refused")


@pytest.fixture
def world() -> ChargeWorld:
    return ChargeWorld()


def body(answer: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer.body)
    return parsed


def test_nobody_asks_before_five_minutes_then_an_hour_then_when_all_can_tell_then_daily(world: ChargeWorld) -> None:
    world.stripe.script, world.stripe.lost, world.stripe.silent = [LOST], True, True
    world.charge()
    due = MemoryDueList(world.store)
    asked = []
    for _ in range(60 * 24 * 3):
        if any(isinstance(each, DueRequest) for each in due.due(world.clock.now())):
            asked.append(world.clock.now() - NOW)
            assert not world.resume()
        world.pass_time(timedelta(minutes=1))
    five, hour, sure, day = timedelta(minutes=5), timedelta(hours=1), timedelta(minutes=90), timedelta(days=1)
    assert asked == [five, hour, sure, sure + day, sure + 2 * day]


@pytest.mark.parametrize("again", [False, True])
def test_nothing_is_sent_under_a_lease_that_has_passed(world: ChargeWorld, again: bool) -> None:
    """A sweep may stand still for longer than a request lives: whoever went on in its place knows what was sent by."""
    if again:
        world.stripe.script, world.stripe.lost = [LOST], True
        world.charge()
        world.stripe.asked.clear()
    world.unit_of_work.before = at_commit(4 if again else 1, lambda: world.pass_time(LEASE))
    answer = world.charge()
    assert (answer.status, world.stripe.asked) == (202, [])
    world.stripe.lost, world.stripe.results = False, {}
    assert (world.charge().status, len(world.stripe.asked)) == (201, 1)


def test_what_was_never_made_fails_once_that_is_sure(world: ChargeWorld) -> None:
    world.stripe.script, world.stripe.lost = [LOST], True
    world.charge()
    world.pass_time(timedelta(minutes=5))
    assert not world.resume()
    assert world.payment().state is State.PENDING
    world.pass_time(timedelta(hours=1))
    assert world.resume()
    assert (world.payment().state, world.payment().reason, world.takings) == (State.FAILED, "never_made", 0)


def test_what_was_just_sent_again_is_not_taken_for_what_was_never_made(world: ChargeWorld) -> None:
    """The first try never arrived; the second took the money, and no provider finds it at once."""
    world.stripe.script, world.stripe.lost = [LOST], True
    world.charge()
    world.pass_time(timedelta(minutes=59, seconds=50))
    world.stripe.results.clear()
    world.stripe.script, world.stripe.lost, world.stripe.found_after = [LOST], False, timedelta(minutes=1)
    world.charge()
    world.pass_time(timedelta(seconds=15))
    assert body(world.charge())["outcome"] == "unknown"
    assert not world.resume()
    assert (world.payment().state, world.takings, world.stripe.resolved) == (State.PENDING, 1, [timedelta(0)] * 2)
    world.pass_time(timedelta(minutes=5))
    assert world.resume()
    assert (world.payment().state, world.takings) == (State.CONFIRMED, 1)


def test_what_follows_is_asked_after_the_last_try_and_asking_is_none(world: ChargeWorld) -> None:
    world.stripe.script, world.stripe.lost = [LOST, LOST], True
    world.charge()
    world.pass_time(timedelta(minutes=50))
    world.charge()
    for minutes in (5, 5):
        world.pass_time(timedelta(minutes=minutes))
        assert not world.resume()
    assert world.stripe.resolved == [timedelta(minutes=5) - LEASE, timedelta(minutes=10) - LEASE]
    assert world.payment().created_at + timedelta(minutes=50) == world.stored_request().last_try_at


def test_a_charge_that_was_made_is_found(world: ChargeWorld) -> None:
    world.stripe.script = [LOST]
    world.charge()
    world.pass_time(timedelta(minutes=5))
    assert world.resume()
    assert (world.payment().state, world.takings, len(world.stripe.asked)) == (State.CONFIRMED, 1, 1)


def test_a_buyer_who_has_gone_is_not_charged(world: ChargeWorld) -> None:
    """The request that was refused for want of a provider is not made in its place."""
    world.stripe.script, world.square.script = [DOWN], [DOWN]
    with pytest.raises(ProviderUnavailable):
        world.charge()
    world.pass_time(timedelta(hours=2))
    assert world.resume()
    assert (world.payment().state, world.takings) == (State.FAILED, 0)
