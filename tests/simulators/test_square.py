"""Square's simulator: what a browser sees, how it tells, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators.square_world import LOCATION, SquareWorld, a_square
from tests.simulators.world import wait_until

LINKS = "/v2/online-checkout/payment-links"


@pytest.fixture
def square() -> Iterator[SquareWorld]:
    with a_square() as running:
        yield running


def a_link(square: SquareWorld, key: str = "k1", **changes: Any) -> Any:
    line = {"name": "Ticket", "quantity": "2", "base_price_money": {"amount": 2_500, "currency": "USD"}}
    order = {"location_id": LOCATION, "line_items": [line], **changes}
    options = {"redirect_url": f"{square.receiver.url}/thanks?a=1#b"}
    body = {"idempotency_key": key, "order": order, "checkout_options": options, "payment_note": "note"}
    return square.call("POST", LINKS, body)


def an_order(square: SquareWorld) -> tuple[str, str]:
    """Its id, and the address of its page."""
    link = a_link(square).json()["payment_link"]
    return link["order_id"], link["url"]


def test_a_buyer_pays_on_the_page_and_is_led_on(square: SquareWorld) -> None:
    order, page = an_order(square)
    assert "5000 minor units of USD" in httpx.get(page, trust_env=False).text
    declined = httpx.post(page, data={"quick": "4000000000000002"}, trust_env=False)
    assert (declined.status_code, "was declined" in declined.text) == (200, True)
    assert "no test card" in httpx.post(page, data={"card": "1"}, trust_env=False).text
    paid = httpx.post(page, data={"card": "4111 1111 1111 1111", "method": "card"}, trust_env=False)
    assert paid.headers["location"] == f"{square.receiver.url}/thanks?a=1&orderId={order}#b"
    assert "is paid" in httpx.get(page, trust_env=False).text
    square.receiver.wait_for("payment.updated FAILED", "payment.created APPROVED", "payment.updated COMPLETED")


def test_a_deleted_link_cannot_be_paid_unless_a_try_was_declined_before(square: SquareWorld) -> None:
    """As was seen of Square."""
    for tried, status in ((False, 409), (True, 200)):
        link = a_link(square, f"k{tried}").json()["payment_link"]
        if tried:
            square.pay(link["order_id"], card="4000000000000002")
        assert square.call("DELETE", f"{LINKS}/{link['id']}").status_code == 200
        answer = httpx.post(f"{square.base}/control/orders/{link['order_id']}/pay", json={}, trust_env=False)
        assert answer.status_code == status


def test_an_event_is_sent_until_it_is_taken(square: SquareWorld) -> None:
    square.receiver.answers = [500, 503]
    order, _ = an_order(square)
    square.pay(order, method="hold")
    square.receiver.wait_for("payment.created APPROVED", count=3)
    assert len(set(square.receiver.heard)) == 1
    wait_until(lambda: not square.state("deliveries"), "an empty queue")


def test_what_it_knows_is_there_after_a_restart(tmp_path: Path) -> None:
    with a_square(tmp_path / "square.json") as square:
        order, _ = an_order(square)
    with a_square(tmp_path / "square.json") as square:
        assert square.call("GET", f"/v2/orders/{order}").json()["order"]["state"] == "DRAFT"
        assert a_link(square).json()["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", LINKS, {"order": {}}, 400, "MISSING_REQUIRED_PARAMETER"),
        ("POST", LINKS, {"idempotency_key": "k" * 46}, 400, "VALUE_TOO_LONG"),
        ("GET", "/v2/orders/none", None, 404, "NOT_FOUND"),
        ("GET", "/v2/nothing", None, 404, "NOT_FOUND"),
        ("POST", "/v2/orders/search", {}, 400, "BAD_REQUEST"),
    ],
)
def test_what_square_refuses_is_refused(
    square: SquareWorld, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = square.call(method, path, body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


def test_control_names_the_field_that_is_wrong(square: SquareWorld) -> None:
    answer = httpx.post(f"{square.base}/control/api/faults", json={"kind": "explode"}, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "kind")
    assert {"POST /control/orders/{id}/pay", "POST /control/reset"} <= {
        each["endpoint"] for each in httpx.get(f"{square.base}/control", trust_env=False).json()["controls"]
    }
