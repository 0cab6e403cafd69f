"""Amounts, echoes, orders and refusals, in PayPal's words and in ours."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_line, usd
from tollgate.adapters.providers.paypal import echo, transformers
from tollgate.adapters.providers.paypal.amounts import CURRENCIES, from_paypal, to_paypal
from tollgate.adapters.providers.paypal.errors import issue_of, outcome_of
from tollgate.adapters.providers.paypal.refunds import report_of_refund, settlement_of
from tollgate.checkout.ports import CheckoutRequest, Rejected, Unknown, Unreachable
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import TollgateError, ValidationFailed
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import Tender, TenderKind
from tollgate.refunds.ports import NotYet, PaidOut

PAGES = CheckoutRequest("https://shop.example/thanks?id={CHECKOUT_SESSION_ID}", "https://shop.example/cart")


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (usd(1050), "10.50"),
        (usd(5), "0.05"),
        (usd(0), "0.00"),
        (Money(1050, "JPY"), "1050"),
        (Money(105_000, "HUF"), "1050"),
        (Money(100, "TWD"), "1"),
        (Money(10**13 + 1, "EUR"), "100000000000.01"),
    ],
)
def test_an_amount_is_decimal_text_and_comes_back(money: Money, value: str) -> None:
    assert to_paypal(money) == {"currency_code": money.currency, "value": value}
    assert from_paypal(to_paypal(money)) == money


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
def test_a_fraction_that_paypal_cannot_write_is_refused_before_it_is_sent(currency: str) -> None:
    with pytest.raises(ValidationFailed):
        to_paypal(Money(105_050, currency))


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("10", "USD", 1000),
        ("10.5", "USD", 1050),
        ("10.500", "USD", 1050),
        ("1050.00", "JPY", 1050),
        ("-3.00", "USD", -300),
    ],
)
def test_paypal_may_write_more_or_fewer_digits(value: str, currency: str, minor: int) -> None:
    assert from_paypal({"currency_code": currency, "value": value}) == Money(minor, currency)


@pytest.mark.parametrize("value", ["10.505", "1e3", "", "10,50", " 10", "NaN", 10, 10.5, None, "1" * 16])
def test_what_is_no_amount_of_ours_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TollgateError)):
        from_paypal({"currency_code": "USD", "value": value})
    with pytest.raises((ValueError, TollgateError)):
        from_paypal({"currency_code": "XXX", "value": "10.00"})


def test_every_currency_that_is_offered_is_one_of_ours() -> None:
    assert set(MINOR_DIGITS) >= CURRENCIES


def test_an_echo_fits_whoever_the_tenant_is_and_comes_back() -> None:
    payment = a_draft(tenant=f"a:b.c-{'x' * 58}")
    refund = derived("ref", "1")
    text = echo.echo(payment, refund)
    assert len(payment.tenant) == 64
    assert len(text) <= echo.LONGEST
    key, echoed_refund = echo.echoed(text)
    assert key is not None
    assert (key.tenant, key.id, echoed_refund) == (payment.tenant, payment.id, refund)
    assert echo.echoed(echo.echo(payment)) == (key, None)


@pytest.mark.parametrize("text", [None, "", "order-7", "a/", "/b", "a/b/c/d", 7, {}])
def test_what_others_wrote_is_no_echo(text: Any) -> None:
    assert echo.echoed(text) == (None, None)


def _order(**fields: Any) -> Any:
    return json.loads(transformers.order_parameters(a_draft(**fields), PAGES))


def test_an_order_says_what_is_bought_and_whose_it_is() -> None:
    lines = (a_line(quantity=2, unit=usd(1_250)), a_line(name="n" * 200, quantity=1, unit=usd(2_500)))
    order = _order(items=lines)
    (unit,) = order["purchase_units"]
    payment = a_draft()
    assert (order["intent"], unit["custom_id"], unit["invoice_id"]) == ("CAPTURE", f"demo/{payment.id}", payment.id)
    assert unit["amount"]["value"] == unit["amount"]["breakdown"]["item_total"]["value"] == "50.00"
    assert [(each["quantity"], each["unit_amount"]["value"]) for each in unit["items"]] == [
        ("2", "12.50"),
        ("1", "25.00"),
    ]
    assert len(unit["items"][1]["name"]) == 127
    experience = order["payment_source"]["paypal"]["experience_context"]
    assert experience["user_action"] == "PAY_NOW"
    assert experience["return_url"] == f"https://shop.example/thanks?id={payment.id}"


def test_what_gift_cards_pay_is_not_asked_for_again() -> None:
    tender = Tender("hld_1", TenderKind.CREDIT, "user-1", 1_500)
    (unit,) = _order(tenders=(tender,))["purchase_units"]
    assert (unit["amount"]["value"], len(unit["items"])) == ("35.00", 1)


def test_a_page_is_where_the_payer_acts_for_as_long_as_an_order_lives() -> None:
    links = [{"rel": "self", "href": "https://x"}, {"rel": "payer-action", "href": "https://pay"}]
    order = {"id": "5O190127TN364715T", "create_time": "2026-11-05T12:00:00Z", "links": links}
    session = transformers.session_of(order, timedelta(hours=3), NOW + timedelta(hours=1))
    assert (session.url, session.expires_at) == ("https://pay", NOW + timedelta(hours=3))
    older = transformers.session_of(order | {"links": [{"rel": "approve", "href": "https://old"}]}, timedelta(1), NOW)
    assert older.url == "https://old"
    assert transformers.session_of({"id": "5O1"}, timedelta(hours=3), NOW).url is None


def _with(status: str, *captures: str) -> Any:
    taken = [
        {"id": f"CAP{n}", "status": each, "amount": {"currency_code": "USD", "value": "50.00"}}
        for n, each in enumerate(captures)
    ]
    return {"id": "5O1", "status": status, "purchase_units": [{"payments": {"captures": taken}} if taken else {}]}


@pytest.mark.parametrize(
    ("order", "fact"),
    [
        (_with("COMPLETED", "COMPLETED"), Fact.CAPTURED),
        (_with("COMPLETED", "PARTIALLY_REFUNDED"), Fact.CAPTURED),
        (_with("COMPLETED", "REFUNDED"), Fact.CAPTURED),
        (_with("COMPLETED", "PENDING"), Fact.PROCESSING),
        (_with("COMPLETED", "UNHEARD_OF"), Fact.PROCESSING),
        (_with("COMPLETED", "DECLINED"), Fact.FAILED),
        (_with("COMPLETED", "FAILED"), Fact.FAILED),
        (_with("COMPLETED", "DECLINED", "COMPLETED"), Fact.CAPTURED),
        (_with("COMPLETED"), Fact.PROCESSING),
        (_with("VOIDED"), Fact.EXPIRED),
        (_with("APPROVED"), None),
        (_with("CREATED"), None),
        (_with("PAYER_ACTION_REQUIRED"), None),
        (_with("UNHEARD_OF"), None),
    ],
)
def test_only_what_was_taken_or_given_up_says_anything(order: Any, fact: Fact | None) -> None:
    report = transformers.report_of_order(order, NOW)
    assert (report.fact if report else None) is fact
    assert report is None or report.about in (None, "5O1")


def _refused(issue: str, status: int = 422) -> Any:
    return outcome_of(
        status, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue, "description": "of a buyer"}]}
    )


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (_refused("DECIMAL_PRECISION"), Rejected("DECIMAL_PRECISION")),
        (_refused("REFUND_AMOUNT_EXCEEDED"), Rejected("REFUND_AMOUNT_EXCEEDED")),
        (_refused("CAPTURE_FULLY_REFUNDED"), Rejected("CAPTURE_FULLY_REFUNDED")),
        (_refused("ORDER_COMPLETION_IN_PROGRESS"), Unknown("ORDER_COMPLETION_IN_PROGRESS 422")),
        (_refused("anything", 409), Unknown("ANYTHING 409")),
        (outcome_of(500, {"name": "INTERNAL_SERVER_ERROR"}), Unknown("INTERNAL_SERVER_ERROR 500", key_spent=True)),
        (outcome_of(503, {}), Unknown("HTTP_503 503")),
        (outcome_of(429, {"name": "RATE_LIMIT_REACHED"}), Unreachable("RATE_LIMIT_REACHED")),
        (outcome_of(401, {"error": "invalid_token"}), Unreachable("INVALID_TOKEN", credentials_refused=True)),
        (outcome_of(403, {"name": "NOT_AUTHORIZED"}), Unreachable("NOT_AUTHORIZED", credentials_refused=True)),
        (outcome_of(404, {"name": "RESOURCE_NOT_FOUND"}), Rejected("RESOURCE_NOT_FOUND")),
        (outcome_of(302, {}), Unknown("HTTP_302 302")),
    ],
)
def test_a_refusal_is_what_its_issue_says(outcome: Any, expected: Any) -> None:
    assert outcome == expected


@pytest.mark.parametrize(
    "body", [{}, {"details": []}, {"details": ["x"]}, {"name": "a b"}, {"details": [{"issue": 7}]}]
)
def test_a_refusal_without_a_code_is_named_by_its_status(body: Any) -> None:
    assert issue_of(body, 422) == "HTTP_422"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("COMPLETED", RefundState.SUCCEEDED),
        ("PENDING", RefundState.PENDING),
        ("UNHEARD_OF", RefundState.PENDING),
        ("FAILED", RefundState.FAILED),
        ("CANCELLED", RefundState.FAILED),
    ],
)
def test_a_refund_is_as_far_as_it_says(status: str, state: RefundState) -> None:
    id_ = derived("ref", "1")
    links = [{"rel": "up", "href": "https://api-m.paypal.com/v2/payments/captures/CAP1"}]
    refund = {"id": "RE1", "status": status, "amount": {"currency_code": "USD", "value": "20.00"}, "links": links}
    told = report_of_refund(refund | {"custom_id": f"demo/pay_1/{id_}", "status_details": {"reason": "ECHECK"}})
    assert (told.state, told.id, told.reference, told.amount, told.capture) == (state, id_, "RE1", usd(2_000), "CAP1")
    assert (told.reason, report_of_refund(refund).id) == ("echeck", None)


def test_what_paypal_kept_is_said_by_the_capture_in_the_currency_that_it_was_converted_to() -> None:
    fee = {"currency_code": "USD", "value": "2.24"}
    taken: dict[str, Any] = {"status": "COMPLETED", "seller_receivable_breakdown": {"paypal_fee": fee}}
    ours = settlement_of(taken, NOW)
    assert isinstance(ours, PaidOut)
    assert ours.settlement.fee == usd(224)
    taken["seller_receivable_breakdown"]["paypal_fee_in_receivable_currency"] = {
        "currency_code": "EUR",
        "value": "2.10",
    }
    converted = settlement_of(taken, NOW)
    assert isinstance(converted, PaidOut)
    assert converted.settlement.fee == Money(210, "EUR")
    assert isinstance(settlement_of({"status": "PENDING"}, NOW), NotYet)
    assert isinstance(settlement_of({"status": "COMPLETED"}, NOW), Unknown)
    assert isinstance(settlement_of({**taken, "seller_receivable_breakdown": {"paypal_fee": "2"}}, NOW), Unknown)
