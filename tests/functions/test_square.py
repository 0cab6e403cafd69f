"""A purchase at Square, against its simulator, with everything that can go wrong on the way."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from local.simulators.square.deliveries import signature
from tests.functions.refunding import entries, shown
from tests.functions.selling_at_square import HOUR, MINUTE, Shop, deliver
from tests.simulators.square_world import SIGNING_KEY
from tests.support.calls import counted_calls
from tests.support.requests import new_key
from tollgate.adapters.providers.square import api

LINKS = "/v2/online-checkout/payment-links"


def test_a_card_payment_is_confirmed_once_however_often_square_tells_it(shop: Shop) -> None:
    checkout = shop.checkout(customerEmail="buyer@example.com")
    assert checkout.status == 201
    shop.pay(checkout)
    for _ in range(2):
        shop.pass_on("payment.created APPROVED", "payment.updated COMPLETED")
    assert shop.stuck.types(checkout.body["id"])[2:] == ["payments.purchase.confirmed"]
    (posted,) = entries(shop.stuck, "payment_confirmed")
    assert (posted["provider_clearing:square"], posted["provider_fees"]) == (-9_680, -320)


def test_the_order_has_what_was_bought_and_whose_it_is_and_the_page_shows_it(shop: Shop) -> None:
    items = [{"code": "concert_ticket", "quantity": 2}, {"code": "starter_month"}]
    checkout = shop.checkout(items=items)
    (order,) = shop.square.state("orders")
    assert (order["total_money"], order["reference_id"]) == (
        {"amount": 12_900, "currency": "USD"},
        checkout.body["id"],
    )
    assert order["metadata"] == {"tollgate_tenant": "demo", "tollgate_payment": checkout.body["id"]}
    assert "12900 minor units of USD" in httpx.get(checkout.body["checkoutUrl"], trust_env=False).text


def test_a_currency_without_minor_units_is_charged_right(shop: Shop) -> None:
    checkout, _ = shop.paid(items=[{"code": "tokyo_ticket"}])
    assert shop.square.state("payments")[0]["total_money"] == {"amount": 7_800, "currency": "JPY"}
    assert shown(shop.stuck, checkout)["amount"] == 7_800


def test_a_currency_without_a_location_is_refused(shop: Shop) -> None:
    refused = shop.checkout(items=[{"code": "kuwait_ticket"}])
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "currency")
    assert not shop.stuck.deployed.stored("payment")


def test_a_decline_fails_the_attempt_and_not_the_payment(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.pay(checkout, card="4000000000009995")
    shop.pass_on("payment.updated FAILED")
    assert (shown(shop.stuck, checkout)["status"], shown(shop.stuck, checkout)["reason"]) == (
        "pending",
        "insufficient_funds",
    )
    shop.pay(checkout)
    shop.pass_on("payment.updated COMPLETED")
    assert shop.stuck.types(checkout.body["id"])[-1] == "payments.purchase.confirmed"


def test_cancelling_takes_the_page_down_first_also_after_a_declined_try(shop: Shop) -> None:
    for declined in (False, True):
        checkout = shop.checkout()
        if declined:
            shop.pay(checkout, card="4000000000000002")
        assert shop.cancel(checkout).body["status"] == "cancelled"
        order = shop.square.call("GET", f"/v2/orders/{shop.order(checkout)}").json()["order"]
        assert order["state"] == "CANCELED"
    assert not shop.square.state("links")


def test_cancelling_what_was_just_paid_confirms_it(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.pay(checkout)
    answer = shop.cancel(checkout)
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    assert shop.stuck.status(checkout) == "confirmed"


@pytest.mark.parametrize("kind", ["500", "503", "429", "drop", "reset"])
def test_a_provider_in_trouble_is_a_502_and_the_same_key_makes_no_second_page(shop: Shop, kind: str) -> None:
    key = new_key()
    shop.square.control("api/faults", kind=kind, path=LINKS)
    failed = shop.checkout(key)
    assert (failed.status, failed.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
    again = shop.checkout(key)
    assert again.status == 201
    assert (len(shop.stuck.deployed.stored("payment")), len(shop.square.state("links"))) == (1, 1)


def test_an_answer_that_comes_after_the_timeout_is_not_a_second_page(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "READ_TIMEOUT_SECONDS", 0.3)
    shop.square.control("api/faults", kind="timeout", seconds=0.6, path=LINKS)
    key, started = new_key(), time.monotonic()
    assert shop.checkout(key).status == 502
    while (answer := shop.checkout(key)).status != 201:
        assert time.monotonic() - started < 15
    assert len(shop.square.state("links")) == 1
    shop.pay(answer)
    shop.pass_on("payment.updated COMPLETED")
    assert shop.stuck.status(answer) == "confirmed"


def test_credentials_that_square_refuses_are_a_502(shop: Shop) -> None:
    shop.square.tokens[:] = ["another"]
    assert shop.checkout().status == 502


def test_a_page_that_nobody_pays_is_taken_down_after_a_day(shop: Shop) -> None:
    """Square's links live for ever: ours do not."""
    checkout = shop.checkout()
    shop.reconciled_later(23 * HOUR)
    assert shop.stuck.status(checkout) == "pending"
    shop.reconciled_later(2 * HOUR)
    assert (shop.stuck.status(checkout), shop.square.state("orders")[0]["state"]) == ("cancelled", "CANCELED")


