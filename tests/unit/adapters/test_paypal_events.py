"""What each of PayPal's events says about a payment, and what none of ours is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_provider_event, captured, created, usd
from tollgate.adapters.providers.paypal.webhooks import PayPalEvents
from tollgate.inbox.model import Notice
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.ids import derived
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change
from tollgate.payments.refunds import RefundState

PAYMENT = a_draft().id
ECHO, REFUND = f"demo/{PAYMENT}", derived("ref", "1")
MONEY = {"currency_code": "USD", "value": "50.00"}
ORDER = {"id": "5O1", "status": "APPROVED", "purchase_units": [{"custom_id": ECHO}]}
CAPTURE = {
    "id": "CAP1",
    "status": "COMPLETED",
    "amount": MONEY,
    "custom_id": ECHO,
    "supplementary_data": {"related_ids": {"order_id": "5O1"}},
}
UP = {"links": [{"rel": "up", "href": "https://api-m.paypal.com/v2/payments/captures/CAP1"}]}
MADE = {"id": "RE1", "status": "COMPLETED", "amount": MONEY, **UP}
DISPUTE = {
    "dispute_id": "PP-D-1",
    "status": "UNDER_REVIEW",
    "dispute_amount": MONEY,
    "disputed_transactions": [{"seller_transaction_id": "CAP1", "custom": ECHO}],
}

FOR_NOTHING = {"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": {**MONEY, "value": "0.00"}}
LOST_FOR_NOTHING = {**DISPUTE, "status": "RESOLVED", "dispute_outcome": FOR_NOTHING}


def _read(type_: str, resource: Any, at: str = "2026-11-05T12:00:00.000Z") -> Notice | None:
    payload = json.dumps({"id": "WH-1", "create_time": at, "event_type": type_, "resource": resource}).encode()
    notice = PayPalEvents().read(a_provider_event(provider="paypal", type=type_, payload=payload))
    assert notice is None or isinstance(notice, Notice)
    return notice


def _heard(type_: str, resource: Any) -> Notice:
    notice = _read(type_, resource)
    assert notice is not None
    assert (notice.tenant, notice.payment_id) == ("demo", PAYMENT)
    return notice


@pytest.mark.parametrize(
    ("type_", "resource", "fact"),
    [
        ("CHECKOUT.ORDER.APPROVED", ORDER, Fact.APPROVED),
        (
            "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
            {"order_id": "5O1", "purchase_units": [{"custom_id": ECHO}]},
            Fact.CANCELLED,
        ),
        ("CHECKOUT.PAYMENT-APPROVAL.REVERSED", ORDER, Fact.CANCELLED),
        ("PAYMENT.CAPTURE.PENDING", CAPTURE | {"status": "PENDING"}, Fact.PROCESSING),
        ("PAYMENT.CAPTURE.DENIED", CAPTURE | {"status": "DECLINED"}, Fact.FAILED),
        ("PAYMENT.CAPTURE.DECLINED", CAPTURE | {"status": "DECLINED"}, Fact.FAILED),
    ],
)
def test_an_event_of_an_order_or_a_capture_is_about_its_page(type_: str, resource: Any, fact: Fact) -> None:
    notice = _heard(type_, resource)
    assert (notice.report.fact, notice.report.about, notice.report.at) == (fact, "5O1", NOW)
    assert notice.reference == "5O1"


def test_a_capture_that_completed_is_the_money() -> None:
    capture = _heard("PAYMENT.CAPTURE.COMPLETED", CAPTURE).report.capture
    assert capture is not None
    assert (capture.reference, capture.amount, capture.at) == ("CAP1", usd(5_000), NOW)


@pytest.mark.parametrize("status", ["COMPLETED", "VOIDED", "CREATED"])
def test_an_order_that_is_not_approved_any_more_is_no_approval(status: str) -> None:
    assert _read("CHECKOUT.ORDER.APPROVED", ORDER | {"status": status}) is None


@pytest.mark.parametrize(
    ("type_", "status", "state"),
    [
        ("PAYMENT.CAPTURE.REFUNDED", "COMPLETED", RefundState.SUCCEEDED),
        ("PAYMENT.REFUND.PENDING", "PENDING", RefundState.PENDING),
        ("PAYMENT.REFUND.FAILED", "FAILED", RefundState.FAILED),
    ],
)
def test_a_refund_of_ours_bears_our_id(type_: str, status: str, state: RefundState) -> None:
    refund = _heard(type_, MADE | {"status": status, "custom_id": f"{ECHO}/{REFUND}"}).report.refund
    assert refund is not None
    assert (refund.state, refund.id, refund.reference, refund.capture) == (state, REFUND, "RE1", "CAP1")


@pytest.mark.parametrize("custom", [{}, {"custom_id": "order-7"}])
def test_a_refund_that_was_made_at_paypal_is_found_by_its_capture(custom: Any) -> None:
    notice = _read("PAYMENT.CAPTURE.REFUNDED", MADE | custom)
    assert notice is not None
    assert (notice.payment_id, notice.reference) == (None, "CAP1")
    assert notice.report.refund is not None
    assert notice.report.refund.id is None


@pytest.mark.parametrize(
    "resource",
    [MADE | {"custom_id": ECHO}, CAPTURE, MADE | {"custom_id": ECHO, "amount": {**MONEY, "value": "-50.00"}}],
)
def test_a_reversal_is_a_loss_of_its_capture(resource: Any) -> None:
    heard = _heard("PAYMENT.CAPTURE.REVERSED", resource)
    assert heard.first is not None
    for told, state in ((heard.first.dispute, DisputeState.OPEN), (heard.report.dispute, DisputeState.LOST)):
        assert told is not None
        assert (told.state, told.capture, told.amount, told.reversal) == (state, "CAP1", usd(5_000), True)


@pytest.mark.parametrize(
    ("type_", "changes", "state"),
    [
        ("CREATED", {}, DisputeState.OPEN),
        ("UPDATED", {"status": "WAITING_FOR_BUYER_RESPONSE"}, DisputeState.OPEN),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", DisputeState.WON),
        ("RESOLVED", "CANCELED_BY_BUYER", DisputeState.WON),
        ("RESOLVED", "DENIED", DisputeState.WON),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", DisputeState.LOST),
        ("UPDATED", "ACCEPTED", DisputeState.LOST),
    ],
)
def test_a_dispute_stands_where_its_outcome_says(type_: str, changes: Any, state: DisputeState) -> None:
    ended = {"status": "RESOLVED", "dispute_outcome": {"outcome_code": changes}}
    notice = _heard(f"CUSTOMER.DISPUTE.{type_}", DISPUTE | (changes if isinstance(changes, dict) else ended))
    told = notice.report.dispute
    assert told is not None
    assert (told.state, told.reference, told.capture, told.amount) == (state, "PP-D-1", "CAP1", usd(5_000))
    assert (notice.payment_id, notice.reference, told.decided) == (PAYMENT, "CAP1", True)
    # The event of its beginning may have been lost.
    begun = replace(notice.report, dispute=replace(told, state=DisputeState.OPEN))
    assert notice.first == (None if state is DisputeState.OPEN else begun)


@pytest.mark.parametrize("outcome", ["RESOLVED_WITH_PAYOUT", "NONE", "UNHEARD_OF", None])
def test_an_end_that_leaves_open_who_has_the_money_is_for_a_person(outcome: str | None) -> None:
    ended = {"status": "RESOLVED", **({"dispute_outcome": {"outcome_code": outcome}} if outcome else {})}
    notice = _heard("CUSTOMER.DISPUTE.RESOLVED", DISPUTE | ended)
    assert notice.first is not None
    sold = created(seller="ven_1").payment.apply(captured("CAP1"), NOW)
    assert isinstance(sold, Change)
    opened = sold.payment.apply(notice.first, NOW)
    assert isinstance(opened, Change)
    assert opened.payment.disputes[0].is_open
    assert opened.payment.apply(notice.report, NOW) is Meaning.REVIEW


@pytest.mark.parametrize("outcome", ["RESOLVED_BUYER_FAVOUR", "ACCEPTED"])
def test_what_went_back_of_a_dispute_is_what_was_lost(outcome: str) -> None:
    told = {"outcome_code": outcome, "amount_refunded": {**MONEY, "value": "5.00"}}
    notice = _heard("CUSTOMER.DISPUTE.RESOLVED", DISPUTE | {"status": "RESOLVED", "dispute_outcome": told})
    assert notice.report.dispute is not None
    assert (notice.report.dispute.amount, notice.report.dispute.lost) == (usd(5_000), usd(500))


@pytest.mark.parametrize(
    ("type_", "resource"),
    [
        ("CHECKOUT.ORDER.APPROVED", {"id": "5O1", "status": "APPROVED"}),
        ("PAYMENT.CAPTURE.COMPLETED", {**CAPTURE, "custom_id": "order-7"}),
        ("PAYMENT.CAPTURE.COMPLETED", {name: value for name, value in CAPTURE.items() if name != "custom_id"}),
        ("PAYMENT.CAPTURE.DENIED", {**CAPTURE, "custom_id": "demo/pay_short"}),
        ("CHECKOUT.ORDER.COMPLETED", ORDER),
        ("BILLING.SUBSCRIPTION.UPDATED", {}),
    ],
)
def test_what_is_none_of_ours_says_nothing(type_: str, resource: Any) -> None:
    assert _read(type_, resource) is None


@pytest.mark.parametrize(
    ("type_", "resource", "at"),
    [
        ("CHECKOUT.ORDER.APPROVED", {**ORDER, "id": "../5O1"}, "2026-11-05T12:00:00Z"),
        ("CHECKOUT.ORDER.APPROVED", ORDER, "2026-11-05T12:00:00"),
        ("CHECKOUT.ORDER.APPROVED", {**ORDER, "purchase_units": "x"}, "2026-11-05T12:00:00Z"),
        ("PAYMENT.CAPTURE.COMPLETED", {**CAPTURE, "amount": {}}, "2026-11-05T12:00:00Z"),
        ("PAYMENT.CAPTURE.COMPLETED", {**CAPTURE, "amount": {**MONEY, "value": 50}}, "2026-11-05T12:00:00Z"),
        ("PAYMENT.CAPTURE.COMPLETED", [], "2026-11-05T12:00:00Z"),
        ("PAYMENT.CAPTURE.REFUNDED", {**MADE, "status": None, "id": 7}, "2026-11-05T12:00:00Z"),
        ("CUSTOMER.DISPUTE.CREATED", {**DISPUTE, "disputed_transactions": []}, "2026-11-05T12:00:00Z"),
        ("CUSTOMER.DISPUTE.CREATED", None, "2026-11-05T12:00:00Z"),
        ("CUSTOMER.DISPUTE.RESOLVED", LOST_FOR_NOTHING, "2026-11-05T12:00:00Z"),
    ],
)
def test_what_is_malformed_is_kept_for_a_person(type_: str, resource: Any, at: str) -> None:
    with pytest.raises(UnreadableEvent):
        _read(type_, resource, at)
