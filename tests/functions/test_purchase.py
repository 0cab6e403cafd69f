"""A purchase from checkout to confirmation, through the handlers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.support.deployment import Deployment
from tests.support.requests import a_checkout, a_mock_event, new_key


def test_a_paid_checkout_is_confirmed_with_gapless_events(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    assert checkout.status == 201
    assert deployed.tell(a_mock_event(checkout.body)).status == 200
    assert deployed.apply_inbox() == {"batchItemFailures": []}

    told = deployed.events(checkout.body["id"])
    assert [(event["sequence"], event["type"]) for event in told] == [
        (1, "payments.payment.created"),
        (2, "payments.checkout.opened"),
        (3, "payments.purchase.confirmed"),
    ]
    shown = deployed.call("GET", f"/transactions/{checkout.body['id']}", headers=deployed.as_user()).body
    assert shown["transaction"]["status"] == "confirmed"
    assert shown["transaction"]["captured"] == shown["transaction"]["refundable"] == 10_000
    assert [step["sequence"] for step in shown["history"]] == [1, 2, 3]


def test_a_payment_is_charged_at_most_once_however_often_it_is_asked_for(deployed: Deployment) -> None:
    key = new_key()
    first, second = deployed.checkout(key), deployed.checkout(key)
    assert second.status == first.status
    assert second.body == first.body
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(deployed.stored("payment")) == 1


def test_the_key_may_come_in_the_body(deployed: Deployment) -> None:
    key = new_key()
    in_header = deployed.checkout(key)
    from_body = deployed.call(
        "POST",
        "/payments/checkout",
        a_checkout(idempotency_key=key),
        headers=deployed.as_user(),
    )
    assert from_body.body == in_header.body


def test_a_key_belongs_to_one_user(deployed: Deployment) -> None:
    key = new_key()
    mine, theirs = deployed.checkout(key, user="user-1"), deployed.checkout(key, user="user-2")
    assert mine.body["id"] != theirs.body["id"]


def test_twenty_equal_requests_at_once_make_one_payment(deployed: Deployment) -> None:
    key = new_key()
    instances = [replace(deployed, modules={"checkout_api": deployed.fresh("checkout_api")}) for _ in range(4)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: instances[number % 4].checkout(key), range(20)))
    made = [answer.body["id"] for answer in answers if answer.status == 201]
    waiting = [answer for answer in answers if answer.status == 409]
    assert len(set(made)) == 1
    assert len(made) + len(waiting) == 20
    assert all(answer.body["code"] == "DUPLICATE_IN_PROGRESS" for answer in waiting)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in waiting)
    assert len(deployed.stored("payment")) == 1
    assert [event["sequence"] for event in deployed.events(made[0])] == [1, 2]


def test_twenty_deliveries_of_one_event_at_once_are_stored_once(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    event = a_mock_event(checkout.body)
    deployed.function("provider_webhook")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: deployed.tell(event), range(20)))
    assert {answer.status for answer in answers} == {200}
    assert [answer.body["duplicate"] for answer in answers].count(False) == 1
    deployed.function("inbox_consumer")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: deployed.apply_inbox(), range(8)))
    assert [event["sequence"] for event in deployed.events(checkout.body["id"])] == [1, 2, 3]


@pytest.mark.parametrize("times", [1, 5])
def test_an_event_delivered_again_changes_nothing(deployed: Deployment, times: int) -> None:
    checkout = deployed.checkout()
    event = a_mock_event(checkout.body)
    deployed.tell(event)
    deployed.apply_inbox()
    before = sorted(map(str, deployed.items())), sorted(map(str, deployed.items("INBOX_TABLE")))
    for _ in range(times):
        assert deployed.tell(event).body["duplicate"] is True
        deployed.apply_inbox()
    assert (sorted(map(str, deployed.items())), sorted(map(str, deployed.items("INBOX_TABLE")))) == before


def test_two_events_about_one_capture_make_one_confirmation(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    for _ in range(2):
        deployed.tell(a_mock_event(checkout.body))
    deployed.apply_inbox()
    types = [event["type"] for event in deployed.events(checkout.body["id"])]
    assert types.count("payments.purchase.confirmed") == 1
    outcomes = {item["status"]["S"] for item in deployed.stored("provider_event", "INBOX_TABLE")}
    assert outcomes == {"applied", "repeated"}
