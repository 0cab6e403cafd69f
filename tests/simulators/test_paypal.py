"""The PayPal simulator: what it takes, repeats, refuses, tells, and breaks on request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.simulators.paypal_world import CLIENT_ID, CLIENT_SECRET, PayPalWorld, a_paypal
from tests.simulators.world import wait_until

ORDERS = "/v2/checkout/orders"


@pytest.fixture
def paypal() -> Iterator[PayPalWorld]:
    with a_paypal() as world:
        yield world


class Merchant:
    """Calls as a merchant's program makes them."""

    def __init__(self, world: PayPalWorld) -> None:
        self._base = world.base
        self.token = self.asks_for_a_token(CLIENT_SECRET).json()["access_token"]

    def asks_for_a_token(self, secret: str) -> httpx.Response:
        return httpx.post(f"{self._base}/v1/oauth2/token", auth=(CLIENT_ID, secret), trust_env=False)

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", **({"paypal-request-id": key} if key else {})}
        return httpx.request(method, f"{self._base}{path}", json=body, headers=headers, trust_env=False, timeout=20)

    def order(self, key: str = "key_1", value: str = "50.00", **unit: Any) -> httpx.Response:
        return self.call("POST", ORDERS, an_order(value, **unit), key)


def an_order(value: str = "50.00", currency: str = "USD", **unit: Any) -> dict[str, Any]:
    money = {"currency_code": currency, "value": value}
    whole = {
        "custom_id": "demo/pay_1",
        "invoice_id": "pay_1",
        "amount": {**money, "breakdown": {"item_total": money}},
        "items": [{"name": "Ticket", "quantity": "1", "unit_amount": money}],
        **unit,
    }
    urls = {"return_url": "https://shop.example/thanks", "cancel_url": "https://shop.example/cart"}
    source = {"paypal": {"experience_context": urls}}
    return {"intent": "CAPTURE", "purchase_units": [whole], "payment_source": source}


@pytest.fixture
def merchant(paypal: PayPalWorld) -> Merchant:
    return Merchant(paypal)


def _issue(answer: httpx.Response) -> str:
    return str(answer.json()["details"][0]["issue"])


def test_only_its_credentials_get_a_token_and_only_its_tokens_get_in(paypal: PayPalWorld, merchant: Merchant) -> None:
    assert merchant.asks_for_a_token("wrong").status_code == 401
    assert merchant.order().status_code == 201
    paypal.control("tokens/expire")
    assert merchant.order().status_code == 401


def test_an_order_is_made_once_per_request_id_for_six_hours(paypal: PayPalWorld, merchant: Merchant) -> None:
    first, again, other = merchant.order(), merchant.order(), merchant.order("key_2")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert [each["rel"] for each in first.json()["links"]] == ["self", "payer-action"]


@pytest.mark.parametrize(
    ("order", "issue"),
    [
        ({"intent": "CAPTURE"}, "MISSING_REQUIRED_PARAMETER"),
        (an_order(custom_id="x" * 128), "INVALID_STRING_LENGTH"),
        (an_order("50.00", "JPY"), "DECIMAL_PRECISION"),
        (an_order(items=[]), "AMOUNT_MISMATCH"),
    ],
)
def test_what_paypal_would_refuse_is_refused(merchant: Merchant, order: dict[str, Any], issue: str) -> None:
    assert _issue(merchant.call("POST", ORDERS, order, "key_1")) == issue


def test_an_approved_order_is_captured_once_and_told(paypal: PayPalWorld, merchant: Merchant) -> None:
    path = f"{ORDERS}/{merchant.order().json()['id']}"
    assert _issue(merchant.call("POST", f"{path}/capture", key="key_c")) == "ORDER_NOT_APPROVED"
    paypal.control(f"{path.removeprefix('/v2/checkout/')}/approve")
    assert merchant.call("GET", path).json()["status"] == "APPROVED"
    taken, again = (merchant.call("POST", f"{path}/capture", key="key_c") for _ in range(2))
    assert (taken.status_code, again.status_code, taken.json()) == (201, 200, again.json())
    assert _issue(merchant.call("POST", f"{path}/capture", key="key_d")) == "ORDER_ALREADY_CAPTURED"
    paypal.inbox.wait_for("CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED")
    (capture,) = paypal.captures()
    assert capture["seller_receivable_breakdown"]["paypal_fee"]["value"] == "2.24"


