"""Faults of the API on request: what the client sees, and what was really done."""

from __future__ import annotations

import time

import pytest
import stripe

from tests.simulators.world import World, a_client, a_session, wait_until


def create(world: World, key: str = "key-1") -> str:
    return str(world.client.v1.checkout.sessions.create(params=a_session(), options={"idempotency_key": key}).id)


def sessions(world: World) -> int:
    return int(world.state()["counts"]["sessions"])


def test_a_rate_limit_does_nothing_and_says_when_to_come_back(world: World) -> None:
    world.control("api/faults", kind="429", retry_after=7)
    error = world.refused(lambda: create(world))
    assert isinstance(error, stripe.RateLimitError)
    assert error.headers["Retry-After"] == "7"  # type: ignore[index]  # a header mapping at run time
    assert sessions(world) == 0
    create(world)
    assert sessions(world) == 1


@pytest.mark.parametrize("kind", ["500", "503"])
def test_a_failing_service_has_done_nothing(world: World, kind: str) -> None:
    world.control("api/faults", kind=kind)
    error = world.refused(lambda: create(world))
    assert isinstance(error, stripe.APIError)
    assert (error.http_status, sessions(world)) == (int(kind), 0)


def test_a_failure_may_hide_work_that_was_done(world: World) -> None:
    world.control("api/faults", kind="500", work="first")
    assert world.refused(lambda: create(world)).http_status == 500
    assert sessions(world) == 1


def test_a_dropped_answer_hides_work_that_was_done_and_the_key_finds_it(world: World) -> None:
    world.control("api/faults", kind="drop")
    error = world.refused(lambda: create(world))
    assert isinstance(error, stripe.APIConnectionError)
    assert sessions(world) == 1
    found = create(world)
    assert (sessions(world), world.state()["sessions"][0]["id"]) == (1, found)


def test_a_reset_connection_has_done_nothing(world: World) -> None:
    world.control("api/faults", kind="reset")
    assert isinstance(world.refused(lambda: create(world)), stripe.APIConnectionError)
    assert sessions(world) == 0


@pytest.mark.parametrize(("work", "at_once", "afterwards"), [("first", 1, 1), ("last", 0, 1), ("never", 0, 0)])
def test_a_hanging_call_works_before_after_or_never(world: World, work: str, at_once: int, afterwards: int) -> None:
    impatient = a_client(world.base, http_client=stripe.RequestsClient(timeout=0.4))
    world.control("api/faults", kind="timeout", seconds=1.0, work=work)
    error = world.refused(lambda: impatient.v1.checkout.sessions.create(params=a_session()))
    assert isinstance(error, stripe.APIConnectionError)
    assert sessions(world) == at_once
    time.sleep(0.9)
    assert sessions(world) == afterwards


def test_a_slow_answer_is_still_the_answer(world: World) -> None:
    world.control("api/faults", kind="slow_body", seconds=0.5)
    started = time.monotonic()
    session = world.client.v1.checkout.sessions.retrieve(create(world))
    assert session.status == "open"
    assert time.monotonic() - started > 0.4


def test_a_fault_hits_only_the_calls_it_names(world: World) -> None:
    world.control("api/faults", kind="503", times=2, method="POST", path="/v1/refunds")
    create(world)
    world.client.v1.refunds.list()
    for _ in range(2):
        error = world.refused(lambda: world.client.v1.refunds.create(params={"payment_intent": "pi_x"}))
        assert error.http_status == 503
    error = world.refused(lambda: world.client.v1.refunds.create(params={"payment_intent": "pi_x"}))
    assert error.code == "resource_missing"


def test_faults_are_forgotten_on_request(world: World) -> None:
    world.control("api/faults", kind="503", times=100)
    world.control("api/faults", "DELETE")
    create(world)


def test_the_sdk_recovers_by_its_own_retries(world: World) -> None:
    patient = a_client(world.base, max_network_retries=2)
    world.control("api/faults", kind="503")
    assert patient.v1.checkout.sessions.create(params=a_session()).status == "open"
    world.control("api/faults", kind="drop")
    patient.v1.customers.create(params={"name": "once"})
    wait_until(lambda: world.state()["counts"]["customers"] == 1, "the customer")
