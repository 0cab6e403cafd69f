"""A payment as Stripe's checkout session, and a session as what it says about the payment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_line, usd
from tollgate.adapters.providers.stripe.transformers import report_of_session, session_of, session_parameters
from tollgate.checkout.ports import CheckoutRequest
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Session

REQUEST = CheckoutRequest("https://shop.example/thanks?s={CHECKOUT_SESSION_ID}", "https://shop.example/cart")


def a_checkout_session(**fields: Any) -> dict[str, Any]:
    return {
        "id": "cs_1",
        "url": "https://checkout.stripe.com/c/pay/cs_1",
        "expires_at": 1_800_000_000,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "amount_total": 5000,
        "currency": "usd",
    } | fields


def test_the_parameters_are_these() -> None:
    lines = (a_line(name="Café", quantity=2), a_line(code="poster", name="Poster", quantity=1, unit=usd(100)))
    payment = a_draft(amount=usd(5100), items=lines)
    assert json.loads(session_parameters(payment, REQUEST)) == {
        "mode": "payment",
        "client_reference_id": payment.id,
        "line_items": [
            {
                "quantity": 2,
                "price_data": {"currency": "usd", "unit_amount": 2500, "product_data": {"name": "Café"}},
            },
            {
                "quantity": 1,
                "price_data": {"currency": "usd", "unit_amount": 100, "product_data": {"name": "Poster"}},
            },
        ],
        "metadata": {"tollgate_tenant": "demo", "tollgate_payment": payment.id},
        "payment_intent_data": {"metadata": {"tollgate_tenant": "demo", "tollgate_payment": payment.id}},
        "success_url": "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
    }


def test_the_parameters_are_the_same_bytes_each_time() -> None:
    payment = a_draft(items=(a_line(name="Café"),))
    assert session_parameters(payment, REQUEST) == session_parameters(payment, REQUEST)


def test_the_email_is_sent_where_there_is_one() -> None:
    request = CheckoutRequest(REQUEST.success_url, REQUEST.cancel_url, "zoe@example.com")
    assert json.loads(session_parameters(a_draft(), request))["customer_email"] == "zoe@example.com"


@pytest.mark.parametrize(
    ("unit", "sent"), [(Money(5, "ISK"), 500), (Money(500, "JPY"), 500), (Money(1500, "KWD"), 1500)]
)
def test_units_are_sent_in_stripes_counting(unit: Money, sent: int) -> None:
    payment = a_draft(amount=unit * 2, items=(a_line(quantity=2, unit=unit),))
    line = json.loads(session_parameters(payment, REQUEST))["line_items"][0]
    assert line["price_data"]["unit_amount"] == sent


@pytest.mark.parametrize("amount", [usd(10**8), Money(1001, "KWD")])
def test_a_payment_that_stripe_would_refuse_is_refused_at_once(amount: Money) -> None:
    with pytest.raises(ValidationFailed):
        session_parameters(a_draft(amount=amount), REQUEST)


def test_a_session_is_read() -> None:
    assert session_of(a_checkout_session()) == Session(
        "cs_1", "https://checkout.stripe.com/c/pay/cs_1", datetime.fromtimestamp(1_800_000_000, UTC)
    )
    assert session_of(a_checkout_session(url=None)).url is None
    ended = a_checkout_session()
    del ended["url"]
    assert session_of(ended).url is None


@pytest.mark.parametrize("intent", ["pi_1", {"id": "pi_1", "object": "payment_intent"}])
@pytest.mark.parametrize("payment_status", ["paid", "no_payment_required"])
def test_a_complete_session_is_a_capture_by_its_intent(intent: Any, payment_status: str) -> None:
    report = report_of_session(a_checkout_session(payment_intent=intent, payment_status=payment_status), NOW)
    assert (report.fact, report.capture) == (Fact.CAPTURED, Capture("pi_1", usd(5000), NOW))


def test_a_complete_session_without_an_intent_is_a_capture_by_the_session() -> None:
    report = report_of_session(a_checkout_session(payment_intent=None), NOW)
    assert report.capture == Capture("cs_1", usd(5000), NOW)


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        ({"status": "expired", "payment_status": "unpaid"}, Fact.EXPIRED),
        ({"payment_status": "unpaid"}, Fact.PROCESSING),
        ({"status": "open", "payment_status": "unpaid"}, Fact.PROCESSING),
        ({"status": "of the future", "payment_status": "paid"}, Fact.PROCESSING),
    ],
)
def test_what_is_neither_paid_nor_expired_is_still_going_on(fields: dict[str, str], fact: Fact) -> None:
    report = report_of_session(a_checkout_session(**fields), NOW)
    assert (report.fact, report.capture) == (fact, None)
