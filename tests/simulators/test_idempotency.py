"""One key, one result."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
import stripe

from tests.simulators.world import KEY, World, a_session, wait_until


def post(world: World, path: str, key: str | None, data: dict[str, str]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {KEY}", **({"Idempotency-Key": key} if key else {})}
    return httpx.post(f"{world.base}/v1/{path}", headers=headers, data=data, trust_env=False, timeout=20)


CUSTOMER = {"email": "a@b.example", "metadata[a]": "1"}


def test_a_repeated_request_gets_the_first_answer_and_does_nothing(world: World) -> None:
    first, again = (post(world, "customers", "key-1", CUSTOMER) for _ in range(2))
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert world.state()["counts"]["customers"] == 1


def test_the_answer_is_the_first_one_even_when_the_object_has_moved_on(world: World) -> None:
    options: Any = {"idempotency_key": "checkout-1"}
    sessions = world.client.v1.checkout.sessions
    first = sessions.create(params=a_session(), options=options)
    sessions.expire(first.id)
    again = sessions.create(params=a_session(), options=options)
    assert (again.id, again.status) == (first.id, "open")


@pytest.mark.parametrize("changed", [{"email": "other@b.example"}, {"email": "a@b.example", "metadata[a]": "2"}])
def test_other_parameters_under_the_key_are_an_idempotency_error(world: World, changed: dict[str, str]) -> None:
    post(world, "customers", "key-1", CUSTOMER)
    answer = post(world, "customers", "key-1", changed)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert post(world, "refunds", "key-1", CUSTOMER).json()["error"]["type"] == "idempotency_error"


def test_the_sdk_knows_the_idempotency_error(world: World) -> None:
    options: Any = {"idempotency_key": "key-1"}
    world.client.v1.customers.create(params={"name": "A"}, options=options)
    error = world.refused(lambda: world.client.v1.customers.create(params={"name": "B"}, options=options))
    assert isinstance(error, stripe.IdempotencyError)


def test_a_decline_is_kept_and_repeated(world: World) -> None:
    data = {"amount": "500", "currency": "usd", "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}
    first, again = (post(world, "payment_intents", "key-1", data) for _ in range(2))
    assert (first.status_code, again.status_code) == (402, 402)
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json() == again.json()
    assert world.state()["counts"]["charges"] == 1


def test_a_validation_error_is_not_kept(world: World) -> None:
    assert post(world, "payment_intents", "key-1", {"amount": "1", "currency": "usd"}).status_code == 400
    assert post(world, "payment_intents", "key-1", {"amount": "100", "currency": "usd"}).status_code == 200


def test_a_server_error_is_kept(world: World) -> None:
    world.control("api/faults", kind="500", path="/v1/customers")
    assert post(world, "customers", "key-1", CUSTOMER).status_code == 500
    again = post(world, "customers", "key-1", CUSTOMER)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (500, "true")
    assert world.state()["counts"]["customers"] == 0


def test_a_key_is_forgotten_after_a_day(world: World) -> None:
    first = post(world, "customers", "key-1", CUSTOMER).json()["id"]
    world.clock.offset += 24 * 3600 + 1
    assert post(world, "customers", "key-1", CUSTOMER).json()["id"] != first


def test_a_key_in_use_is_a_conflict(world: World) -> None:
    world.control("api/faults", kind="timeout", seconds=1.5, work="last")
    answers: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: answers.append(post(world, "customers", "key-1", CUSTOMER)))
    slow.start()
    wait_until(lambda: not world.state()["api_faults"], "the fault to be taken")
    conflict = post(world, "customers", "key-1", CUSTOMER)
    slow.join()
    assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert answers[0].status_code == 200
    assert world.state()["counts"]["customers"] == 1


def test_a_key_has_at_most_255_characters_and_none_is_needed(world: World) -> None:
    assert post(world, "customers", "k" * 256, CUSTOMER).status_code == 400
    assert post(world, "customers", "k" * 255, CUSTOMER).status_code == 200
    assert (
        post(world, "customers", None, CUSTOMER).json()["id"] != post(world, "customers", None, CUSTOMER).json()["id"]
    )


def test_many_at_once_under_one_key_do_the_work_once(world: World) -> None:
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(post(world, "customers", "key-1", CUSTOMER))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert world.state()["counts"]["customers"] == 1
