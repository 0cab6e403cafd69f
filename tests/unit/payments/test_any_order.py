"""Whatever is reported, in whatever order and however often: a machine of random histories holds the promises."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.builders import NOW, PRICE, a_report, a_session, captured, created, usd
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import ASIDE, Fact, State
from tollgate.payments.model import Change, Payment, Report

RIGHT, WRONG, FOREIGN = PRICE, usd(4999), Money(5000, "EUR")
# Where a payment may go from each state in one step; itself is always allowed.
ONWARD = {
    State.PENDING: {State.PROCESSING, State.CONFIRMED, State.FAILED, State.CANCELLED},
    State.PROCESSING: {State.CONFIRMED, State.FAILED, State.CANCELLED},
    State.CONFIRMED: {State.SETTLED},
    State.SETTLED: set(),
    State.FAILED: set(),
    State.CANCELLED: set(),
}
CAPTURES = [captured("pi_1", RIGHT), captured("pi_2", RIGHT), captured("pi_3", WRONG), captured("pi_4", FOREIGN)]
SIMPLE = [a_report(fact) for fact in set(Fact) - ASIDE - {Fact.CAPTURED, Fact.CHECKOUT_OPENED}]
OPENED = [Report(Fact.CHECKOUT_OPENED, NOW, session=a_session(reference)) for reference in ("cs_1", "cs_2")]


class AnyHistory(RuleBasedStateMachine):
    """A payment, and a naive memory of what was reported."""

    def __init__(self) -> None:
        super().__init__()
        opened = created()
        self.payment = opened.payment
        self.events = [opened.event]
        self.taken: dict[str, Money] = {}
        self.now = NOW

    @rule(report=st.sampled_from([*SIMPLE, *OPENED, *CAPTURES]))
    def report(self, report: Report) -> None:
        before = self.payment
        self.now += timedelta(seconds=1)
        outcome = before.apply(report, self.now)
        if report.capture is not None:
            news = report.capture.reference not in self.taken
            self.taken.setdefault(report.capture.reference, report.capture.amount)
            assert isinstance(outcome, Change) == news, "a capture makes exactly one change"
        if isinstance(outcome, Change):
            self.payment = outcome.payment
            self.events.append(outcome.event)
        self.moves_only_onward(before)

    def moves_only_onward(self, before: Payment) -> None:
        assert self.payment.state == before.state or self.payment.state in ONWARD[before.state]

    @invariant()
    def the_sequence_has_no_gap_and_is_the_version(self) -> None:
        assert [event.sequence for event in self.events] == list(range(1, self.payment.version + 1))

    @invariant()
    def all_money_that_was_taken_is_known(self) -> None:
        assert {taken.reference: taken.amount for taken in self.payment.captures} == self.taken
        assert len(self.payment.captures) == len(self.taken)

    @invariant()
    def it_is_confirmed_once_at_most_and_only_by_the_right_amount(self) -> None:
        confirmed = [event for event in self.events if event.type == "payments.purchase.confirmed"]
        assert len(confirmed) <= 1
        assert bool(confirmed) == (self.payment.state in (State.CONFIRMED, State.SETTLED))
        assert all((event.data["captured"], event.data["captured_currency"]) == (5000, "USD") for event in confirmed)

    @invariant()
    def all_that_was_taken_in_its_currency_may_go_back(self) -> None:
        assert self.payment.refundable == sum(money.amount for money in self.taken.values() if money.currency == "USD")

    @invariant()
    def money_that_did_not_confirm_it_is_under_review(self) -> None:
        confirmed = self.payment.state in (State.CONFIRMED, State.SETTLED)
        unexplained = len(self.taken) - (1 if confirmed else 0)
        assert bool(unexplained) == (self.payment.review is not None)
        reviews = [event for event in self.events if event.type == "payments.payment.review_required"]
        assert len(reviews) == unexplained

    @invariant()
    def the_first_session_stays(self) -> None:
        opened = [event for event in self.events if event.type == "payments.checkout.opened"]
        assert len(opened) == (1 if self.payment.session else 0)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


def _after(reports: tuple[Report, ...]) -> Payment:
    payment = created().payment
    for report in reports:
        outcome = payment.apply(report, NOW)
        payment = outcome.payment if isinstance(outcome, Change) else payment
    return payment


@pytest.mark.parametrize("end", [Fact.FAILED, Fact.CANCELLED, Fact.EXPIRED])
def test_no_capture_is_lost_in_any_order(end: Fact) -> None:
    reports = [a_report(end), a_report(Fact.PROCESSING), a_report(Fact.DECLINED), CAPTURES[0], CAPTURES[2]]
    for order in permutations(reports):
        payment = _after(order)
        assert {taken.reference for taken in payment.captures} == {"pi_1", "pi_3"}
        assert payment.review is not None


def test_one_fact_told_by_two_events_is_one_fact_in_any_order() -> None:
    """Stripe tells of one charge as session and as intent, each perhaps twice."""
    told = [captured("pi_1"), captured("pi_1"), a_report(Fact.PROCESSING), OPENED[0]]
    for order in permutations(told):
        payment = _after(order)
        assert (payment.state, len(payment.captures), payment.review) == (State.CONFIRMED, 1, None)
