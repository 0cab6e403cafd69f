"""Stripe's events in our words, in old and new shapes; what is malformed is set aside, never guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.builders import a_provider_event, usd
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.inbox.model import Notice
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.ids import derived
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture
from tollgate.payouts.notices import PayoutNotice
from tollgate.subscriptions.notices import SubscriptionNotice

CREATED = 1_800_000_000
AT = datetime.fromtimestamp(CREATED, UTC)
PAYMENT_ID = derived("pay", "demo", "1")
METADATA = {"tollgate_tenant": "demo", "tollgate_payment": PAYMENT_ID}
SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "mode": "payment",
    "status": "complete",
    "payment_status": "paid",
    "payment_intent": "pi_1",
    "amount_total": 5000,
    "currency": "usd",
    "client_reference_id": PAYMENT_ID,
    "metadata": METADATA,
}
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 5000,
    "amount_received": 5000,
    "currency": "usd",
    "metadata": METADATA,
}
EVERY_TYPE = [
    ("checkout.session.completed", SESSION),
    ("checkout.session.async_payment_succeeded", SESSION),
    ("checkout.session.async_payment_failed", SESSION),
    ("checkout.session.expired", SESSION | {"status": "expired"}),
    ("payment_intent.succeeded", INTENT),
    ("payment_intent.processing", INTENT),
    ("payment_intent.payment_failed", INTENT),
    ("payment_intent.canceled", INTENT),
]


def read(type_: str, subject: Any, **envelope: Any) -> Notice | SubscriptionNotice | None:
    told = {"id": "evt_1", "object": "event", "created": CREATED, "type": type_, "data": {"object": subject}} | envelope
    notice = StripeEvents().read(a_provider_event(type=type_, payload=json.dumps(told).encode()))
    assert not isinstance(notice, PayoutNotice)
    return notice


def understood(type_: str, subject: Any) -> Notice:
    notice = read(type_, subject)
    assert isinstance(notice, Notice)
    return notice


@pytest.mark.parametrize(
    "type_", ["checkout.session.completed", "checkout.session.async_payment_succeeded", "payment_intent.succeeded"]
)
def test_paid_is_a_capture_by_the_intent_whoever_tells(type_: str) -> None:
    subject = INTENT if type_.startswith("payment_intent") else SESSION
    report = understood(type_, subject).report
    assert (report.fact, report.at, report.capture) == (Fact.CAPTURED, AT, Capture("pi_1", usd(5000), AT))


def test_what_was_received_counts_and_not_what_was_asked() -> None:
    report = understood("payment_intent.succeeded", INTENT | {"amount_received": 4000}).report
    assert report.capture == Capture("pi_1", usd(4000), AT)


def test_an_expanded_intent_is_the_same_intent() -> None:
    report = understood("checkout.session.completed", SESSION | {"payment_intent": INTENT}).report
    assert report.capture == Capture("pi_1", usd(5000), AT)


@pytest.mark.parametrize(
    ("type_", "subject", "fact", "reason"),
    [
        ("checkout.session.completed", SESSION | {"payment_status": "unpaid"}, Fact.PROCESSING, None),
        ("checkout.session.async_payment_failed", SESSION, Fact.FAILED, "async_payment_failed"),
        ("checkout.session.expired", SESSION | {"status": "expired"}, Fact.EXPIRED, None),
        ("payment_intent.processing", INTENT, Fact.PROCESSING, None),
        ("payment_intent.payment_failed", INTENT, Fact.DECLINED, "declined"),
        ("payment_intent.payment_failed", INTENT | {"last_payment_error": None}, Fact.DECLINED, "declined"),
        (
            "payment_intent.payment_failed",
            INTENT | {"last_payment_error": {"code": "expired_card"}},
            Fact.DECLINED,
            "expired_card",
        ),
        ("payment_intent.canceled", INTENT, Fact.CANCELLED, "provider"),
        ("payment_intent.canceled", INTENT | {"cancellation_reason": "abandoned"}, Fact.CANCELLED, "abandoned"),
    ],
)
def test_other_events_say_what_they_say(type_: str, subject: Any, fact: Fact, reason: str | None) -> None:
    report = understood(type_, subject).report
    assert (report.fact, report.reason, report.capture, report.at) == (fact, reason, None, AT)


def test_nobody_reads_in_our_events_that_a_card_was_stolen() -> None:
    error = {"code": "card_declined", "decline_code": "stolen_card", "message": "Your card was stolen."}
    assert understood("payment_intent.payment_failed", INTENT | {"last_payment_error": error}).report.reason == (
        "card_declined"
    )


@pytest.mark.parametrize(("type_", "subject"), EVERY_TYPE)
def test_the_payment_is_named_by_what_stripe_echoes(type_: str, subject: Any) -> None:
    notice = understood(type_, subject)
    assert (notice.tenant, notice.payment_id, notice.reference) == ("demo", PAYMENT_ID, subject["id"])


@pytest.mark.parametrize(("type_", "subject"), EVERY_TYPE)
def test_what_a_session_says_of_itself_is_about_that_session(type_: str, subject: Any) -> None:
    report = understood(type_, subject).report
    of_session = type_.startswith("checkout") and report.fact is not Fact.CAPTURED
    assert report.about == ("cs_1" if of_session else None)


@pytest.mark.parametrize("metadata", [None, {}])
def test_without_metadata_the_reference_of_the_client_remains(metadata: Any) -> None:
    notice = understood("checkout.session.completed", SESSION | {"metadata": metadata})
    assert (notice.tenant, notice.payment_id, notice.reference) == (None, PAYMENT_ID, "cs_1")


def test_somebody_elses_sale_on_the_same_account_says_nothing_to_us() -> None:
    assert (
        read("payment_intent.succeeded", {name: value for name, value in INTENT.items() if name != "metadata"}) is None
    )
    foreign = SESSION | {"metadata": {"order": "7"}, "client_reference_id": None}
    assert read("checkout.session.completed", foreign) is None


@pytest.mark.parametrize(("type_", "subject"), EVERY_TYPE)
def test_what_a_connected_account_sells_confirms_nothing_of_ours(type_: str, subject: Any) -> None:
    """Its owner writes what they like into the metadata of their own charges, our payment's id too."""
    assert read(type_, subject, account="acct_seller") is None
    assert read(type_, subject, account=None) is not None


