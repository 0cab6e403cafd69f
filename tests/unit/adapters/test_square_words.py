"""What Square's objects and events mean, and what ours look like there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_line, a_provider_event, usd
from tollgate.adapters.providers.square import echo, transformers
from tollgate.adapters.providers.square.amounts import from_square, to_square
from tollgate.adapters.providers.square.payments import payment_of_tender
from tollgate.adapters.providers.square.refunds import report_of_refund, settlement_of
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.checkout.ports import CheckoutRequest, Unknown
from tollgate.inbox.model import Notice
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import TollgateError, ValidationFailed
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import Tender, TenderKind
from tollgate.refunds.ports import NotYet, PaidOut

LOCATIONS = {"USD": "LUSD1", "JPY": "LJPY1"}
PAGES = CheckoutRequest("https://shop.example/thanks?id={CHECKOUT_SESSION_ID}", "https://shop.example/cart", "z@e.org")
PAY, REF = derived("pay", "1"), derived("ref", "1")
PAID = {"id": "p1", "status": "COMPLETED", "order_id": "o1", "total_money": {"amount": 5_000, "currency": "USD"}}
REFUND = {"id": "r1", "status": "PENDING", "payment_id": "p1", "amount_money": {"amount": 100, "currency": "USD"}}


def parameters(**fields: Any) -> Any:
    return json.loads(transformers.link_parameters(a_draft(**fields), PAGES, LOCATIONS))


def heard(type_: str, **subject: Any) -> Notice | None:
    what = type_.partition(".")[0]
    event = {"created_at": to_iso(NOW), "data": {"object": {what: subject}}}
    return SquareEvents().read(a_provider_event(type=type_, payload=json.dumps(event).encode()))


def fact_of(type_: str, **subject: Any) -> Fact | None:
    notice = heard(type_, **subject)
    return notice.report.fact if notice else None


def test_a_link_has_what_is_bought_and_whose_it_is_and_nothing_that_changes_the_price() -> None:
    payment = a_draft()
    sent = parameters(items=(a_line(),))
    order, options = sent["order"], sent["checkout_options"]
    assert order["line_items"] == [
        {"name": "Concert ticket", "quantity": "2", "base_price_money": {"amount": 2_500, "currency": "USD"}}
    ]
    assert (order["location_id"], order["reference_id"]) == ("LUSD1", payment.id)
    assert order["metadata"] == {"tollgate_tenant": payment.tenant, "tollgate_payment": payment.id}
    assert sent["payment_note"] == f"tollgate:{payment.tenant}:{payment.id}"
    assert options["redirect_url"] == f"https://shop.example/thanks?id={payment.id}"
    assert sent["pre_populated_data"] == {"buyer_email": "z@e.org"}
    assert not any(options[each] for each in ("allow_tipping", "enable_coupon", "enable_loyalty"))
    assert not any(order["pricing_options"].values())


def test_what_fits_into_squares_fields_fits_with_the_longest_tenant() -> None:
    tenant = "t" * 64
    payment = a_draft(tenant=tenant)
    assert len(payment.id) <= 40
    assert len(payment.provider_key("checkout", 99)) <= 45
    assert len(echo.note(tenant, payment.id)) <= 500
    assert len(echo.reason(tenant, payment.id, REF)) <= 192
    assert echo.of_note(echo.note("a:b", PAY)) == ("a:b", PAY)
    assert echo.of_reason(echo.reason("a:b", PAY, REF)) == ("a:b", PAY, REF)


@pytest.mark.parametrize(
    "text", [None, 7, "", "thanks", f"tollgate:demo:{PAY} ", f"x tollgate:demo:{PAY}", "tollgate::"]
)
def test_a_note_that_somebody_else_wrote_is_no_echo(text: object) -> None:
    assert echo.of_note(text) is None


def test_only_the_rest_is_asked_for_where_tenders_pay_a_part() -> None:
    tender = Tender("t1", TenderKind.CREDIT, "user", 1_500)
    (line,) = parameters(tenders=(tender,))["order"]["line_items"]
    assert (line["quantity"], line["base_price_money"]["amount"]) == ("1", 3_500)


def test_a_currency_without_a_location_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(ValidationFailed):
        parameters(amount=Money(5_000, "EUR"))


@pytest.mark.parametrize("money", [usd(1), Money(7_800, "JPY"), Money(99_999_999, "EUR")])
def test_an_amount_is_whole_minor_units_both_ways(money: Money) -> None:
    assert from_square(to_square(money)) == money


@pytest.mark.parametrize("money", [{"amount": 1.5, "currency": "USD"}, {"amount": 1, "currency": "XXX"}])
def test_an_amount_that_no_books_can_hold_is_refused(money: Any) -> None:
    with pytest.raises(TollgateError):
        from_square(money)


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({}, Fact.CAPTURED),
        ({"status": "APPROVED"}, None),
        ({"status": "PENDING"}, Fact.PROCESSING),
        ({"status": "FAILED", "source_type": "CARD"}, Fact.DECLINED),
        ({"status": "FAILED", "source_type": "BANK_ACCOUNT"}, Fact.FAILED),
        ({"status": "CANCELED"}, Fact.DECLINED),
        ({"status": "NEW_ONE"}, None),
    ],
)
def test_a_payments_state_is_a_fact_and_an_unknown_one_is_none(changes: dict[str, Any], fact: Fact | None) -> None:
    for type_ in ("payment.created", "payment.updated"):
        assert fact_of(type_, **PAID | changes) is fact


def test_a_payment_is_known_by_our_note_and_else_by_its_order() -> None:
    with_note = heard("payment.updated", **PAID, note=f"tollgate:demo:{PAY}")
    without = heard("payment.updated", **PAID)
    assert with_note is not None
    assert without is not None
    assert (with_note.tenant, with_note.payment_id, with_note.reference) == ("demo", PAY, "o1")
    assert (without.tenant, without.payment_id, without.reference) == (None, None, "o1")
    assert without.report.capture is not None
    assert (without.report.capture.reference, without.report.capture.amount) == ("p1", usd(5_000))


def test_a_payment_without_note_and_order_is_nobodys() -> None:
    assert heard("payment.updated", **PAID | {"order_id": None}) is None


def test_a_tip_is_money_that_came_and_so_a_wrong_amount() -> None:
    tipped = PAID | {"amount_money": {"amount": 5_000, "currency": "USD"}, "total_money": to_square(usd(5_500))}
    notice = heard("payment.updated", **tipped)
    assert notice is not None
    assert notice.report.capture is not None
    assert notice.report.capture.amount == usd(5_500)


def test_a_decline_says_why_in_squares_code() -> None:
    errors = {"card_details": {"errors": [{"code": "INSUFFICIENT_FUNDS", "detail": "of Zoe"}]}}
    for details, reason in ((errors, "insufficient_funds"), ({}, "declined")):
        notice = heard("payment.updated", **PAID | {"status": "FAILED"} | details)
        assert notice is not None
        assert notice.report.reason == reason


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", RefundState.PENDING),
        ("COMPLETED", RefundState.SUCCEEDED),
        ("REJECTED", RefundState.FAILED),
        ("FAILED", RefundState.FAILED),
        ("NEW_ONE", RefundState.PENDING),
    ],
)
def test_a_refunds_state(status: str, state: RefundState) -> None:
    told = report_of_refund(REFUND | {"status": status, "reason": echo.reason("demo", PAY, REF)})
    assert (told.state, told.id, told.reference, told.amount, told.capture) == (state, REF, "r1", usd(100), "p1")


def test_a_refund_of_the_dashboard_is_known_by_its_payment() -> None:
    notice = heard("refund.updated", **REFUND, reason="Returned goods")
    assert notice is not None
    assert (notice.tenant, notice.payment_id, notice.reference) == (None, None, "p1")
    assert heard("refund.created", **REFUND | {"payment_id": None}) is None


@pytest.mark.parametrize("type_", ["order.updated", "payout.sent", "invoice.payment_made", "customer.created"])
def test_other_events_say_nothing(type_: str) -> None:
    assert heard(type_) is None


@pytest.mark.parametrize(
    "subject",
    [{}, {"status": "COMPLETED"}, PAID | {"total_money": {"amount": 1.5, "currency": "USD"}}, PAID | {"order_id": 7}],
)
def test_an_event_without_what_its_type_must_have_is_unreadable(subject: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent):
        heard("payment.updated", **subject)


def an_order(state: str = "OPEN") -> dict[str, Any]:
    return {"id": "o1", "state": state}


@pytest.mark.parametrize(
    ("state", "statuses", "fact"),
    [
        ("DRAFT", [], None),
        ("OPEN", ["FAILED", "CANCELED"], None),
        ("OPEN", ["APPROVED"], None),
        ("CANCELED", ["APPROVED"], None),
        ("CANCELED", ["NEW_ONE"], None),
        ("OPEN", ["FAILED", "PENDING"], Fact.PROCESSING),
        ("OPEN", ["FAILED", "COMPLETED"], Fact.CAPTURED),
        ("CANCELED", ["COMPLETED"], Fact.CAPTURED),
        ("CANCELED", [], Fact.EXPIRED),
        ("CANCELED", ["FAILED"], Fact.EXPIRED),
        ("NEW_ONE", [], None),
    ],
)
def test_an_order_is_judged_by_its_payments_and_only_then_by_its_state(
    state: str, statuses: list[str], fact: Fact | None
) -> None:
    report = transformers.report_of_order(an_order(state), [PAID | {"status": each} for each in statuses], NOW)
    assert (report.fact if report else None) is fact


@pytest.mark.parametrize(
    ("status", "ours"),
    [("CAPTURED", "COMPLETED"), ("AUTHORIZED", "APPROVED"), ("VOIDED", "CANCELED"), ("FAILED", "FAILED")],
)
def test_of_a_card_the_order_tells_all(status: str, ours: str) -> None:
    tender = {"id": "p1", "type": "CARD", "amount_money": PAID["total_money"], "card_details": {"status": status}}
    told = payment_of_tender(tender)
    assert told is not None
    assert (told["id"], told["status"], told["total_money"]) == ("p1", ours, PAID["total_money"])
    assert payment_of_tender(tender | {"type": "WALLET"}) is None
    assert payment_of_tender(tender | {"card_details": {"status": "NEW_ONE"}}) is None


def test_what_square_kept_is_told_with_its_adjustments_once_the_money_is_ours() -> None:
    fees = [{"amount_money": to_square(usd(each))} for each in (175, -25)]
    two, seven = NOW + timedelta(days=2), NOW + timedelta(days=7)
    assert settlement_of(PAID | {"processing_fee": fees}, NOW, NOW) == NotYet(two)
    paid = settlement_of(PAID | {"processing_fee": fees}, NOW, two)
    assert isinstance(paid, PaidOut)
    assert paid.settlement.fee == usd(150)
    assert settlement_of(PAID, NOW, two) == NotYet(two + timedelta(hours=6))
    assert settlement_of(PAID, NOW, seven) == Unknown("no fee is told", told=True)


def test_a_page_lives_for_a_day_and_is_taken_down_by_its_link() -> None:
    link = {"id": "L", "order_id": "o1", "url": "https://square.link/u/x", "created_at": to_iso(NOW)}
    session = transformers.session_of(link)
    assert (session.reference, session.link, session.url) == ("o1", "L", "https://square.link/u/x")
    assert session.expires_at == NOW + timedelta(days=1)
    assert replace(session, url=None).link == "L"
