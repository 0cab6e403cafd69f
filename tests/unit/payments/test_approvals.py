"""What a buyer has agreed to is captured, or the payment has ended first: never both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_payment, a_report, captured
from tollgate.payments.approvals import awaits_capture
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report

OURS = [Fact.CANCELLED, Fact.EXPIRED]


def _changed(payment: Payment, report: Report) -> Payment:
    outcome = payment.apply(report, NOW)
    assert isinstance(outcome, Change)
    return outcome.payment


def _approved(payment: Payment | None = None) -> Payment:
    return _changed(payment or a_payment(), a_report(Fact.APPROVED))


def test_an_approval_is_recorded_once_and_the_payment_then_waits_for_its_capture() -> None:
    waits = _approved()
    assert (waits.state, waits.approved, awaits_capture(waits)) == (State.PENDING, waits.version, True)
    assert waits.apply(a_report(Fact.APPROVED), NOW) is Meaning.REPEAT
    assert not awaits_capture(a_payment())


@pytest.mark.parametrize("fact", OURS)
def test_our_own_wish_ends_no_payment_that_the_buyer_has_agreed_to(fact: Fact) -> None:
    """The capture may be on its way."""
    wish = Report(fact, NOW, yields=True)
    assert _approved().apply(wish, NOW) is Meaning.STALE
    assert _changed(_approved(), a_report(Fact.PROCESSING)).apply(wish, NOW) is Meaning.STALE
    assert _changed(a_payment(), wish).state is State.CANCELLED


@pytest.mark.parametrize("fact", [*OURS, Fact.FAILED])
def test_the_providers_own_word_ends_it(fact: Fact) -> None:
    """What it does not have any more, nobody captures."""
    ended = _changed(_approved(), a_report(fact))
    assert ended.state in (State.CANCELLED, State.FAILED)
    assert not awaits_capture(ended)


@pytest.mark.parametrize("fact", [*OURS, Fact.FAILED])
def test_a_payment_that_has_ended_is_not_approved_any_more(fact: Fact) -> None:
    ended = _changed(a_payment(), a_report(fact))
    assert ended.apply(a_report(Fact.APPROVED), NOW) is Meaning.STALE


def test_a_refused_try_lets_go_and_the_buyer_may_agree_anew_under_another_key() -> None:
    first = _approved()
    declined = _changed(first, Report(Fact.DECLINED, NOW, reason="instrument_declined", approval=first.approved))
    assert (declined.state, declined.approved, declined.reason) == (State.PENDING, 0, "instrument_declined")
    assert _changed(declined, Report(Fact.CANCELLED, NOW, yields=True)).state is State.CANCELLED
    again = _approved(declined)
    keys = {each.provider_key("capture", each.approved) for each in (first, again)}
    assert len(keys) == 2


def test_a_late_word_of_an_earlier_try_does_not_let_go_of_the_present_one() -> None:
    first = _approved()
    late = Report(Fact.DECLINED, NOW, reason="instrument_declined", approval=first.approved)
    again = _approved(_changed(first, late))
    assert again.apply(late, NOW) is Meaning.STALE


def test_after_a_refused_try_an_older_approval_says_nothing_any_more() -> None:
    """Whose event came late, or was read from the provider before; PayPal tells times in whole seconds."""
    first = _approved()
    refused = Report(Fact.DECLINED, NOW, reason="instrument_declined", approval=first.approved)
    declined = _changed(first, refused)
    assert declined.apply(replace(a_report(Fact.APPROVED), at=NOW - timedelta(seconds=1)), NOW) is Meaning.STALE
    assert _changed(declined, replace(a_report(Fact.APPROVED), at=NOW + timedelta(seconds=1))).approved


def test_a_decline_that_is_of_no_try_of_ours_lets_go_of_nothing() -> None:
    """As a provider tells of it by itself."""
    assert _changed(_approved(), a_report(Fact.DECLINED)).approved


def test_what_was_captured_or_is_under_review_waits_for_nothing() -> None:
    assert not awaits_capture(_changed(_approved(), captured()))
    assert not awaits_capture(_changed(_approved(), captured(amount=a_payment().amount * 2)))