@pytest.mark.parametrize("type_", ["refund.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"])
def test_what_goes_back_at_a_connected_account_takes_nothing_of_ours(type_: str) -> None:
    assert read(type_, {"id": "re_1", "metadata": METADATA, "payment_intent": "pi_1"}, account="acct_seller") is None


@pytest.mark.parametrize("mode", ["subscription", "setup", "of the future"])
@pytest.mark.parametrize("type_", [type_ for type_, _ in EVERY_TYPE if type_.startswith("checkout")])
def test_sessions_that_are_no_one_time_payment_say_nothing_to_us(type_: str, mode: str) -> None:
    assert read(type_, SESSION | {"mode": mode, "payment_intent": None, "subscription": "sub_1"}) is None


@pytest.mark.parametrize(
    "type_", ["charge.succeeded", "payment_intent.created", "invoice.upcoming", "customer.created", "of.the.future"]
)
def test_other_types_say_nothing_to_us_whatever_they_hold(type_: str) -> None:
    assert read(type_, {}) is None
    assert read(type_, None, data=None, created=None) is None


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        *((type_, "id") for type_, _ in EVERY_TYPE),
        *((type_, "mode") for type_, _ in EVERY_TYPE if type_.startswith("checkout")),
        ("checkout.session.completed", "status"),
        ("checkout.session.completed", "payment_status"),
        ("checkout.session.completed", "amount_total"),
        ("checkout.session.completed", "currency"),
        ("payment_intent.succeeded", "amount_received"),
        ("payment_intent.succeeded", "currency"),
    ],
)
def test_a_missing_field_makes_an_event_unreadable(type_: str, field: str) -> None:
    subject = dict(EVERY_TYPE)[type_]
    with pytest.raises(UnreadableEvent):
        read(type_, {name: value for name, value in subject.items() if name != field})


@pytest.mark.parametrize(
    "fields",
    [
        {"amount_received": "5000"},
        {"amount_received": 50.5},
        {"amount_received": None},
        {"amount_received": 10**20},
        {"currency": "xxx"},
        {"currency": None},
        {"currency": "isk", "amount_received": 550},
        {"metadata": ["not", "a", "map"]},
        {"metadata": {"tollgate_tenant": "demo", "tollgate_payment": 7}},
        {"metadata": {"tollgate_tenant": ["demo"], "tollgate_payment": PAYMENT_ID}},
        {"id": 7},
        {"id": ["pi_1"]},
    ],
)
def test_a_field_of_the_wrong_kind_makes_an_event_unreadable(fields: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent):
        read("payment_intent.succeeded", INTENT | fields)


@pytest.mark.parametrize(
    "envelope",
    [
        {"created": None},
        {"created": "yesterday"},
        {"created": 10**18},
        {"created": -(10**18)},
        {"created": 1e300},
        {"data": None},
        {"data": {}},
        {"data": {"object": None}},
        {"data": {"object": "pi_1"}},
        {"data": {"object": []}},
        {"data": []},
    ],
)
@pytest.mark.parametrize("type_", ["checkout.session.completed", "payment_intent.processing"])
def test_a_malformed_envelope_is_unreadable(type_: str, envelope: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent):
        read(type_, INTENT, **envelope)


@pytest.mark.parametrize("error", ["card_declined", ["x"], {"code": ["x"]}, {"code": 5}])
def test_a_malformed_error_is_unreadable_or_plainly_declined(error: Any) -> None:
    try:
        notice = understood("payment_intent.payment_failed", INTENT | {"last_payment_error": error})
    except UnreadableEvent:
        return
    assert isinstance(notice.report.reason, str)


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'"x"', b"\xff\xfe", b"{", b"7"])
def test_what_is_no_event_at_all_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        StripeEvents().read(a_provider_event(payload=payload))


def test_the_error_names_the_event_and_repeats_nothing_of_it() -> None:
    with pytest.raises(UnreadableEvent) as caught:
        read("payment_intent.succeeded", INTENT | {"currency": "zoe@example.com"})
    assert str(caught.value).startswith("stripe event evt_1 (payment_intent.succeeded)")
    assert "zoe" not in str(caught.value)
