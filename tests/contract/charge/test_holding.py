"""A hold: set aside once, then taken or let go, and never both, whatever is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.charge.at_square import AtSquare
from tests.contract.charge.providers import (
    BACK,
    FAULTS,
    Afterwards,
    Charging,
    Confirming,
    Fault,
    Kind,
    a_sale,
    gist_of,
    key_of,
)
from tests.simulators.world import wait_until
from tests.support.builders import usd
from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeRequest,
    Declined,
    Held,
    NeverMade,
    ResolveOutcome,
    Taken,
)
from tollgate.checkout.ports import Closed, Opened, Unknown
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session

holding = pytest.mark.parametrize("provider", ["books", "stripe", "square"], indirect=True)
# At Square a buyer has confirmed before there is a token.
confirming = pytest.mark.parametrize("provider", ["books", "stripe"], indirect=True)
WEEK = timedelta(days=7)


def _sale(provider: Charging) -> Payment:
    return replace(a_sale(provider), hold=True)


def _parameters(provider: Charging, payment: Payment, kind: Kind, back: str | None) -> str:
    request = ChargeRequest({provider.name: provider.source_for(kind)}, return_url=back, hold=True)
    return provider.adapter.charge_parameters(payment, request)


def _charged(provider: Charging, payment: Payment, kind: Kind = "ok", back: str | None = None) -> ChargeOutcome:
    return provider.adapter.charge(_parameters(provider, payment, kind, back), key_of(payment))


def _resolved(provider: Charging, payment: Payment) -> ResolveOutcome:
    wanted, age = _parameters(provider, payment, "ok", None), provider.clock.now() - payment.created_at
    return provider.adapter.resolve(payment, wanted, key_of(payment), age)


def _held(provider: Charging, payment: Payment) -> Session:
    outcome = _charged(provider, payment)
    assert isinstance(outcome, Held)
    return outcome.session


def _captured(provider: Charging, session: Session) -> Report:
    outcome = provider.adapter.capture_charge(session)
    assert isinstance(outcome, Closed)
    return outcome.report


def _let_go(provider: Charging, session: Session) -> Report:
    outcome = provider.adapter.cancel_charge(session)
    assert isinstance(outcome, Closed)
    return outcome.report


def _is_held(provider: Charging, session: Session) -> bool:
    seen = provider.adapter.look_at_charge(session)
    return isinstance(seen, Held) and seen.session == session


@pytest.mark.parametrize("provider", ["mock"], indirect=True)
def test_what_keeps_nothing_holds_nothing(provider: Charging) -> None:
    assert not provider.adapter.holds
    with pytest.raises(NotImplementedError):
        provider.adapter.capture_charge(Session("mock", None, provider.clock.now()))


@holding
def test_money_is_set_aside_once_and_for_days(provider: Charging) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    assert (session, session.url) == (_held(provider, payment), None)
    assert abs(session.expires_at - provider.clock.now() - WEEK) < timedelta(minutes=1)
    assert _is_held(provider, session)
    assert provider.taken(payment) == []


@holding
def test_it_is_taken_once_however_often_it_is_asked_for(provider: Charging) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    for _ in range(2):
        report = _captured(provider, session)
        assert report.capture is not None
        assert (report.capture.reference, report.capture.amount) == (session.reference, usd(5_000))
    assert len(provider.taken(payment)) == 1


@holding
def test_what_was_let_go_is_not_taken(provider: Charging) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    for report in (_let_go(provider, session), _let_go(provider, session), _captured(provider, session)):
        assert (report.fact, report.about) == (Fact.EXPIRED, session.reference)
    assert provider.taken(payment) == []


@holding
def test_what_was_taken_is_not_let_go(provider: Charging) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    taken = _captured(provider, session).capture
    assert taken is not None
    for report in (_let_go(provider, session), _captured(provider, session)):
        assert report.capture is not None
        assert report.capture.reference == taken.reference
    assert len(provider.taken(payment)) == 1


@holding
@pytest.mark.parametrize("take", [True, False])
def test_whoever_looks_sees_what_has_become_of_it(provider: Charging, take: bool) -> None:
    session = _held(provider, _sale(provider))
    told = _captured(provider, session) if take else _let_go(provider, session)
    seen = provider.adapter.look_at_charge(session)
    assert isinstance(seen, Closed)
    assert seen.report.fact is told.fact


@holding
@pytest.mark.parametrize("fault", FAULTS)
def test_a_taking_whose_answer_was_lost_is_asked_for_again(provider: Afterwards, fault: Fault) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    provider.fault(fault)
    assert isinstance(provider.adapter.capture_charge(session), Unknown)
    assert _captured(provider, session).capture is not None
    assert len(provider.taken(payment)) == 1


@holding
@pytest.mark.parametrize("fault", FAULTS)
def test_a_letting_go_whose_answer_was_lost_is_asked_for_again(provider: Afterwards, fault: Fault) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    provider.fault(fault)
    assert isinstance(provider.adapter.cancel_charge(session), Unknown)
    assert _let_go(provider, session).fact is Fact.EXPIRED
    assert provider.taken(payment) == []


@holding
@pytest.mark.parametrize("fault", FAULTS)
def test_a_hold_whose_answer_was_lost_is_found_or_surely_was_not_made(provider: Afterwards, fault: Fault) -> None:
    payment = _sale(provider)
    provider.fault(fault)
    assert isinstance(_charged(provider, payment), Unknown)
    provider.advance(minutes=24 * 60)
    outcome = _resolved(provider, payment)
    if fault in ("answer lost", "500 after the work"):
        assert isinstance(outcome, Held)
        assert _is_held(provider, outcome.session)
    else:
        assert outcome == NeverMade()
    assert provider.taken(payment) == []


@holding
@pytest.mark.parametrize("fault", FAULTS)
def test_asking_again_under_the_same_key_sets_aside_no_second_time(provider: Afterwards, fault: Fault) -> None:
    payment = _sale(provider)
    provider.fault(fault)
    outcomes = [_charged(provider, payment) for _ in range(3)]
    held = {each.session.reference for each in outcomes if isinstance(each, Held)}
    assert len(held) <= 1
    assert all(isinstance(each, Held | Unknown) for each in outcomes)


@holding
def test_whoever_asks_about_it_does_not_let_go_of_it(provider: Charging) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    for minutes in (2, 10, 120):
        provider.advance(minutes=minutes)
        assert _resolved(provider, payment) == Held(session)
    assert _is_held(provider, session)
    taken = _captured(provider, session).capture
    assert taken is not None
    outcome = _resolved(provider, payment)
    assert isinstance(outcome, Taken)
    assert outcome.capture.reference == taken.reference


@holding
@pytest.mark.parametrize("kind", ["soft", "hard", "fix_input", "challenge"])
def test_a_decline_sets_nothing_aside(provider: Charging, kind: Kind) -> None:
    payment = _sale(provider)
    outcome = _charged(provider, payment, kind)
    assert isinstance(outcome, Declined)
    assert gist_of(outcome) == gist_of(_charged(provider, payment, kind))


@holding
def test_its_events_lead_to_the_payment_and_say_the_same(provider: Afterwards) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    notice = provider.told(Fact.APPROVED)
    assert (notice.tenant, notice.payment_id, notice.reference) == (payment.tenant, payment.id, session.reference)
    assert (notice.report.session, notice.report.about) == (session, session.reference)
    _captured(provider, session)
    taken = provider.told(Fact.CAPTURED)
    assert taken.report.capture is not None
    assert (taken.payment_id, taken.report.capture.reference) == (payment.id, session.reference)


@holding
def test_an_event_says_that_it_was_let_go(provider: Afterwards) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    _let_go(provider, session)
    notice = provider.told(Fact.CANCELLED)
    assert (notice.payment_id, notice.reference, notice.report.capture) == (payment.id, session.reference, None)


@holding
def test_what_nobody_takes_in_time_is_let_go(provider: Afterwards) -> None:
    payment = _sale(provider)
    session = _held(provider, payment)
    provider.advance(minutes=7 * 24 * 60 + 1)
    wait_until(lambda: not _is_held(provider, session), "it lapses")
    for report in (_captured(provider, session), _let_go(provider, session)):
        assert report.fact is Fact.EXPIRED
    assert provider.told(Fact.CANCELLED).payment_id == payment.id
    assert provider.taken(payment) == []


@confirming
def test_what_a_buyer_confirms_is_set_aside_for_longer_than_the_page_lives(provider: Confirming) -> None:
    payment = _sale(provider)
    page = _charged(provider, payment, "challenge", BACK)
    assert isinstance(page, Opened)
    provider.confirm(page.session, passed=True)
    seen = provider.adapter.look_at_charge(page.session)
    assert isinstance(seen, Held)
    assert (seen.session.reference, seen.session.url) == (page.session.reference, None)
    assert seen.session.expires_at - page.session.expires_at > timedelta(days=6)
    assert provider.told(Fact.APPROVED).report.session == seen.session
    assert _captured(provider, seen.session).capture is not None


@pytest.mark.parametrize("provider", ["square"], indirect=True)
def test_what_the_bank_will_not_pay_after_all_is_declined_and_can_be_let_go(provider: AtSquare) -> None:
    payment = _sale(provider)
    request = ChargeRequest({"square": "cnon:card-nonce-declined-later"}, hold=True)
    outcome = provider.adapter.charge(provider.adapter.charge_parameters(payment, request), key_of(payment))
    assert isinstance(outcome, Held)
    declined = provider.adapter.capture_charge(outcome.session)
    assert isinstance(declined, Declined)
    assert declined.decline.code == "card_declined"
    assert _let_go(provider, outcome.session).fact is Fact.EXPIRED
