"""Money that the provider took is never forgotten, and confirms a payment only when it is the right money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_capture, a_payment, a_report, captured, usd
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report

OPEN = [State.PENDING, State.PROCESSING]


def _changed(payment: Payment, report: Report) -> Change:
    outcome = payment.apply(report, NOW)
    assert isinstance(outcome, Change)
    return outcome


@pytest.mark.parametrize("state", OPEN)
def test_the_right_amount_confirms_and_may_be_refunded_in_full(state: State) -> None:
    change = _changed(a_payment(state, reason="card_declined"), captured())
    assert change.payment.state is State.CONFIRMED
    assert change.payment.captures == (a_capture(),)
    assert change.payment.refundable == 5000
    assert change.payment.reason is None
    assert change.event.data["capture"] == "pi_1"
    assert (change.event.data["captured"], change.event.data["captured_currency"]) == (5000, "USD")
    assert (change.event.data["status"], change.event.data["amount"]) == ("confirmed", 5000)


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("amount", [usd(4999), usd(5001), usd(0), Money(5000, "EUR")])
def test_another_amount_or_currency_is_held_for_review_and_not_confirmed(state: State, amount: Money) -> None:
    change = _changed(a_payment(state), captured(amount=amount))
    assert change.payment.state is state
    assert change.payment.review == "amount_mismatch"
    assert change.payment.captures == (a_capture(amount=amount),)
    assert change.payment.refundable == (amount.amount if amount.currency == "USD" else 0)
    assert change.event.type == "payments.payment.review_required"
    assert change.event.data["review"] == "amount_mismatch"
    assert (change.event.data["captured"], change.event.data["captured_currency"]) == (amount.amount, amount.currency)


@pytest.mark.parametrize("end", [Fact.FAILED, Fact.CANCELLED, Fact.EXPIRED])
def test_late_money_is_recorded_for_review_and_revives_nothing(end: Fact) -> None:
    ended = _changed(a_payment(), a_report(end)).payment
    change = _changed(ended, captured())
    assert change.payment.state is ended.state
    assert change.payment.review == "late_capture"
    assert change.payment.captures == (a_capture(),)
    assert change.payment.refundable == 5000
    assert change.event.type == "payments.payment.review_required"


@pytest.mark.parametrize("state", [State.CONFIRMED, State.SETTLED])
def test_a_second_capture_is_recorded_for_review(state: State) -> None:
    change = _changed(a_payment(state), captured("pi_2"))
    assert change.payment.state is state
    assert change.payment.review == "second_capture"
    assert [taken.reference for taken in change.payment.captures] == ["pi_1", "pi_2"]
    assert change.payment.refundable == 10_000


@pytest.mark.parametrize("state", [State.CONFIRMED, State.SETTLED])
def test_a_known_capture_is_no_news_whatever_it_says_now(state: State) -> None:
    assert a_payment(state).apply(captured(amount=usd(1), at=NOW + timedelta(days=1)), NOW) is Meaning.REPEAT


@pytest.mark.parametrize("fact", [Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED, Fact.PROCESSING, Fact.DECLINED])
def test_a_payment_under_review_holds_money_and_is_ended_by_no_report(fact: Fact) -> None:
    held = _changed(a_payment(), captured(amount=usd(1))).payment
    assert held.apply(a_report(fact), NOW) is Meaning.STALE


def test_the_right_amount_after_a_wrong_one_is_a_second_capture() -> None:
    held = _changed(a_payment(), captured("pi_1", usd(1))).payment
    change = _changed(held, captured("pi_2"))
    assert (change.payment.state, change.payment.review) == (State.PENDING, "second_capture")
    assert len(change.payment.captures) == 2


def test_there_is_no_capture_without_its_money() -> None:
    with pytest.raises(ValueError, match="comes with its money"):
        Report(Fact.CAPTURED, NOW)


def test_a_confirmed_payment_settles_even_while_another_capture_is_in_review() -> None:
    held = _changed(a_payment(State.CONFIRMED), captured("pi_2")).payment
    assert _changed(held, a_report(Fact.SETTLED)).payment.state is State.SETTLED


@pytest.mark.parametrize("fact", [Fact.EXPIRED, Fact.FAILED, Fact.PROCESSING])
def test_the_end_of_a_page_that_was_given_up_ends_nothing(fact: Fact) -> None:
    payment = a_payment()
    assert payment.session is not None
    assert payment.apply(Report(fact, NOW, about="cs_given_up"), NOW) is Meaning.STALE
    assert isinstance(payment.apply(Report(fact, NOW, about=payment.session.reference), NOW), Change)


@pytest.mark.parametrize(
    ("amount", "fee"), [(usd(1_000), 59), (Money(1_000, "EUR"), 29), (Money(1_000, "JPY"), 29), (usd(1), 30)]
)
def test_held_money_is_posted_with_what_the_provider_keeps_of_it(amount: Money, fee: int) -> None:
    """Of what was taken, in its own currency: the price has no part in it."""
    change = _changed(a_payment(provider_fee=175), captured(amount=amount))
    assert _moved(change) == {
        "provider_clearing:stripe": fee - amount.amount,
        "unallocated": amount.amount,
        "provider_fees": -fee,
    }


@pytest.mark.parametrize("expected", [175, 0])
def test_a_sale_is_posted_with_what_was_expected_when_it_was_opened(expected: int) -> None:
    """Nothing, where it was opened before anything was."""
    moved = _moved(_changed(a_payment(provider_fee=expected), captured()))
    assert (moved.get("provider_fees", 0), moved["provider_clearing:stripe"]) == (-expected, expected - 5_000)


def _moved(change: Change) -> dict[str, int]:
    (entry,) = change.entries
    return {posting.account: posting.amount for posting in entry.postings}
