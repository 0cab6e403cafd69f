"""A purchase at Stripe through the official SDK, against the simulator, with everything that can go wrong
on the way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.simulators.world import KEY, World
from tests.support.calls import counted_calls
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import new_key
from tollgate.adapters.providers.stripe import client

TERMINAL_EVENTS = {"payments.purchase.confirmed", "payments.transaction.failed", "payments.payment.cancelled"}


@pytest.fixture
def deployed(engine: Engine, stripe: World) -> Iterator[Deployment]:
    with deployment(engine, STRIPE_API_BASE=stripe.base) as made:
        manager = made.client("secretsmanager")
        manager.put_secret_value(SecretId=f"{made.prefix}/stripe/api", SecretString=f'{{"secret_key": "{KEY}"}}')
        secrets = f'{{"signing_secrets": ["{stripe.receiver.secret}"]}}'
        manager.put_secret_value(SecretId=f"{made.prefix}/stripe/webhook", SecretString=secrets)
        yield made


def _checkout(deployed: Deployment, key: str | None = None, **fields: Any) -> Any:
    return deployed.checkout(key, method="card", **fields)


def _pass_on(deployed: Deployment, stripe: World, *types: str) -> None:
    """Hand every webhook that Stripe sent so far, in the order it came, to the function URL; then apply them."""
    stripe.receiver.wait_for(*types)
    for body, header in list(zip(stripe.receiver.bodies, stripe.receiver.signatures, strict=False)):
        assert deployed.webhook("stripe", body, header).status == 200
    deployed.apply_inbox()


def _transaction(deployed: Deployment, payment: str) -> Any:
    return deployed.call("GET", f"/transactions/{payment}", headers=deployed.as_user()).body


def _types(deployed: Deployment, payment: str) -> list[str]:
    return [event["type"] for event in deployed.events(payment)]


def test_a_card_payment_is_confirmed_once_though_stripe_tells_it_twice(deployed: Deployment, stripe: World) -> None:
    checkout = _checkout(deployed)
    assert checkout.status == 201
    stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay", card="4242424242424242")
    _pass_on(deployed, stripe, "checkout.session.completed", "payment_intent.succeeded")
    assert [event["sequence"] for event in deployed.events(checkout.body["id"])] == [1, 2, 3]
    assert _types(deployed, checkout.body["id"])[-1] == "payments.purchase.confirmed"


def test_the_session_has_what_was_bought_and_whose_it_is(deployed: Deployment, stripe: World) -> None:
    items = [{"code": "concert_ticket", "quantity": 2}, {"code": "starter_month"}]
    checkout = _checkout(deployed, items=items, customerEmail="buyer@example.com")
    session = stripe.client.v1.checkout.sessions.retrieve(checkout.body["providerCheckoutSessionId"])
    assert (session.amount_total, session.currency) == (12_900, "usd")
    assert session.client_reference_id == checkout.body["id"]
    assert session.metadata.to_dict() == {"tollgate_tenant": "demo", "tollgate_payment": checkout.body["id"]}
    assert "{CHECKOUT_SESSION_ID}" in session.success_url
    assert session.url == checkout.body["checkoutUrl"]


@pytest.mark.parametrize(
    ("code", "amount", "currency"), [("tokyo_ticket", 7_800, "jpy"), ("kuwait_ticket", 12_500, "kwd")]
)
def test_currencies_without_two_digits_are_charged_right(
    deployed: Deployment, stripe: World, code: str, amount: int, currency: str
) -> None:
    checkout = _checkout(deployed, items=[{"code": code}])
    session = stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay")["session"]
    assert (session["amount_total"], session["currency"]) == (amount, currency)
    _pass_on(deployed, stripe, "checkout.session.completed")
    assert _transaction(deployed, checkout.body["id"])["transaction"]["status"] == "confirmed"


def test_a_decline_fails_the_attempt_and_not_the_payment(deployed: Deployment, stripe: World) -> None:
    checkout = _checkout(deployed)
    session = checkout.body["providerCheckoutSessionId"]
    stripe.control(f"sessions/{session}/pay", card="4000000000009979")
    _pass_on(deployed, stripe, "payment_intent.payment_failed")
    shown = _transaction(deployed, checkout.body["id"])
    assert shown["transaction"]["status"] == "pending"
    assert "stolen" not in str(shown)
    stripe.control(f"sessions/{session}/pay", card="4242424242424242")
    _pass_on(deployed, stripe, "checkout.session.completed", "payment_intent.succeeded")
    assert _types(deployed, checkout.body["id"])[2:] == ["payments.payment.declined", "payments.purchase.confirmed"]


@pytest.mark.parametrize(
    ("outcome", "event", "status"),
    [
        ("succeeded", "checkout.session.async_payment_succeeded", "confirmed"),
        ("failed", "checkout.session.async_payment_failed", "failed"),
    ],
)
def test_a_bank_debit_is_processing_until_it_settles(
    deployed: Deployment, stripe: World, outcome: str, event: str, status: str
) -> None:
    checkout = _checkout(deployed)
    paid = stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay", method="bank_debit")
    _pass_on(deployed, stripe, "checkout.session.completed")
    assert _transaction(deployed, checkout.body["id"])["transaction"]["status"] == "processing"
    stripe.control(f"payment_intents/{paid['payment_intent']}/settle_async", outcome=outcome)
    _pass_on(deployed, stripe, event)
    assert _transaction(deployed, checkout.body["id"])["transaction"]["status"] == status
    assert len(TERMINAL_EVENTS.intersection(_types(deployed, checkout.body["id"]))) == 1


def test_an_expired_session_cancels_the_payment(deployed: Deployment, stripe: World) -> None:
    checkout = _checkout(deployed)
    stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/expire")
    _pass_on(deployed, stripe, "checkout.session.expired")
    shown = _transaction(deployed, checkout.body["id"])["transaction"]
    assert (shown["status"], shown["reason"]) == ("cancelled", "expired")


def test_cancelling_closes_the_session_first(deployed: Deployment, stripe: World) -> None:
    checkout = _checkout(deployed)
    path = f"/payments/checkout/{checkout.body['id']}/cancel"
    assert deployed.call("POST", path, headers=deployed.as_user()).body["status"] == "cancelled"
    session = stripe.client.v1.checkout.sessions.retrieve(checkout.body["providerCheckoutSessionId"])
    assert session.status == "expired"


def test_cancelling_what_was_just_paid_confirms_it(deployed: Deployment, stripe: World) -> None:
    checkout = _checkout(deployed)
    stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay")
    answer = deployed.call("POST", f"/payments/checkout/{checkout.body['id']}/cancel", headers=deployed.as_user())
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    _pass_on(deployed, stripe, "checkout.session.completed", "payment_intent.succeeded")
    assert _types(deployed, checkout.body["id"])[2:] == ["payments.purchase.confirmed"]


@pytest.mark.parametrize("kind", ["500", "503", "429", "drop", "reset"])
def test_a_provider_in_trouble_is_a_502_and_the_same_key_makes_no_second_payment(
    deployed: Deployment, stripe: World, kind: str
) -> None:
    key = new_key()
    stripe.control("api/faults", kind=kind, times=1, path="/v1/checkout/sessions")
    failed = _checkout(deployed, key)
    assert (failed.status, failed.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
    assert int(failed.headers["retry-after"]) >= 1
    again = _checkout(deployed, key)
    assert again.status == 201
    assert len(deployed.stored("payment")) == 1
    assert stripe.state()["counts"]["sessions"] == 1
    assert [event["sequence"] for event in deployed.events(again.body["id"])] == [1, 2]


def test_a_provider_that_cannot_be_reached_is_a_502(engine: Engine) -> None:
    with deployment(engine, STRIPE_API_BASE="http://127.0.0.1:9") as made:
        answer = made.checkout(method="card")
        assert (answer.status, answer.body["code"]) == (502, "PROVIDER_UNAVAILABLE")


def test_what_stripe_refuses_fails_the_payment_for_good(deployed: Deployment, stripe: World) -> None:
    key = new_key()
    manager = deployed.client("dynamodb")
    item = {"pk": {"S": "CATALOG#*"}, "sk": {"S": "ITEM#cheap"}, "kind": {"S": "pricing_item"}, "tenant": {"S": "*"}}
    price = {"code": {"S": "cheap"}, "name": {"S": "Cheap"}, "amount": {"N": "1"}, "currency": {"S": "USD"}}
    manager.put_item(TableName=deployed.environment["CORE_TABLE"], Item={**item, **price, "active": {"BOOL": True}})
    first, second = (_checkout(deployed, key, items=[{"code": "cheap"}]) for _ in range(2))
    assert (first.status, first.body["code"]) == (502, "PAYMENT_FAILED")
    assert (second.status, second.body["code"]) == (502, "PAYMENT_FAILED")
    assert second.headers["idempotency-replayed"] == "true"
    (payment,) = deployed.stored("payment")
    assert payment["state"]["S"] == "failed"


def test_an_amount_past_the_providers_limit_is_refused_before_anything_is_stored(deployed: Deployment) -> None:
    answer = _checkout(
        deployed, items=[{"code": "pro_year", "quantity": 100}, {"code": "pro_year", "quantity": 100}] * 6
    )
    assert answer.status == 422
    assert answer.body["errors"][0]["field"] == "amount"
    assert not deployed.stored("payment")


def test_the_browsers_page_is_the_one_in_the_answer(deployed: Deployment, stripe: World) -> None:
    checkout = _checkout(deployed)
    page = httpx.get(checkout.body["checkoutUrl"], trust_env=False)
    assert page.status_code == 200
    assert "100.00" in page.text


def test_an_internal_checkout_session_is_found_by_the_providers_id(deployed: Deployment, stripe: World) -> None:
    path = "/internal/payments/checkout-sessions"
    body = {
        "providerKey": "stripe",
        "pricingItemCode": "starter_month",
        "consumerKey": "funnel",
        "consumerTenantId": "tenant_123",
        "tenantName": "Demo",
        "legalName": "Demo SRL",
        "billingEmail": "billing@example.test",
        "successUrl": "http://funnel.cs.lvh.me:8080/#/pricing/complete?session_id={CHECKOUT_SESSION_ID}",
        "cancelUrl": "http://funnel.cs.lvh.me:8080/#/pricing?checkout=cancel",
    }
    token = {"x-platform-internal-token": "platform-token-for-tests"}
    made = deployed.call("POST", path, body, headers=token)
    assert made.status == 201
    assert made.body["pricingItemCode"] == "starter_month"
    assert made.headers["idempotency-key"]
    reference = made.body["providerCheckoutSessionId"]
    assert deployed.call("GET", f"{path}/{reference}", headers=token).body == made.body
    again = deployed.call("POST", path, body, headers={**token, "idempotency-key": made.headers["idempotency-key"]})
    assert (again.body, again.headers["idempotency-replayed"]) == (made.body, "true")
    signed = deployed.as_service("GET", f"{path}/cs_test_unknown")
    assert deployed.call("GET", f"{path}/cs_test_unknown", headers=signed).status == 404
    assert "billing@example.test" not in str(deployed.stored("event"))


def test_an_answer_that_comes_after_the_timeout_is_not_a_second_session(
    deployed: Deployment, stripe: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_TIMEOUT_SECONDS", 0.3)
    stripe.control("api/faults", kind="timeout", seconds=1, path="/v1/checkout/sessions")
    key, started = new_key(), time.monotonic()
    assert _checkout(deployed, key).status == 502
    while (answer := _checkout(deployed, key)).status != 201:
        assert time.monotonic() - started < 15
        time.sleep(0.2)
    assert stripe.state()["counts"]["sessions"] == 1
    assert len(deployed.stored("payment")) == 1
    assert answer.body["providerCheckoutSessionId"]


def test_a_checkout_at_stripe_is_two_calls_to_aws_and_its_webhook_one(deployed: Deployment, stripe: World) -> None:
    _checkout(deployed)
    with counted_calls() as calls:
        checkout = _checkout(deployed)
    assert calls.made == ["dynamodb.TransactWriteItems"] * 2
    stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay")
    _pass_on(deployed, stripe, "checkout.session.completed")
    stripe.receiver.wait_for("payment_intent.succeeded")
    with counted_calls() as calls:
        body, header = stripe.receiver.bodies[-1], stripe.receiver.signatures[-1]
        assert deployed.webhook("stripe", body, header).status == 200
    assert calls.made == ["dynamodb.PutItem"]
