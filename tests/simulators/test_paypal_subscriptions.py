"""What the PayPal simulator charges again: on its clock, by its own plan, and told as PayPal tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.simulators.paypal_world import PayPalWorld, a_paypal
from tests.simulators.test_paypal import Merchant
from tests.simulators.world import wait_until

PLANS, DAY = "/v1/billing/subscriptions", 86_400


@pytest.fixture
def paypal() -> Iterator[PayPalWorld]:
    with a_paypal() as world:
        yield world


@pytest.fixture
def merchant(paypal: PayPalWorld) -> Merchant:
    return Merchant(paypal)


def _wanted(paypal: PayPalWorld, custom_id: str = "demo/pay_1/sub_1", **plan: Any) -> dict[str, Any]:
    id_ = paypal.control("plans", **{"price": "39.99", **plan})["id"]
    urls = {"return_url": "https://shop.example/thanks?a=1", "cancel_url": "https://shop.example/cart"}
    return {"plan_id": id_, "custom_id": custom_id, "application_context": {**urls, "user_action": "SUBSCRIBE_NOW"}}


def _begun(paypal: PayPalWorld, merchant: Merchant, **plan: Any) -> str:
    made = merchant.call("POST", PLANS, _wanted(paypal, **plan), "key_1").json()
    paypal.control(f"subscriptions/{made['id']}/approve")
    return str(made["id"])


def _told(paypal: PayPalWorld, after: float = 0) -> list[str]:
    """What was told so far, after a while."""
    paypal.clock.offset += after
    sent = paypal.state()["events"]
    wait_until(lambda: len(paypal.inbox.taken) >= len(sent), "the webhooks")
    return [each["type"].removeprefix("BILLING.SUBSCRIPTION.") for each in sent]


def test_one_is_made_once_under_a_request_id_and_waits_to_be_approved(paypal: PayPalWorld, merchant: Merchant) -> None:
    wanted = _wanted(paypal)
    first, again = (merchant.call("POST", PLANS, wanted, "key_1") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert first.json()["status"] == "APPROVAL_PENDING"
    assert "billing_info" not in first.json()
    (page,) = [each["href"] for each in first.json()["links"] if each["rel"] == "approve"]
    assert "39.99 USD each month" in httpx.get(page, trust_env=False).text
    assert httpx.post(page, data={"with": "declines"}, trust_env=False).status_code == 422
    answer = httpx.post(page, data={"with": "pays"}, trust_env=False)
    assert answer.headers["location"].startswith("https://shop.example/thanks?a=1&subscription_id=I-")
    assert httpx.post(page, data={"with": "pays"}, trust_env=False).status_code == 422
    assert _told(paypal) == ["CREATED", "ACTIVATED", "PAYMENT.SALE.COMPLETED"]


@pytest.mark.parametrize(
    "change",
    [
        {"plan_id": "P-NONE"},
        {"custom_id": "x" * 128},
        {"application_context": {}},
    ],
)
def test_what_is_incomplete_is_refused(paypal: PayPalWorld, merchant: Merchant, change: dict[str, Any]) -> None:
    assert merchant.call("POST", PLANS, {**_wanted(paypal), **change}).status_code in (400, 404)


def test_it_is_charged_on_its_day_and_lists_what_was_taken(paypal: PayPalWorld, merchant: Merchant) -> None:
    id_ = _begun(paypal, merchant)
    shown = merchant.call("GET", f"{PLANS}/{id_}?fields=last_failed_payment").json()
    assert shown["billing_info"]["next_billing_time"].endswith("T10:00:00Z")
    assert _told(paypal, 63 * DAY).count("PAYMENT.SALE.COMPLETED") == 3
    span = "start_time=2020-01-01T00:00:00Z&end_time=2099-01-01T00:00:00Z"
    listed = merchant.call("GET", f"{PLANS}/{id_}/transactions?{span}").json()["transactions"]
    assert [each["status"] for each in listed] == ["COMPLETED"] * 3
    none = merchant.call("GET", f"{PLANS}/{id_}/transactions?{span.replace('2099', '2021')}").json()
    assert none == {"transactions": []}
    assert merchant.call("GET", f"/v1/payments/sale/{listed[0]['id']}").json()["billing_agreement_id"] == id_


def test_a_trial_is_told_of_as_such_and_charged_after_it(paypal: PayPalWorld, merchant: Merchant) -> None:
    id_ = _begun(paypal, merchant, trial_days=14)
    cycles = merchant.call("GET", f"{PLANS}/{id_}").json()["billing_info"]["cycle_executions"]
    assert [each["tenure_type"] for each in cycles] == ["TRIAL", "REGULAR"]
    assert _told(paypal, 13 * DAY) == ["CREATED", "ACTIVATED"]
    assert _told(paypal, 2 * DAY)[2:] == ["PAYMENT.SALE.COMPLETED"]


def test_it_tries_twice_more_each_after_five_days_and_then_suspends(paypal: PayPalWorld, merchant: Merchant) -> None:
    id_ = _begun(paypal, merchant)
    paypal.control(f"subscriptions/{id_}/decline", times=99)
    assert _told(paypal, 32 * DAY)[3:] == ["PAYMENT.FAILED"]
    assert _told(paypal, 10 * DAY)[4:] == ["PAYMENT.FAILED", "PAYMENT.FAILED", "SUSPENDED"]
    told = json.loads(paypal.inbox.taken[-1][0])["resource"]
    assert (told["status"], told["billing_info"]["failed_payments_count"]) == ("SUSPENDED", 1)
    assert told["billing_info"]["outstanding_balance"]["value"] == "39.99"
    assert _told(paypal, 60 * DAY)[7:] == []


def test_what_is_owed_is_charged_with_the_next_period_where_it_is_not_suspended(
    paypal: PayPalWorld, merchant: Merchant
) -> None:
    id_ = _begun(paypal, merchant, threshold=0)
    paypal.control(f"subscriptions/{id_}/decline", times=3)
    assert _told(paypal, 63 * DAY)[3:] == ["PAYMENT.FAILED"] * 3 + ["PAYMENT.SALE.COMPLETED"]
    assert paypal.state()["sales"][-1]["amount"]["total"] == "79.98"


def test_it_is_suspended_activated_and_cancelled_as_its_status_allows(paypal: PayPalWorld, merchant: Merchant) -> None:
    id_, why = _begun(paypal, merchant), {"reason": "wanted"}

    def act(what: str, body: Any = why) -> int:
        return merchant.call("POST", f"{PLANS}/{id_}/{what}", body).status_code

    assert act("suspend", {}) == 400
    assert [act(each) for each in ("suspend", "suspend", "activate", "activate")] == [204, 422, 204, 422]
    assert act("suspend") == 204
    assert _told(paypal, 40 * DAY)[3:] == ["SUSPENDED", "ACTIVATED", "SUSPENDED"]
    assert [act(each) for each in ("cancel", "cancel", "activate")] == [204, 422, 422]
    assert _told(paypal, 40 * DAY)[6:] == ["CANCELLED"]


def test_a_sale_goes_back_in_parts_once_under_a_request_id_and_no_further(
    paypal: PayPalWorld, merchant: Merchant
) -> None:
    _begun(paypal, merchant)
    (sale,) = paypal.state()["sales"]
    path, part = f"/v1/payments/sale/{sale['id']}/refund", {"amount": {"total": "10.00", "currency": "USD"}}
    first, again = (merchant.call("POST", path, {**part, "invoice_number": "ref_1"}, "key_r") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
    assert first.json()["invoice_number"] == "ref_1"
    assert merchant.call("GET", f"/v1/payments/refund/{first.json()['id']}").json()["sale_id"] == sale["id"]
    too_much = {"amount": {"total": "30.00", "currency": "USD"}}
    assert merchant.call("POST", path, too_much, "key_s").status_code == 400
    assert merchant.call("POST", path, {}, "key_t").json()["amount"]["total"] == "29.99"
    assert merchant.call("GET", f"/v1/payments/sale/{sale['id']}").json()["state"] == "refunded"
    _told(paypal)
    told = json.loads(paypal.inbox.taken[-1][0])["resource"]
    assert (told["sale_id"], told["amount"]["total"], "invoice_number" in told) == (sale["id"], "-29.99", False)


def test_an_echeck_clears_and_what_was_taken_is_reversed(paypal: PayPalWorld, merchant: Merchant) -> None:
    made = merchant.call("POST", PLANS, _wanted(paypal)).json()
    paypal.control(f"subscriptions/{made['id']}/approve", **{"with": "waits"})
    (sale,) = paypal.state()["sales"]
    assert sale["state"] == "pending"
    for what in ("settle", "reverse"):
        paypal.control(f"sales/{sale['id']}/{what}")
    assert _told(paypal)[2:] == ["PAYMENT.SALE.PENDING", "PAYMENT.SALE.COMPLETED", "PAYMENT.SALE.REVERSED"]


def test_a_reset_forgets_them(paypal: PayPalWorld, merchant: Merchant) -> None:
    id_ = _begun(paypal, merchant)
    paypal.control("reset")
    assert merchant.call("GET", f"{PLANS}/{id_}").status_code == 401
    assert paypal.state()["subscriptions"] == []
