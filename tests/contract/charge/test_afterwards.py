"""What becomes of a charge: looked at, cancelled, told by events, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.charge.providers import BACK, Afterwards, Charging, Confirming, Kind, a_sale, charged
from tests.support.builders import usd
from tollgate.checkout.charge_ports import OnItsWay, Taken
from tollgate.checkout.ports import Closed, Opened, StillOpen
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session

# The mock keeps nothing that could be looked at.
keeping = pytest.mark.parametrize("provider", ["books", "stripe", "square"], indirect=True)
# At Square a buyer has confirmed before there is a token.
waiting = pytest.mark.parametrize("provider", ["books", "mock", "stripe"], indirect=True)
confirming = pytest.mark.parametrize("provider", ["books", "stripe"], indirect=True)


def _challenged(provider: Charging, payment: Payment) -> Session:
    outcome = charged(provider, payment, "challenge", back=BACK)
    assert isinstance(outcome, Opened)
    return outcome.session


def _under_way(provider: Charging, payment: Payment) -> Session:
    outcome = charged(provider, payment, "processing")
    assert isinstance(outcome, OnItsWay)
    return outcome.session


def _looked(provider: Charging, session: Session) -> Report:
    outcome = provider.adapter.look_at_charge(session)
    assert isinstance(outcome, Closed)
    return outcome.report


def _cancelled(provider: Charging, session: Session) -> Report:
    outcome = provider.adapter.cancel_charge(session)
    assert isinstance(outcome, Closed)
    return outcome.report


@waiting
def test_what_waits_for_its_buyer_is_open_and_takes_nothing_once_it_is_cancelled(provider: Charging) -> None:
    payment = a_sale(provider)
    session = _challenged(provider, payment)
    assert isinstance(provider.adapter.look_at_charge(session), StillOpen)
    for _ in range(2):
        report = _cancelled(provider, session)
        assert (report.fact, report.about) == (Fact.EXPIRED, session.reference)
    assert provider.taken(payment) == []


@confirming
def test_what_was_cancelled_can_be_confirmed_no_more(provider: Confirming) -> None:
    payment = a_sale(provider)
    session = _challenged(provider, payment)
    _cancelled(provider, session)
    assert _looked(provider, session).fact is Fact.EXPIRED
    with pytest.raises(AssertionError):
        provider.confirm(session, passed=True)
    assert provider.taken(payment) == []


@confirming
def test_what_was_confirmed_is_taken_under_the_reference_that_was_told(provider: Confirming) -> None:
    payment = a_sale(provider)
    session = _challenged(provider, payment)
    provider.confirm(session, passed=True)
    for report in (_looked(provider, session), _cancelled(provider, session)):
        assert report.capture is not None
        assert (report.capture.reference, report.capture.amount) == (session.reference, usd(5_000))
    assert len(provider.taken(payment)) == 1


@confirming
def test_a_buyer_who_fails_to_confirm_is_declined(provider: Confirming) -> None:
    payment = a_sale(provider)
    session = _challenged(provider, payment)
    provider.confirm(session, passed=False)
    report = _looked(provider, session)
    assert (report.fact, report.about) == (Fact.DECLINED, session.reference)
    assert provider.taken(payment) == []
    assert _cancelled(provider, session).capture is None


@keeping
@pytest.mark.parametrize("succeeded", [True, False])
def test_what_is_on_its_way_is_so_until_it_ends(provider: Afterwards, succeeded: bool) -> None:
    payment = a_sale(provider)
    session = _under_way(provider, payment)
    assert _looked(provider, session).fact is Fact.PROCESSING
    provider.settle(session, succeeded=succeeded)
    assert _looked(provider, session).fact is (Fact.CAPTURED if succeeded else Fact.DECLINED)
    assert len(provider.taken(payment)) == succeeded


@keeping
@pytest.mark.parametrize(
    ("kind", "fact"), [("ok", Fact.CAPTURED), ("soft", Fact.DECLINED), ("processing", Fact.PROCESSING)]
)
def test_its_events_lead_to_the_payment_and_say_what_happened(provider: Afterwards, kind: Kind, fact: Fact) -> None:
    payment = a_sale(provider)
    outcome = charged(provider, payment, kind)
    notice = provider.told(fact)
    assert (notice.tenant, notice.payment_id) == (payment.tenant, payment.id)
    if isinstance(outcome, Taken):
        assert notice.report.capture is not None
        assert notice.report.capture.reference == outcome.capture.reference
        assert notice.report.capture.amount == outcome.capture.amount
    if isinstance(outcome, OnItsWay):
        assert notice.reference == outcome.session.reference


@confirming
def test_a_cancellation_is_told(provider: Confirming) -> None:
    payment = a_sale(provider)
    session = _challenged(provider, payment)
    _cancelled(provider, session)
    notice = provider.told(Fact.CANCELLED)
    assert (notice.payment_id, notice.reference, notice.report.capture) == (payment.id, session.reference, None)


@keeping
def test_what_was_taken_is_given_back_like_any_sale(provider: Afterwards) -> None:
    payment = a_sale(provider)
    outcome = charged(provider, payment)
    assert isinstance(outcome, Taken)
    paid = replace(payment, captures=(outcome.capture,))
    provider.give_back(paid, 2_000)
    notice = provider.told(Fact.REFUND)
    assert notice.report.refund is not None
    assert (notice.payment_id, notice.report.refund.amount) == (payment.id, usd(2_000))
    assert provider.clock.now() - outcome.capture.at < timedelta(minutes=5)
