"""A provider that leaves the capture to us, and what it promises beyond what all of them do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.contract.provider.at_paypal import AtPayPal
from tests.contract.provider.providers import AT_PAYPAL, a_refund, a_sale, opened, paid
from tests.support.builders import usd
from tollgate.checkout.ports import Approved, Closed, Declined, Replay, StillOpen
from tollgate.payments.lifecycle import Fact
from tollgate.refunds.ports import Answered, PaidOut

pytestmark = AT_PAYPAL


def test_what_is_approved_is_not_paid_until_it_is_captured_once(provider: AtPayPal) -> None:
    session = opened(provider, a_sale(provider))
    assert isinstance(provider.checkouts.look(session), StillOpen)
    provider.approve(session)
    assert (provider.checkouts.look(session), provider.checkouts.close(session)) == (Approved(), Approved())
    first, again, other = (provider.checkouts.capture(session, key) for key in ("key_c", "key_c", "key_d"))
    for outcome in (first, again, other):
        assert isinstance(outcome, Closed)
        assert outcome.report.capture is not None
        assert outcome.report.capture.amount == usd(5_000)
    assert len(provider.simulator.captures()) == 1


def test_nothing_is_captured_that_nobody_approved_or_that_was_declined(provider: AtPayPal) -> None:
    session = opened(provider, a_sale(provider))
    assert provider.checkouts.capture(session, "key_c") == Declined("order_not_approved")
    provider.approve(session, "declines")
    assert provider.checkouts.capture(session, "key_d") == Declined("instrument_declined")
    provider.pay(session)
    assert len(provider.simulator.captures()) == 1


def test_an_order_lives_for_three_hours_and_its_request_id_for_longer(provider: AtPayPal) -> None:
    session = opened(provider, a_sale(provider))
    assert timedelta(hours=2, minutes=59) < session.expires_at - provider.clock.now() <= timedelta(hours=3)
    assert isinstance(provider.checkouts.recovery, Replay)
    assert provider.checkouts.recovery.window > timedelta(hours=3)
    provider.advance(timedelta(hours=3, minutes=1))
    gone = provider.checkouts.look(session)
    assert isinstance(gone, Closed)
    assert gone.report.fact is Fact.EXPIRED


def test_money_is_ours_at_once_less_the_fee(provider: AtPayPal) -> None:
    payment = paid(provider, a_sale(provider))
    ours = provider.refunds.settlement(payment)
    assert isinstance(ours, PaidOut)
    assert ours.settlement.fee == usd(224)


def test_a_refund_is_told_by_the_order_that_it_is_of(provider: AtPayPal) -> None:
    payment = paid(provider, a_sale(provider))
    refund = a_refund(payment, 2_000)
    provider.refunds.refund(provider.refunds.refund_parameters(payment, refund), "key_r")
    found = provider.refunds.find_refund(payment, replace(refund, reference=None))
    assert isinstance(found, Answered)
    assert (found.report.id, found.report.capture) == (refund.id, payment.captures[0].reference)
