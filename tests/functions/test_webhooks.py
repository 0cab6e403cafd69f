"""Webhooks: nothing unproven gets in, nothing proven gets lost."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support.deployment import WEBHOOK_SECRET, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import a_mock_event, http_event, new_key, signature_header
from tests.support.requests import context as invocation
from tollgate.kernel.ids import derived

EVENT = {"id": "evt_1", "object": "event", "type": "customer.created", "created": 1_700_000_000, "data": {"object": {}}}


def _bytes(**fields: Any) -> bytes:
    return json.dumps(EVENT | fields).encode()


def test_an_event_is_stored_before_it_is_acknowledged(deployed: Deployment) -> None:
    payload = _bytes()
    assert deployed.webhook("stripe", payload, signature_header(payload, WEBHOOK_SECRET)).status == 200
    (stored,) = deployed.stored("provider_event", "INBOX_TABLE")
    assert (stored["event_id"]["S"], stored["status"]["S"]) == ("evt_1", "received")


@pytest.mark.parametrize("header", ["", "garbage", "t=1,v1=", "t=x,v1=00", "v1=00", "t=4102444800,v0=00"])
def test_a_malformed_signature_is_refused(deployed: Deployment, header: str) -> None:
    answer = deployed.webhook("stripe", _bytes(), header)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_SIGNATURE")
    assert not deployed.items("INBOX_TABLE")


def test_a_wrong_stale_or_borrowed_signature_is_refused(deployed: Deployment) -> None:
    payload = _bytes()
    for header in (
        signature_header(payload, "whsec_other"),
        signature_header(payload, WEBHOOK_SECRET, at=time.time() - 301),
        signature_header(payload + b" ", WEBHOOK_SECRET),
    ):
        assert deployed.webhook("stripe", payload, header).status == 400
    assert not deployed.items("INBOX_TABLE")


def test_both_secrets_hold_while_one_is_rotated(deployed: Deployment) -> None:
    secrets = json.dumps({"signing_secrets": ["whsec_new", WEBHOOK_SECRET]})
    deployed.client("secretsmanager").put_secret_value(
        SecretId=f"{deployed.prefix}/stripe/webhook", SecretString=secrets
    )
    for number, secret in enumerate(("whsec_new", WEBHOOK_SECRET)):
        payload = _bytes(id=f"evt_{number}")
        assert deployed.webhook("stripe", payload, signature_header(payload, secret)).status == 200


@pytest.mark.parametrize("secret", ["{}", '{"signing_secrets": []}', '{"signing_secrets": ["", "  "]}'])
def test_an_endpoint_without_a_secret_does_not_exist(deployed: Deployment, secret: str) -> None:
    deployed.client("secretsmanager").put_secret_value(
        SecretId=f"{deployed.prefix}/stripe/webhook", SecretString=secret
    )
    payload = _bytes()
    assert deployed.webhook("stripe", payload, signature_header(payload, "")).status == 404
    assert not deployed.items("INBOX_TABLE")


@pytest.mark.parametrize(
    "payload",
    [b"not json", b"[]", b'"text"', b"{}", b'{"id": 7, "type": "x", "object": "event"}', b"\xff\xfe", b"[" * 100_000],
)
def test_signed_nonsense_is_refused(deployed: Deployment, payload: bytes) -> None:
    answer = deployed.webhook("stripe", payload, signature_header(payload, WEBHOOK_SECRET))
    assert (answer.status, answer.body["code"]) == (400, "MALFORMED")


def test_a_thin_event_is_refused(deployed: Deployment) -> None:
    payload = _bytes(object="v2.core.event")
    assert deployed.webhook("stripe", payload, signature_header(payload, WEBHOOK_SECRET)).status == 400


def test_a_body_past_256_kilobytes_is_refused(deployed: Deployment) -> None:
    payload = _bytes(padding="x" * (256 * 1024))
    assert deployed.webhook("stripe", payload, signature_header(payload, WEBHOOK_SECRET)).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhooks/stripe", 405),
        ("POST", "/webhooks/nobody", 404),
        ("POST", "/", 404),
        ("POST", "/webhooks/", 404),
    ],
)
def test_there_is_one_door_per_provider(deployed: Deployment, method: str, path: str, status: int) -> None:
    event = http_event(method, path, {}, "", b"{}")
    assert deployed.function("provider_webhook").handler(event, invocation())["statusCode"] == status


def test_an_event_of_an_unknown_type_is_stored_and_ignored(deployed: Deployment) -> None:
    deployed.tell(EVENT, provider="stripe")
    deployed.apply_inbox()
    (stored,) = deployed.stored("provider_event", "INBOX_TABLE")
    assert stored["status"]["S"] == "ignored"
    assert "ttl" in stored


def test_an_event_for_an_unknown_payment_is_parked_and_kept(deployed: Deployment) -> None:
    unknown = {"id": "pay_" + "0" * 26, "providerCheckoutSessionId": "mock_x", "amount": 1, "currency": "USD"}
    deployed.tell(a_mock_event(unknown))
    deployed.apply_inbox()
    (stored,) = deployed.stored("provider_event", "INBOX_TABLE")
    assert stored["status"]["S"] == "parked"
    assert "ttl" not in stored


def test_an_event_that_cannot_be_read_is_kept_for_a_person(deployed: Deployment) -> None:
    deployed.tell({**EVENT, "type": "checkout.session.completed"}, provider="stripe")
    assert deployed.apply_inbox() == {"batchItemFailures": []}
    (stored,) = deployed.stored("provider_event", "INBOX_TABLE")
    assert stored["status"]["S"] == "failed"
    assert "ttl" not in stored


def test_an_event_older_than_the_state_changes_nothing(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body))
    deployed.tell(a_mock_event(checkout.body, "expired"))
    deployed.tell(a_mock_event(checkout.body, "failed"))
    deployed.apply_inbox()
    assert [event["sequence"] for event in deployed.events(checkout.body["id"])] == [1, 2, 3]
    statuses = sorted(item["status"]["S"] for item in deployed.stored("provider_event", "INBOX_TABLE"))
    assert statuses == ["applied", "stale", "stale"]


@pytest.mark.parametrize("end", ["expired", "failed"])
def test_money_that_comes_late_is_recorded_for_review(deployed: Deployment, end: str) -> None:
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body, end))
    deployed.apply_inbox()
    deployed.tell(a_mock_event(checkout.body))
    deployed.apply_inbox()
    shown = deployed.call("GET", f"/transactions/{checkout.body['id']}", headers=deployed.as_user()).body["transaction"]
    assert (shown["captured"], shown["review"]) == (10_000, "late_capture")
    assert deployed.events(checkout.body["id"])[-1]["type"] == "payments.payment.review_required"


@pytest.mark.parametrize("wrong", [{"amount": 9_999}, {"currency": "EUR"}])
def test_a_wrong_amount_is_held_and_not_confirmed(deployed: Deployment, wrong: dict[str, Any]) -> None:
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body, **wrong))
    deployed.apply_inbox()
    shown = deployed.call("GET", f"/transactions/{checkout.body['id']}", headers=deployed.as_user()).body["transaction"]
    assert (shown["status"], shown["review"]) == ("pending", "amount_mismatch")


def test_a_poisoned_record_does_not_hold_up_the_others(deployed: Deployment) -> None:
    good = deployed.checkout()
    deployed.tell(EVENT, provider="stripe")
    deployed.tell(a_mock_event(good.body))
    records = deployed.stream("INBOX_TABLE")
    poison, healthy = json.loads(json.dumps(records[0])), records[1]
    poison["dynamodb"]["NewImage"]["payload"]["B"] = "bm90IGRlZmxhdGVk"
    answer = deployed.function("inbox_consumer").handler({"Records": [poison, healthy]}, invocation())
    assert answer == {"batchItemFailures": [{"itemIdentifier": poison["dynamodb"]["SequenceNumber"]}]}
    assert deployed.events(good.body["id"])[-1]["type"] == "payments.purchase.confirmed"


def test_changes_and_removals_in_the_stream_are_passed_over(deployed: Deployment) -> None:
    deployed.tell(a_mock_event(deployed.checkout().body))
    deployed.apply_inbox()
    changes = [record for record in deployed.stream("INBOX_TABLE") if record["eventName"] != "INSERT"]
    assert changes
    removal = {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "1", "Keys": {}}}
    answer = deployed.function("inbox_consumer").handler({"Records": [*changes, removal]}, invocation())
    assert answer == {"batchItemFailures": []}


def test_a_provider_speaks_only_of_its_own_payments(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    session = {
        "id": "cs_1",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "amount_total": checkout.body["amount"],
        "currency": "usd",
        "metadata": {"tollgate_tenant": "demo", "tollgate_payment": checkout.body["id"]},
    }
    event = {**EVENT, "type": "checkout.session.completed", "data": {"object": session}}
    deployed.tell(event, provider="stripe")
    deployed.apply_inbox()
    (stored,) = deployed.stored("provider_event", "INBOX_TABLE")
    assert stored["status"]["S"] == "failed"
    assert [event["sequence"] for event in deployed.events(checkout.body["id"])] == [1, 2]


def test_money_that_needs_a_decision_is_told_apart_in_the_inbox(deployed: Deployment) -> None:
    deployed.tell(a_mock_event(deployed.checkout().body, amount=1))
    deployed.apply_inbox()
    assert [item["status"]["S"] for item in deployed.stored("provider_event", "INBOX_TABLE")] == ["held"]


def test_a_provider_that_takes_no_new_sales_still_tells_of_the_old(engine: Engine) -> None:
    payload = _bytes()
    with deployment(engine, ENABLE_STRIPE="false") as made:
        assert made.webhook("stripe", payload, signature_header(payload, WEBHOOK_SECRET)).status == 200
        assert len(made.stored("provider_event", "INBOX_TABLE")) == 1


@pytest.mark.parametrize(("switched", "code"), [("true", "DISABLED"), ("false", "NOT_FOUND")])
def test_a_door_whose_secret_was_never_filled_is_shut_and_rings_where_sales_are_taken(
    engine: Engine, switched: str, code: str
) -> None:
    """An alarm is on `disabled`: whoever tries addresses must not ring it."""
    with deployment(engine, ENABLE_SQUARE=switched, SQUARE_LOCATIONS="USD:L1") as made:
        answer = made.webhook("square", _bytes(), "")
        assert (answer.status, answer.body["code"]) == (404, code)


def test_the_mock_has_no_door_where_it_is_switched_off(engine: Engine) -> None:
    with deployment(engine, ENABLE_MOCK="false") as made:
        assert made.tell(EVENT).status == 404


def test_an_event_that_overtakes_its_payment_is_applied_when_the_payment_lands(deployed: Deployment) -> None:
    key = new_key()
    payment = derived("pay", "demo", "user-1", "checkout.create", key)
    early = {"id": payment, "providerCheckoutSessionId": "mock_early", "amount": 10_000, "currency": "USD"}
    deployed.tell(a_mock_event(early))
    deployed.apply_inbox()
    assert deployed.checkout(key).status == 201
    deployed.apply_inbox()
    shown = deployed.call("GET", f"/transactions/{payment}", headers=deployed.as_user()).body
    assert shown["transaction"]["status"] == "confirmed"
    assert [step["sequence"] for step in shown["history"]] == [1, 2, 3]
    (stored,) = deployed.stored("provider_event", "INBOX_TABLE")
    assert stored["status"]["S"] == "applied"


def test_a_settlement_that_overtakes_its_capture_is_applied_after_it(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body, "settled"))
    deployed.apply_inbox()
    deployed.tell(a_mock_event(checkout.body))
    deployed.apply_inbox()
    deployed.apply_inbox()
    shown = deployed.call("GET", f"/transactions/{checkout.body['id']}", headers=deployed.as_user()).body
    assert shown["transaction"]["status"] == "settled"
    assert [step["sequence"] for step in shown["history"]] == [1, 2, 3, 4]