def test_an_order_expires_after_three_hours(paypal: PayPalWorld, merchant: Merchant) -> None:
    path = f"{ORDERS}/{merchant.order().json()['id']}"
    paypal.clock.offset = 3 * 3600 + 1
    assert _issue(merchant.call("GET", path)) == "INVALID_RESOURCE_ID"


@pytest.mark.parametrize("kind", ["500", "drop", "timeout"])
def test_a_fault_breaks_the_next_call_once_with_the_work_done_or_not(
    paypal: PayPalWorld, merchant: Merchant, kind: str
) -> None:
    paypal.control("api/faults", kind=kind, path=ORDERS, seconds=0.1)
    try:
        merchant.order()
    except httpx.HTTPError:
        assert kind == "drop"
    assert len(paypal.state()["orders"]) == (0 if kind == "500" else 1)
    assert merchant.order().status_code in (200, 201)
    assert len(paypal.state()["orders"]) == 1


def test_a_webhook_is_sent_again_until_it_is_taken_and_each_time_signed_anew(
    paypal: PayPalWorld, merchant: Merchant
) -> None:
    paypal.inbox.answers = [500, 404]
    paypal.control(f"orders/{merchant.order().json()['id']}/approve")
    wait_until(lambda: len(paypal.inbox.taken) == 3, "three tries")
    assert len({body for body, _ in paypal.inbox.taken}) == 1
    assert len({headers["paypal-transmission-id"] for _, headers in paypal.inbox.taken}) == 3


def test_webhooks_are_dropped_doubled_and_held_on_request(paypal: PayPalWorld, merchant: Merchant) -> None:
    paypal.control("webhooks/faults", kind="drop")
    paypal.control("webhooks/faults", kind="duplicate")
    for key in ("key_1", "key_2"):
        paypal.control(f"orders/{merchant.order(key).json()['id']}/approve")
    paypal.inbox.wait_for("CHECKOUT.ORDER.APPROVED", count=2)
    paypal.control("webhooks/pause")
    paypal.control(f"orders/{merchant.order('key_3').json()['id']}/approve")
    assert len(paypal.inbox.taken) == 2
    paypal.control("webhooks/pause", paused=False)
    paypal.inbox.wait_for("CHECKOUT.ORDER.APPROVED", count=3)


def test_the_page_shows_the_order_takes_the_buyers_choice_and_leads_back(
    paypal: PayPalWorld, merchant: Merchant
) -> None:
    name = "<b>Ticket</b>"
    unit = an_order()["purchase_units"][0]["items"][0] | {"name": name}
    order = merchant.order(items=[unit]).json()
    page = order["links"][1]["href"]
    text = httpx.get(page, trust_env=False).text
    assert "50.00 USD" in text
    assert name not in text
    assert httpx.post(page, data={"with": "nothing"}, trust_env=False).status_code == 200
    back = httpx.post(page, data={"with": "declines"}, trust_env=False)
    assert back.headers["location"].startswith(f"https://shop.example/thanks?token={order['id']}")
    assert _issue(merchant.call("POST", f"{ORDERS}/{order['id']}/capture", key="key_c")) == "INSTRUMENT_DECLINED"
    assert httpx.get(page.replace(order["id"], "UNKNOWN"), trust_env=False).status_code == 404


def test_the_controls_are_listed_and_say_what_they_do_not_know(paypal: PayPalWorld) -> None:
    listed = httpx.get(f"{paypal.base}/control", trust_env=False).json()["controls"]
    assert all(each["does"] for each in listed)
    for path, body in (("orders/X/approve", {"with": "luck"}), ("api/faults", {"kind": "earthquake"}), ("reset", [])):
        answer = httpx.post(f"{paypal.base}/control/{path}", json=body, trust_env=False)
        assert answer.status_code in (200, 422), path
    assert httpx.post(f"{paypal.base}/control/orders/X/approve", trust_env=False).status_code == 404
    paypal.control("reset")
    assert paypal.state()["orders"] == []
