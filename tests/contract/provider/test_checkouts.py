"""Hosted pages: one per key, found, looked at, closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contract.provider.providers import EVERYWHERE, LISTING, PAGES, AnyProvider, Provider, a_sale, opened, paid
from tests.support.builders import usd
from tollgate.checkout.ports import Closed, Opened, Rejected, StillOpen
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Session
from tollgate.payments.ports import PaymentKey


def test_the_same_key_is_the_same_page(provider: Provider) -> None:
    payment = a_sale(provider)
    assert opened(provider, payment) == opened(provider, payment)
    assert opened(provider, payment, "key_2") != opened(provider, payment)


@LISTING
def test_other_parameters_under_a_key_are_refused(provider: Provider) -> None:
    opened(provider, a_sale(provider))
    other = provider.checkouts.parameters(a_sale(provider, 7_000), PAGES)
    assert isinstance(provider.checkouts.open(other, "key_1"), Rejected)


def test_a_key_is_forgotten_after_a_day(provider: Provider) -> None:
    payment = a_sale(provider)
    first = opened(provider, payment)
    provider.advance(timedelta(hours=24, minutes=1))
    assert opened(provider, payment) != first


@EVERYWHERE
def test_a_page_is_open_until_somebody_pays_and_then_says_how_much(provider: AnyProvider) -> None:
    session = opened(provider, a_sale(provider))
    assert isinstance(provider.checkouts.look(session), StillOpen)
    provider.pay(session)
    for outcome in (provider.checkouts.look(session), provider.checkouts.close(session)):
        assert isinstance(outcome, Closed)
        assert outcome.report.capture is not None
        assert (outcome.report.fact, outcome.report.capture.amount) == (Fact.CAPTURED, usd(5_000))


def test_a_payment_that_takes_days_is_on_its_way_until_it_fails(provider: Provider) -> None:
    """Also to who asks, since the event of it may be lost."""
    session = opened(provider, a_sale(provider))
    provider.promise(session)
    assert _fact(provider, session) is Fact.PROCESSING
    provider.break_promise(session)
    assert _fact(provider, session) is Fact.FAILED


def _fact(provider: Provider, session: Session) -> Fact:
    looked, closed = provider.checkouts.look(session), provider.checkouts.close(session)
    assert isinstance(looked, Closed)
    assert isinstance(closed, Closed)
    assert looked.report.fact is closed.report.fact
    return looked.report.fact


def test_a_page_that_is_closed_cannot_be_paid_and_closing_it_twice_is_fine(provider: Provider) -> None:
    session = opened(provider, a_sale(provider))
    for outcome in (provider.checkouts.close(session), provider.checkouts.close(session)):
        assert isinstance(outcome, Closed)
        assert (outcome.report.fact, outcome.report.about) == (Fact.EXPIRED, session.reference)


@pytest.mark.parametrize("provider", ["books", "stripe"], indirect=True)
def test_a_page_ends_by_itself(provider: Provider) -> None:
    session = opened(provider, a_sale(provider))
    assert session.expires_at > provider.clock.now() + timedelta(hours=23)
    provider.advance(timedelta(hours=25))
    told = dict(provider.told("checkout.session.expired"))
    assert "checkout.session.expired" in told
    assert isinstance(provider.checkouts.look(session), Closed)


@LISTING
def test_pages_are_listed_with_our_echo(provider: Provider) -> None:
    payment = a_sale(provider)
    session, now = opened(provider, payment), provider.clock.now()
    (seen,) = provider.checkouts.list_sessions(now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert (seen.session.reference, seen.tenant, seen.payment_id) == (session.reference, payment.tenant, payment.id)
    assert seen.report is None
    assert list(provider.checkouts.list_sessions(now + timedelta(hours=1), now + timedelta(hours=2))) == []
    provider.pay(session)
    (seen,) = provider.checkouts.list_sessions(now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert seen.report is not None
    assert seen.report.capture is not None
    assert seen.report.capture.amount == usd(5_000)


@EVERYWHERE
def test_a_charge_tells_whose_it_is(provider: AnyProvider) -> None:
    payment = paid(provider, a_sale(provider))
    assert provider.owner_of(payment.captures[0].reference) == PaymentKey(payment.tenant, payment.id)
    assert provider.owner_of("pi_unheard_of") is None


@EVERYWHERE
def test_what_was_opened_is_what_is_declared(provider: AnyProvider) -> None:
    """The same shapes, whoever answers."""
    payment = a_sale(provider)
    outcome = provider.checkouts.open(provider.checkouts.parameters(payment, PAGES), "key_1")
    assert isinstance(outcome, Opened)
    assert outcome.session.url is not None
    (method,) = provider.checkouts.offer.methods
    assert provider.checkouts.offer.takes(method, "USD")