def test_money_of_which_no_webhook_came_is_found(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.pay(checkout)
    shop.reconciled_later(16 * MINUTE)
    assert shop.stuck.status(checkout) == "confirmed"


def test_squares_list_of_orders_is_held_against_our_payments(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.pay(checkout)
    shop.stuck.swept(HOUR)
    shop.later(30 * MINUTE)
    assert shop.stuck.reconcile()["examined"]["sessions"] == 1
    assert shop.stuck.status(checkout) == "confirmed"
    assert "state_mismatch" not in shop.stuck.findings()


def _altered(shop: Shop, name: str, **payment: Any) -> str:
    """The last event once more, under another id, with another payment in it; what became of it."""
    event = json.loads(shop.square.receiver.heard[-1][0])
    event["data"]["object"]["payment"] |= payment
    body = json.dumps({**event, "event_id": name}).encode()
    assert deliver(shop.stuck.deployed, body, signature(SIGNING_KEY, shop.square.receiver.url, body)).status == 200
    shop.stuck.deployed.apply_inbox()
    return _outcome(shop, name)


def _outcome(shop: Shop, name: str) -> str:
    events = shop.stuck.deployed.stored("provider_event", "INBOX_TABLE")
    return str(next(each["status"]["S"] for each in events if each["event_id"]["S"] == name))


def test_a_payment_without_our_note_is_known_by_its_order(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.pay(checkout)
    shop.square.receiver.wait_for("payment.updated COMPLETED")
    assert _altered(shop, "no-note", note=None) == "applied"
    assert shop.stuck.status(checkout) == "confirmed"


def test_what_the_merchant_sells_elsewhere_is_ignored(shop: Shop) -> None:
    """At once, where Square says that it was at the till; once nobody there knows it as ours, where not."""
    shop.paid()
    till = {"square_product": "SQUARE_POS"}
    assert _altered(shop, "till", note=None, application_details=till) == "ignored"
    assert _altered(shop, "elsewhere", note=None, order_id="another") == "parked"
    shop.reconciled_later(10 * MINUTE)
    assert _outcome(shop, "elsewhere") == "ignored"


def test_nothing_unproven_gets_in(shop: Shop) -> None:
    body, deployed = b'{"event_id":"e1","type":"payment.updated"}', shop.stuck.deployed
    address = shop.square.receiver.url
    for payload, signed in (
        (body, ""),
        (body, signature("another-key", address, body)),
        (body, signature(SIGNING_KEY, f"{address}/", body)),
        (body + b" ", signature(SIGNING_KEY, address, body)),
        (b"", signature(SIGNING_KEY, address, b"")),
    ):
        assert deliver(deployed, payload, signed).body["code"] == "INVALID_SIGNATURE"
    assert not deployed.items("INBOX_TABLE")
    assert deliver(deployed, body, signature(SIGNING_KEY, address, body)).status == 200


def test_a_door_without_an_address_is_shut(shop: Shop) -> None:
    deployed = shop.stuck.deployed
    value = json.dumps({"signing_keys": [SIGNING_KEY]})
    deployed.client("secretsmanager").put_secret_value(SecretId=f"{deployed.prefix}/square/webhook", SecretString=value)
    assert deliver(deployed, b"{}", signature(SIGNING_KEY, "", b"{}")).status == 404


def test_a_checkout_at_square_is_two_calls_to_aws_and_its_webhook_one(shop: Shop) -> None:
    shop.checkout()
    with counted_calls() as calls:
        checkout = shop.checkout()
    assert calls.made == ["dynamodb.TransactWriteItems"] * 2
    shop.pay(checkout)
    shop.pass_on("payment.updated COMPLETED")
    _, body, signed = shop.square.receiver.told()[-1]
    with counted_calls() as calls:
        assert deliver(shop.stuck.deployed, body, signed).status == 200
    assert calls.made == ["dynamodb.PutItem"]
