"""What many instances know of one provider: shared by transitions, and by nothing else."""

from __future__ import annotations

import pytest

from tests.support.health_world import HealthWorld
from tollgate.kernel.errors import StoreUnavailable, WriteOutcomeUnknown
from tollgate.routing.circuit import Cause, CircuitState
from tollgate.routing.health import KEPT_SECONDS, Health

INSTANCES = 100


@pytest.fixture
def world() -> HealthWorld:
    return HealthWorld()


def break_down(health: Health, provider: str = "stripe") -> None:
    for _ in range(5):
        health.failed(provider)


def raises(error: Exception) -> None:
    raise error


def test_while_all_is_well_nothing_is_written_and_little_is_read(world: HealthWorld) -> None:
    instances = [world.instance() for _ in range(INSTANCES)]
    for _ in range(3):
        for each in instances:
            for _ in range(20):
                assert each.find("stripe").is_closed
                assert each.find("square").is_closed
                each.succeeded("stripe")
                each.failed("square")
                each.succeeded("square")
                each.succeeded("square")
        world.later(KEPT_SECONDS)
    assert world.circuits.reads == 3 * INSTANCES
    assert (world.unit_of_work.commits, world.store.items) == (0, {})


def test_an_outage_that_all_see_opens_one_circuit_and_is_told_once(world: HealthWorld) -> None:
    instances = [world.instance() for _ in range(INSTANCES)]
    for each in instances:
        break_down(each)
    assert world.events() == ["opened"]
    assert (world.stored().state, world.stored().cause) == (CircuitState.OPEN, Cause.CONSECUTIVE_FAILURES)
    assert not any(each.find("stripe").is_closed for each in instances)
    assert all(each.find("square").is_closed for each in instances)


def test_the_instance_that_opened_it_knows_at_once_and_others_within_half_a_minute(world: HealthWorld) -> None:
    one, another = world.instance(), world.instance()
    assert another.find("stripe").is_closed
    break_down(one)
    assert not one.find("stripe").is_closed
    assert another.find("stripe").is_closed
    world.later(KEPT_SECONDS)
    assert not another.find("stripe").is_closed


def test_of_a_hundred_instances_one_tries_the_provider_again(world: HealthWorld) -> None:
    instances = [world.instance() for _ in range(INSTANCES)]
    break_down(instances[0])
    assert not any(each.take_probe("stripe") for each in instances)
    world.later(30)
    assert sum(each.take_probe("stripe") for each in instances) == 1
    assert world.events() == ["opened"]


def test_a_probe_that_is_answered_closes_the_circuit(world: HealthWorld) -> None:
    health = world.instance()
    break_down(health)
    world.later(30)
    assert health.take_probe("stripe")
    health.succeeded("stripe")
    assert health.find("stripe").is_closed
    assert (world.stored().is_closed, world.events()) == (True, ["opened", "closed"])
    for _ in range(4):
        health.failed("stripe")
    assert health.find("stripe").is_closed  # what was before it opened is forgotten


def test_a_probe_that_is_refused_was_answered(world: HealthWorld) -> None:
    health = world.instance()
    break_down(health)
    world.later(30)
    assert health.take_probe("stripe")
    health.answered("stripe")
    assert health.find("stripe").is_closed


def test_a_probe_that_fails_opens_it_again_for_as_long(world: HealthWorld) -> None:
    health = world.instance()
    break_down(health)
    world.later(30)
    assert health.take_probe("stripe")
    health.failed("stripe")
    assert (world.stored().state, world.stored().failures) == (CircuitState.OPEN, 1)
    assert not health.take_probe("stripe")
    world.later(30)
    assert health.take_probe("stripe")
    assert world.events() == ["opened"]


def test_whoever_has_the_probe_has_it_until_its_time_is_over(world: HealthWorld) -> None:
    one, another = world.instance(), world.instance()
    break_down(one)
    world.later(30)
    assert one.take_probe("stripe")
    assert one.take_probe("stripe")  # the same sale, planned anew
    assert world.stored().version == 2
    assert not another.take_probe("stripe")
    world.later(30)
    assert another.take_probe("stripe")
    one.succeeded("stripe")  # too late: it is another's to say
    assert world.stored().state is CircuitState.HALF_OPEN
    another.succeeded("stripe")
    assert world.stored().is_closed


def test_what_others_hear_while_it_is_open_changes_nothing(world: HealthWorld) -> None:
    one, another = world.instance(), world.instance()
    break_down(one)
    before = world.unit_of_work.commits
    assert not another.find("stripe").is_closed
    for each in (one, another):
        each.succeeded("stripe")
        each.answered("stripe")
        break_down(each)
    assert (world.unit_of_work.commits, world.events()) == (before, ["opened"])


def test_refusals_count_neither_way(world: HealthWorld) -> None:
    health = world.instance()
    for _ in range(4):
        health.failed("stripe")
    for _ in range(100):
        health.answered("stripe")
    assert health.find("stripe").is_closed
    health.failed("stripe")
    assert not health.find("stripe").is_closed


def test_refused_credentials_open_it_at_once(world: HealthWorld) -> None:
    health = world.instance()
    health.failed("stripe", credentials_refused=True)
    assert (world.stored().cause, world.events()) == (Cause.CREDENTIALS_REFUSED, ["opened"])


def test_one_that_opened_and_closed_unseen_opens_again(world: HealthWorld) -> None:
    blind, other = world.instance(), world.instance()
    assert blind.find("stripe").is_closed
    break_down(other)
    world.later(30)
    assert other.take_probe("stripe")
    other.succeeded("stripe")
    break_down(blind)
    assert world.stored().state is CircuitState.OPEN
    assert world.events() == ["opened", "closed", "opened"]


def test_where_health_cannot_be_read_providers_are_taken_for_healthy(world: HealthWorld) -> None:
    health = world.instance()
    break_down(world.instance())
    world.circuits.before_reading = lambda: raises(StoreUnavailable("down"))
    for _ in range(10):
        assert health.find("stripe").is_closed
    assert (world.circuits.reads, world.trouble.told) == (1, ["read: StoreUnavailable"])
    with pytest.raises(StoreUnavailable):
        health.look()
    world.circuits.before_reading = lambda: None
    world.later(KEPT_SECONDS)
    assert not health.find("stripe").is_closed


@pytest.mark.parametrize("error", [StoreUnavailable("down"), WriteOutcomeUnknown("lost"), KeyError("broken")])
def test_where_health_cannot_be_written_the_sale_goes_on(world: HealthWorld, error: Exception) -> None:
    health, told = world.instance(), f"write: {type(error).__name__}"
    world.unit_of_work.before = lambda _: raises(error)
    break_down(health)
    assert health.find("stripe").is_closed
    assert world.trouble.told == [told]
    world.unit_of_work.before = lambda _: None
    health.failed("stripe")
    assert not health.find("stripe").is_closed
    world.later(30)
    world.unit_of_work.before = lambda _: raises(error)
    assert not health.take_probe("stripe")
    assert world.trouble.told == [told, told]


def test_what_an_instance_wrote_it_does_not_unlearn_from_an_older_read(world: HealthWorld) -> None:
    health = world.instance()
    break_down(health)
    stale = world.store.items.pop(("circuit", "stripe"))
    assert not health.find("stripe").is_closed
    world.store.items["circuit", "stripe"] = stale
    world.later(KEPT_SECONDS)
    assert not health.find("stripe").is_closed
