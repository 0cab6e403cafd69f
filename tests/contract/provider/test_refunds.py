"""Refunds: once per key, never more than is left, found by our id or theirs; and when the money becomes ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.contract.provider.providers import LISTING, Provider, a_refund, a_sale, paid
from tests.support.builders import usd
from tollgate.checkout.ports import Absent, Rejected
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport
from tollgate.refunds.ports import Answered, NotYet, PaidOut


def _refund(provider: Provider, payment: Payment, refund: Refund, key: str = "key_r") -> RefundReport:
    outcome = provider.refunds.refund(provider.refunds.refund_parameters(payment, refund), key)
    assert isinstance(outcome, Answered)
    return outcome.report


def test_the_same_key_is_the_same_refund(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    refund = a_refund(payment, 2_000)
    first = _refund(provider, payment, refund)
    assert first == _refund(provider, payment, refund)
    assert (first.state, first.id) == (provider.words.made, refund.id)


def test_no_more_goes_back_than_was_taken(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    _refund(provider, payment, a_refund(payment, 4_000))
    too_much = provider.refunds.refund_parameters(payment, a_refund(payment, 2_000, "2"))
    assert isinstance(provider.refunds.refund(too_much, "key_r2"), Rejected)


def test_a_refund_that_bears_no_id_of_ours_is_found_by_its_own(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    made = _refund(provider, payment, a_refund(payment, 2_000))
    known = replace(a_refund(payment, 2_000, "from the dashboard"), reference=made.reference)
    found = provider.refunds.find_refund(payment, known)
    assert isinstance(found, Answered)
    assert (found.report.reference, found.report.state) == (made.reference, provider.words.made)


def test_a_refund_whose_answer_was_lost_is_found_by_our_id(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    refund = a_refund(payment, 2_000)
    provider.refund_at_dashboard(payment.captures[0].reference, 1_000)
    assert isinstance(provider.refunds.find_refund(payment, refund), Absent)
    made = _refund(provider, payment, refund)
    found = provider.refunds.find_refund(payment, refund)
    assert isinstance(found, Answered)
    assert found.report == made


@LISTING
def test_money_becomes_ours_two_days_later_less_the_fee(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    wait = provider.refunds.settlement(payment)
    assert isinstance(wait, NotYet)
    assert timedelta(hours=24) < wait.until - provider.clock.now() <= timedelta(days=2)
    provider.advance(timedelta(days=2))
    ours = provider.refunds.settlement(payment)
    assert isinstance(ours, PaidOut)
    assert ours.settlement.fee == usd(175)
