"""A purchase at PayPal, from the order to the refund, with what can go wrong on the way."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import httpx
import pytest

from tests.functions.paying_pal import PalShop
from tests.support.deployment import Answer
from tests.support.requests import new_key
from tollgate.adapters.providers.paypal import transport
from tollgate.checkout.ports import Unknown

ORDERS = "/v2/checkout/orders"
HOUR = 3600


def test_an_approved_order_is_captured_and_confirmed_once(pal: PalShop) -> None:
    checkout = pal.paid()
    assert pal.types(checkout)[2:] == ["payments.payment.approved", "payments.purchase.confirmed"]
    (capture,) = pal.paypal.captures()
    assert (capture["amount"], capture["custom_id"]) == (
        {"currency_code": "USD", "value": "100.00"},
        f"demo/{checkout.body['id']}",
    )
    for _ in range(2):
        assert pal.capture() == []
        pal.hear()
    assert len(pal.paypal.captures()) == 1


def test_the_buyer_agrees_on_the_page_in_the_answer_and_comes_back(pal: PalShop) -> None:
    checkout = pal.checkout()
    page = checkout.body["checkoutUrl"]
    assert "100.00 USD" in httpx.get(page, trust_env=False).text
    back = httpx.post(page, data={"with": "pays"}, trust_env=False)
    assert back.status_code == 303
    assert (
        f"session_id={checkout.body['id']}&token={checkout.body['providerCheckoutSessionId']}"
        in back.headers["location"]
    )
    pal.hear("CHECKOUT.ORDER.APPROVED")
    assert pal.shown(checkout)["status"] == "pending"


def test_a_capture_that_is_told_before_it_is_recorded_confirms_once(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    with patch.object(transport.Transport, "send", _lost(transport.Transport.send)):
        assert len(pal.capture()) == 1
    pal.hear("PAYMENT.CAPTURE.COMPLETED")
    assert pal.capture() == []
    assert pal.types(checkout).count("payments.purchase.confirmed") == 1
    assert len(pal.paypal.captures()) == 1


def _lost(send: Any) -> Any:
    """What was captured, without the answer."""

    def lossy(self: Any, method: str, url: str, *rest: Any) -> Any:
        answer = send(self, method, url, *rest)
        return Unknown("lost") if url.endswith("/capture") else answer

    return lossy


@pytest.mark.parametrize("kind", ["500", "429", "drop"])
def test_a_capture_whose_answer_is_lost_comes_again_and_is_taken_once(pal: PalShop, kind: str) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    pal.paypal.control("api/faults", kind=kind, path="/capture$", work="first" if kind != "429" else "never")
    (again,) = pal.approvals()
    assert pal.capture([again]) == [again["messageId"]]
    assert pal.capture([again]) == []
    assert pal.shown(checkout)["status"] == "confirmed"
    assert len(pal.paypal.captures()) == 1


def test_a_declined_instrument_leaves_the_page_open_and_the_next_is_taken(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout, "declines")
    pal.hear("CHECKOUT.ORDER.APPROVED")
    assert pal.capture() == []
    shown = pal.deployed.call("GET", f"/payments/checkout/{checkout.body['id']}", headers=pal.deployed.as_user())
    assert (shown.body["status"], shown.body["checkoutUrl"]) == ("pending", checkout.body["checkoutUrl"])
    assert pal.types(checkout)[-1] == "payments.payment.declined"
    pal.later(60)
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED", count=2)
    assert pal.capture() == []
    assert pal.shown(checkout)["status"] == "confirmed"


def _declined(pal: PalShop) -> Answer:
    """A checkout whose approval was declined, and stands at PayPal all the same."""
    checkout = pal.checkout()
    pal.approve(checkout, "declines_and_stays")
    pal.hear("CHECKOUT.ORDER.APPROVED")
    assert pal.capture() == []
    return checkout


def _tries(pal: PalShop) -> int:
    return sum(path.endswith("/capture") for _, path in pal.paypal.state()["calls"])


def test_what_was_declined_is_not_taken_again_before_the_buyer_has_agreed_anew(pal: PalShop) -> None:
    checkout = _declined(pal)
    pal.later(20 * 60)
    assert pal.reconcile() == {}
    assert (_tries(pal), pal.types(checkout)[-1]) == (1, "payments.payment.declined")
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED", count=2)
    assert pal.capture() == []
    assert (_tries(pal), pal.shown(checkout)["status"]) == (2, "confirmed")


def test_what_was_declined_and_not_agreed_to_anew_ends_with_its_page(pal: PalShop) -> None:
    checkout = _declined(pal)
    pal.later(3 * HOUR - 60)
    pal.paypal.control(f"orders/{checkout.body['providerCheckoutSessionId']}/approve", **{"with": "pays"})
    pal.later(7 * 60)  # its event is lost
    assert pal.reconcile() == {"overdue_payment": 1}
    assert (_tries(pal), pal.shown(checkout)["reason"]) == (1, "expired")


def test_what_was_declined_can_be_cancelled(pal: PalShop) -> None:
    assert pal.cancel(_declined(pal)).body["status"] == "cancelled"


@pytest.mark.parametrize(
    ("outcome", "event", "status"),
    [("completed", "PAYMENT.CAPTURE.COMPLETED", "confirmed"), ("denied", "PAYMENT.CAPTURE.DENIED", "failed")],
)
def test_money_that_takes_days_is_processing_until_paypal_says(
    pal: PalShop, outcome: str, event: str, status: str
) -> None:
    checkout = pal.checkout()
    pal.approve(checkout, "waits")
    pal.hear("CHECKOUT.ORDER.APPROVED")
    assert pal.capture() == []
    assert pal.shown(checkout)["status"] == "processing"
    assert pal.cancel(checkout).status == 409
    (capture,) = pal.paypal.captures()
    pal.paypal.control(f"captures/{capture['id']}/settle", outcome=outcome)
    pal.hear(event)
    assert pal.shown(checkout)["status"] == status


@pytest.mark.parametrize("code", ["tokyo_ticket"])
def test_a_currency_without_digits_is_charged_right(pal: PalShop, code: str) -> None:
    checkout = pal.paid(items=[{"code": code}])
    (capture,) = pal.paypal.captures()
    assert capture["amount"] == {"currency_code": "JPY", "value": str(checkout.body["amount"])}


def test_a_currency_that_paypal_does_not_take_is_refused(pal: PalShop) -> None:
    answer = pal.checkout(items=[{"code": "kuwait_ticket"}])
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "currency")


def test_a_cancelled_payment_is_not_captured_though_the_buyer_agrees_afterwards(pal: PalShop) -> None:
    checkout = pal.checkout()
    assert pal.cancel(checkout).body["status"] == "cancelled"
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    pal.later(20 * 60)
    pal.reconcile()
    assert (pal.capture(), pal.paypal.captures(), pal.approvals()) == ([], [], [])
    assert pal.shown(checkout)["status"] == "cancelled"


def test_a_cancelling_that_comes_before_the_approval_was_heard_of_wins(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    assert pal.cancel(checkout).body["status"] == "cancelled"
    pal.hear("CHECKOUT.ORDER.APPROVED")
    assert (pal.capture(), pal.paypal.captures()) == ([], [])


def test_a_cancelling_after_the_approval_was_heard_of_loses(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    refused = pal.cancel(checkout)
    assert (refused.status, refused.body["code"]) == (409, "INVALID_STATE")
    assert pal.capture() == []
    assert pal.cancel(checkout).status == 409
    assert pal.shown(checkout)["status"] == "confirmed"


def test_an_order_that_nobody_approves_expires(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.later(3 * HOUR + 360)
    assert pal.reconcile() == {"overdue_payment": 1}
    assert (pal.shown(checkout)["status"], pal.shown(checkout)["reason"]) == ("cancelled", "expired")


def test_an_approval_that_nobody_told_of_is_found_and_captured(pal: PalShop) -> None:
    pal.paypal.control("webhooks/faults", kind="drop", times=9)
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.later(16 * 60)
    assert pal.reconcile() == {"missed_event": 1}
    assert pal.shown(checkout)["status"] == "confirmed"
    assert pal.capture() == []
    assert len(pal.paypal.captures()) == 1


@pytest.mark.parametrize("heard", [True, False])
def test_an_approval_that_was_lost_on_the_way_is_captured_though_the_page_has_expired(
    pal: PalShop, *, heard: bool
) -> None:
    pal.paypal.control(
        "webhooks/faults", kind="drop", times=9, types=[] if not heard else ["PAYMENT.CAPTURE.COMPLETED"]
    )
    checkout = pal.checkout()
    pal.later(2.9 * HOUR)
    pal.approve(checkout)
    if heard:
        pal.hear("CHECKOUT.ORDER.APPROVED")
    pal.later(20 * 60)
    assert pal.reconcile() == {"missed_event": 1}
    assert (pal.shown(checkout)["status"], len(pal.paypal.captures())) == ("confirmed", 1)


def test_a_capture_that_the_reconciler_gets_no_answer_to_is_tried_again_under_the_same_key(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    pal.paypal.control("api/faults", kind="drop", path="/capture$")
    pal.later(16 * 60)
    assert pal.reconcile() == {}
    pal.later(16 * 60)
    assert pal.reconcile() == {"missed_event": 1}
    assert (pal.shown(checkout)["status"], len(pal.paypal.captures())) == ("confirmed", 1)


def test_what_paypal_forgot_before_it_was_captured_ends_the_payment(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED")
    pal.later(4 * HOUR)
    assert pal.capture() == []
    assert (pal.shown(checkout)["status"], pal.paypal.captures()) == ("cancelled", [])


def test_an_approval_that_paypal_took_back_ends_the_payment(pal: PalShop) -> None:
    checkout = pal.checkout()
    pal.approve(checkout)
    pal.paypal.control(f"orders/{checkout.body['providerCheckoutSessionId']}/reverse_approval")
    pal.hear("CHECKOUT.ORDER.APPROVED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED")
    assert (pal.capture(), pal.shown(checkout)["reason"]) == ([], "approval_reversed")


@pytest.mark.parametrize("kind", ["500", "429", "drop"])
def test_paypal_in_trouble_is_a_502_and_the_same_key_makes_no_second_payment(pal: PalShop, kind: str) -> None:
    key = new_key()
    pal.paypal.control("api/faults", kind=kind, path=ORDERS)
    failed = pal.checkout(key)
    assert (failed.status, failed.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
    again = pal.checkout(key)
    assert again.status == 201
    assert (len(pal.deployed.stored("payment")), len(pal.paypal.state()["orders"])) == (1, 1)


def test_a_lost_answer_is_taken_up_by_the_reconciler(pal: PalShop) -> None:
    key = new_key()
    pal.paypal.control("api/faults", kind="drop", path=ORDERS)
    assert pal.checkout(key).status == 502
    pal.later(60)
    assert pal.reconcile() == {"unfinished_request": 1}
    assert pal.checkout(key).headers["idempotency-replayed"] == "true"
    assert len(pal.paypal.state()["orders"]) == 1


def test_refused_credentials_are_told_apart(pal: PalShop) -> None:
    manager = pal.deployed.client("secretsmanager")
    manager.put_secret_value(SecretId=f"{pal.deployed.prefix}/paypal/api", SecretString="{}")
    assert pal.checkout().status == 502
    assert not pal.paypal.state()["calls"]
