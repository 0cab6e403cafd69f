"""What PayPal's webhooks of subscriptions and sales are read as."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import a_provider_event, usd
from tests.unit.subscriptions.telling import PAYMENT, SECOND, START, SUBSCRIPTION
from tests.unit.subscriptions.telling_at_paypal import AGREEMENT, ECHO, Known, a_sale, an_agreement, failing, written
from tollgate.adapters.providers.paypal.webhooks import PayPalEvents
from tollgate.inbox.model import Notice
from tollgate.inbox.ports import UnreadableEvent
from tollgate.payments.disputes import DisputeState
from tollgate.payments.refunds import RefundState
from tollgate.subscriptions.notices import SubscriptionNotice
from tollgate.subscriptions.reports import Charged, Ending

BILLING, DAY = "BILLING.SUBSCRIPTION.", timedelta(days=1)


def _read(type_: str, resource: Any, known: Known | None = None) -> Any:
    payload = json.dumps({"create_time": written(START), "event_type": type_, "resource": resource}).encode()
    event = a_provider_event(provider="paypal", type=type_, payload=payload)
    return PayPalEvents((lambda: known) if known else None).read(event)


@pytest.mark.parametrize(
    ("name", "resource", "fact"),
    [
        ("ACTIVATED", an_agreement(), Ending(START, ends=False, paused=False)),
        ("ACTIVATED", an_agreement(at=START + 3 * DAY, trial=True), Ending(START + 3 * DAY, ends=False, paused=False)),
        ("RE-ACTIVATED", an_agreement(at=SECOND), Ending(SECOND, ends=False, paused=False)),
        ("SUSPENDED", an_agreement("SUSPENDED", SECOND), Ending(SECOND, ends=False, paused=True)),
        ("SUSPENDED", an_agreement("SUSPENDED", SECOND, failed_payments_count=2), Ending(SECOND, ends=False)),
        ("CANCELLED", an_agreement("CANCELLED", SECOND), Ending(SECOND, ends=True)),
        ("EXPIRED", an_agreement("EXPIRED", SECOND), Ending(SECOND, ends=True)),
    ],
)
def test_how_it_stands_is_read_from_its_status_and_since_when(name: str, resource: Any, fact: Ending) -> None:
    assert _read(f"{BILLING}{name}", resource) == SubscriptionNotice("demo", SUBSCRIPTION, AGREEMENT, fact)


def test_without_our_mark_it_is_known_by_its_id_and_without_a_time_by_that_of_the_event() -> None:
    told = an_agreement("CANCELLED", SECOND)
    bare = {name: told[name] for name in ("id", "status")}
    notice = _read(f"{BILLING}CANCELLED", bare)
    assert notice == SubscriptionNotice(None, None, AGREEMENT, Ending(START, ends=True))


def test_an_activation_begins_a_trial_with_nothing() -> None:
    notice = _read(f"{BILLING}ACTIVATED", an_agreement(trial=True))
    assert isinstance(notice, Notice)
    capture, billing = notice.report.capture, notice.report.billing
    assert capture is not None
    assert billing is not None
    assert (notice.tenant, notice.payment_id, billing.reference) == ("demo", PAYMENT, AGREEMENT)
    assert (capture.amount, capture.at) == (usd(0), START)


def test_a_failure_is_a_try_by_its_time_and_asked_for_where_it_is_left_out() -> None:
    type_, known = f"{BILLING}PAYMENT.FAILED", Known(failing(SECOND))
    told, asked = _read(type_, failing(SECOND)), _read(type_, an_agreement(), known)
    assert told == asked
    assert told.fact.transaction == f"{AGREEMENT}.failed.{int(SECOND.timestamp())}"
    assert (told.fact.amount, told.fact.at, told.fact.period) == (usd(3_999), SECOND, None)
    assert _read(type_, an_agreement(), Known(an_agreement())) is None
    assert known.asked == [AGREEMENT]


def test_a_sale_begins_or_pays_a_later_period_as_its_time_says() -> None:
    known = Known(an_agreement())
    first = _read("PAYMENT.SALE.COMPLETED", a_sale("1S1", START), known)
    assert isinstance(first, Notice)
    assert first.report.capture is not None
    assert (first.tenant, first.payment_id, first.report.capture.reference) == ("demo", PAYMENT, "1S1")
    later = _read("PAYMENT.SALE.COMPLETED", a_sale("1S2", SECOND), known)
    assert later == SubscriptionNotice("demo", SUBSCRIPTION, AGREEMENT, Charged("1S2", usd(3_999), None, SECOND))
    after_trial = _read("PAYMENT.SALE.COMPLETED", a_sale("1S1", START + 3 * DAY), Known(an_agreement(trial=True)))
    assert isinstance(after_trial, SubscriptionNotice)


@pytest.mark.parametrize(
    ("sale", "known"),
    [
        (a_sale("1S1", START, billing_agreement_id=None), None),
        (a_sale("1S1", START, state="pending"), None),
        (a_sale("1S1", START), Known()),
        (a_sale("1S1", START), Known(an_agreement() | {"custom_id": "theirs"})),
        (a_sale("1S1", START), Known(an_agreement() | {"custom_id": f"demo/{PAYMENT}"})),
    ],
)
def test_what_others_sell_and_what_is_on_its_way_says_nothing(sale: Any, known: Known | None) -> None:
    assert _read("PAYMENT.SALE.COMPLETED", sale, known) is None


@pytest.mark.parametrize(
    "named", [{"sale_id": "1S1"}, {"links": [{"rel": "sale", "href": "https://x/v1/payments/sale/1S1"}]}]
)
def test_what_goes_back_is_known_by_its_sale(named: Any) -> None:
    gone = {"id": "1R1", "state": "completed", "amount": {"total": "-10.00", "currency": "USD"}, **named}
    refund = _read("PAYMENT.SALE.REFUNDED", gone)
    report = refund.report.refund
    assert (refund.tenant, refund.payment_id, refund.reference) == (None, None, "1S1")
    assert (report.state, report.id, report.amount, report.unnamed) == (RefundState.SUCCEEDED, None, usd(1_000), True)
    reversal = _read("PAYMENT.SALE.REVERSED", gone)
    lost = reversal.report.dispute
    assert (lost.state, lost.amount, lost.capture, lost.reversal) == (DisputeState.LOST, usd(1_000), "1S1", True)
    assert reversal.first is not None


@pytest.mark.parametrize(
    ("type_", "resource"),
    [
        (f"{BILLING}CANCELLED", {}),
        (f"{BILLING}CANCELLED", {"id": "../I-1", "status": "CANCELLED"}),
        ("PAYMENT.SALE.COMPLETED", a_sale("1S1", START, total="x")),
        ("PAYMENT.SALE.REFUNDED", {"id": "1R1", "state": "completed", "amount": {"total": "-1", "currency": "USD"}}),
    ],
)
def test_what_cannot_be_read_is_for_a_person(type_: str, resource: Any) -> None:
    with pytest.raises(UnreadableEvent):
        _read(type_, resource, Known(an_agreement()))


def test_a_capture_of_a_subscription_says_nothing_and_a_dispute_is_known_by_its_sale() -> None:
    """Every period repeats the payment of the first."""
    money = {"currency_code": "USD", "value": "39.99"}
    assert (
        _read("PAYMENT.CAPTURE.COMPLETED", {"id": "1S2", "status": "COMPLETED", "amount": money, "custom_id": ECHO})
        is None
    )
    about = {"seller_transaction_id": "1S2", "custom": ECHO}
    dispute = {"dispute_id": "PP-1", "status": "OPEN", "dispute_amount": money, "disputed_transactions": [about]}
    notice = _read("CUSTOMER.DISPUTE.CREATED", dispute)
    assert (notice.payment_id, notice.reference) == (None, "1S2")
    refund: dict[str, Any] = {"id": "1R1", "status": "COMPLETED", "amount": money, "custom_id": ECHO}
    refund |= {"links": [{"rel": "up", "href": "https://x/v2/payments/captures/1S2"}]}
    told = _read("PAYMENT.CAPTURE.REFUNDED", refund)
    assert replace(told, report=None) == Notice(None, None, None, "1S2", None)  # type: ignore[arg-type]
    assert told.report.refund.id is None
