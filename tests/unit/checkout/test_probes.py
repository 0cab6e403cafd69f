"""The probe of an open circuit is for a sale that asks the provider, and for one alone."""

from __future__ import annotations

import pytest

from tests.support.charge_world import ChargeWorld
from tests.support.checkout_world import CheckoutWorld, ScriptedProvider
from tests.support.scripted_circuits import ScriptedCircuits, an_open_one
from tollgate.checkout.ports import Unreachable
from tollgate.kernel.errors import ConcurrentChange, ValidationFailed
from tollgate.kernel.idempotency import IdempotencyKeyReused

STRIPE = frozenset({"stripe"})


@pytest.fixture
def circuits() -> ScriptedCircuits:
    return ScriptedCircuits({"stripe": an_open_one("stripe")}, STRIPE)


@pytest.fixture
def other() -> ScriptedProvider:
    return ScriptedProvider("square")


@pytest.fixture
def world(circuits: ScriptedCircuits, other: ScriptedProvider) -> CheckoutWorld:
    return CheckoutWorld(others=(other,), circuits=circuits)


def test_a_sale_takes_the_probe_before_it_asks_and_once(world: CheckoutWorld, circuits: ScriptedCircuits) -> None:
    world.provider.meanwhile = lambda: circuits.taken.append("asked")
    world.create()
    assert (circuits.taken, world.payment().route) == (["stripe", "asked"], "probe")


def test_a_request_that_came_before_takes_none(world: CheckoutWorld, circuits: ScriptedCircuits) -> None:
    world.create()
    assert world.create().replayed
    with pytest.raises(IdempotencyKeyReused):
        world.create(body={"another": "one"})
    assert circuits.taken == ["stripe"]


def test_a_sale_that_is_stored_nowhere_takes_none(world: CheckoutWorld, circuits: ScriptedCircuits) -> None:
    world.unit_of_work.before = _fail
    with pytest.raises(ConcurrentChange):
        world.create()
    with pytest.raises(ValidationFailed):
        world.create(amount=1)
    assert circuits.taken == []


def test_a_sale_whose_probe_another_has_taken_goes_elsewhere_unasked(
    world: CheckoutWorld, circuits: ScriptedCircuits, other: ScriptedProvider
) -> None:
    circuits.lost = STRIPE
    assert world.create().status == 201
    assert (world.payment().provider, len(world.provider.opened), len(other.opened)) == ("square", 0, 1)


def test_where_nobody_else_is_left_it_is_asked_all_the_same(world: CheckoutWorld, circuits: ScriptedCircuits) -> None:
    circuits.lost = STRIPE
    assert world.create(provider="stripe").status == 201
    assert (world.payment().provider, len(world.provider.opened)) == ("stripe", 1)


def test_a_probe_is_taken_of_whoever_is_next_too() -> None:
    both = {each: an_open_one(each) for each in ("stripe", "square")}
    circuits = ScriptedCircuits(both, frozenset(both))
    world = ChargeWorld(circuits=circuits)
    world.stripe.script = [Unreachable("connection refused")]
    assert world.charge().status == 201
    assert (circuits.taken, world.payment().provider) == (["stripe", "square"], "square")


def _fail(_commit: int) -> None:
    raise ConcurrentChange("somebody else was faster")
