"""Money set aside at Stripe: what is asked, and what each answer is taken for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_provider_event, a_session, created, usd
from tests.unit.adapters.stripe_charge_answers import (
    CANCELLED,
    CREATED,
    DECLINED,
    INTENT,
    NOT_CANCELLED,
    error,
    found,
    made_charges,
    paths,
)
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.checkout.charge_ports import ChargeRequest, Declined, Held
from tollgate.checkout.ports import Closed, Rejected, Unknown
from tollgate.inbox.model import Notice
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Capture, Change, Report, Session

MADE = datetime.fromtimestamp(CREATED, UTC)
HOLD = INTENT | {
    "status": "requires_capture",
    "capture_method": "manual",
    "amount_received": 0,
    "latest_charge": "ch_1",
}
KEPT = Held(Session("pi_1", None, MADE + timedelta(days=7)))
TAKEN = Closed(Report(Fact.CAPTURED, NOW, capture=Capture("pi_1", usd(5_000), NOW)))
LET_GO = Closed(Report(Fact.EXPIRED, NOW, about="pi_1"))
REFUSED = NOT_CANCELLED


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


@pytest.fixture
def charges(server: StripeServer) -> StripeCharges:
    return made_charges(server.url)


def wanted(charges: StripeCharges, *, hold: bool = True) -> str:
    return charges.charge_parameters(a_draft(hold=hold), ChargeRequest({"stripe": "pm_1"}, hold=True))


def test_a_hold_is_captured_by_hand_and_its_charge_says_until_when(charges: StripeCharges) -> None:
    sent, at_once = json.loads(wanted(charges)), json.loads(wanted(charges, hold=False))
    assert sent == at_once | {"capture_method": "manual", "expand": ["latest_charge"]}
    assert "capture_method" not in at_once


@pytest.mark.parametrize(
    ("charge", "until"),
    [
        ({"payment_method_details": {"card": {"capture_before": CREATED + 432_000}}}, timedelta(days=5)),
        ({"payment_method_details": {"card": {}}}, timedelta(days=7)),
        ({"payment_method_details": None}, timedelta(days=7)),
        ("ch_1", timedelta(days=7)),
        (None, timedelta(days=7)),
    ],
)
def test_money_is_set_aside_until_the_charge_says_or_for_a_week(
    server: StripeServer, charges: StripeCharges, charge: Any, until: timedelta
) -> None:
    server.answers = [(200, HOLD | {"latest_charge": charge})]
    assert charges.charge(wanted(charges), "key_1") == Held(Session("pi_1", None, MADE + until))


@pytest.mark.parametrize(
    ("answers", "outcome", "asked"),
    [
        ([(200, INTENT)], TAKEN, 1),
        ([REFUSED, (200, INTENT)], TAKEN, 2),
        ([REFUSED, (200, CANCELLED)], LET_GO, 2),
        ([(200, INTENT | {"status": "processing"})], Closed(Report(Fact.PROCESSING, NOW, about="pi_1")), 1),
        ([error(402, "card_error", code="card_declined"), (200, INTENT)], TAKEN, 2),
        ([error(402, "card_error", code="card_declined"), (200, CANCELLED)], LET_GO, 2),
        (
            [error(402, "card_error", code="card_declined", decline_code="insufficient_funds"), (200, HOLD)],
            Declined(Decline(DeclineClass.SOFT, "insufficient_funds")),
            2,
        ),
        (
            [error(402, "card_error", code="card_declined"), (200, DECLINED)],
            Closed(Report(Fact.DECLINED, NOW, reason="declined", about="pi_1", decline=DeclineClass.HARD)),
            2,
        ),
        ([REFUSED, (200, HOLD)], Unknown("the charge was not captured", told=True), 2),
        ([REFUSED, error(503)], Unknown("APIError 503"), 2),
        ([error(503)], Unknown("APIError 503"), 1),
        ([error(404, "invalid_request_error", code="resource_missing")] * 2, Rejected("resource_missing"), 2),
    ],
)
def test_taking_it_takes_it_or_learns_how_it_ended(
    server: StripeServer, charges: StripeCharges, answers: list[Any], outcome: object, asked: int
) -> None:
    server.answers = answers
    assert charges.capture_charge(a_session("pi_1")) == outcome
    assert paths(server) == ["POST /pi_1/capture", "GET /pi_1"][:asked]


def test_looking_at_it_changes_nothing(server: StripeServer, charges: StripeCharges) -> None:
    server.answers = [(200, HOLD)]
    assert charges.look_at_charge(a_session("pi_1")) == KEPT
    assert paths(server) == ["GET /pi_1"]


def test_a_letting_go_that_was_refused_leaves_it_in_doubt(server: StripeServer, charges: StripeCharges) -> None:
    server.answers = [REFUSED, (200, HOLD)]
    assert charges.cancel_charge(a_session("pi_1")) == Unknown("the charge was not cancelled", told=True)


@pytest.mark.parametrize(("others", "decides"), [((CANCELLED,), True), ((DECLINED,), True), ((INTENT,), False)])
def test_of_several_what_is_set_aside_decides_unless_money_was_taken(
    server: StripeServer, charges: StripeCharges, others: tuple[Any, ...], decides: bool
) -> None:
    server.answers = [found(*others, HOLD), *((200, each) for each in others), (200, HOLD)]
    outcome = charges.resolve(a_draft(hold=True), wanted(charges), "key_1", timedelta(hours=2))
    assert (outcome == KEPT) is decides


@pytest.mark.parametrize(
    ("changes", "fact"),
    [({}, Fact.APPROVED), ({"status": "succeeded"}, None), ({"status": "canceled"}, None), ({"metadata": {}}, None)],
)
def test_its_event_says_that_it_is_set_aside_and_whose_it_is(changes: dict[str, Any], fact: Fact | None) -> None:
    envelope = {"created": CREATED + 9, "data": {"object": HOLD | changes}}
    type_ = "payment_intent.amount_capturable_updated"
    notice = StripeEvents().read(a_provider_event(type=type_, payload=json.dumps(envelope).encode()))
    if fact is None:
        assert notice is None
        return
    assert isinstance(notice, Notice)
    assert (notice.tenant, notice.payment_id, notice.reference) == ("demo", a_draft().id, "pi_1")
    told = Report(Fact.APPROVED, MADE + timedelta(seconds=9), session=KEPT.session, about="pi_1")
    assert notice.report == told


@pytest.mark.parametrize(("after", "why"), [(timedelta(days=7), "expired"), (timedelta(days=6), "automatic")])
def test_its_time_decides_whether_it_has_expired_and_not_the_word_of_its_event(after: timedelta, why: str) -> None:
    ended = HOLD | {"status": "canceled", "cancellation_reason": "automatic"}
    envelope = {"created": CREATED + after.total_seconds(), "data": {"object": ended}}
    payload = json.dumps(envelope).encode()
    notice = StripeEvents().read(a_provider_event(type="payment_intent.canceled", payload=payload))
    assert isinstance(notice, Notice)
    held = created(direct=True, hold=True).payment.apply(
        Report(Fact.APPROVED, NOW, session=KEPT.session, about="pi_1"), NOW
    )
    assert isinstance(held, Change)
    cancelled = held.payment.apply(notice.report, NOW)
    assert isinstance(cancelled, Change)
    assert (cancelled.payment.state, cancelled.payment.reason) == (State.CANCELLED, why)
