"""Whatever is refunded, disputed, settled and told in whatever order: what remains and the books agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.builders import NOW, captured, created, usd
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refundable import NotRefundable, RefundExceedsRemaining
from tollgate.payments.refunds import MOST_REFUNDS, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.payments.splitting import RefundOrder, left_of
from tollgate.payments.tenders import Tender, TenderKind, by_account

PRICE, FEE, SELLER = 5_000, 410, "ven_1"
EXPECTED, DISPUTE_FEE = 175, 150
TENDERS = (
    (),
    (Tender("hld_1", TenderKind.GIFT_CARD, "gft_1", 2_000),),
    (
        Tender("hld_1", TenderKind.GIFT_CARD, "gft_1", 1_500),
        Tender("hld_2", TenderKind.GIFT_CARD, "gft_2", 333),
        Tender("hld_3", TenderKind.CREDIT, "cus_1", 1_001),
    ),
    (Tender("hld_1", TenderKind.CREDIT, "cus_1", PRICE),),
)
LATER = NOW + timedelta(days=3)
TOLD = [RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED, RefundState.UNKNOWN]


def a_sale(tenders: tuple[Tender, ...] = ()) -> Payment:
    return created(seller=SELLER, fee=FEE, provider_fee=EXPECTED, tenders=tenders).payment


class AnyReversals(RuleBasedStateMachine):
    """One sale of a venue, from confirmation on, paid with a provider and perhaps with gift cards and credit."""

    @initialize(tenders=st.sampled_from(TENDERS))
    def confirm(self, tenders: tuple[Tender, ...]) -> None:
        self.payment = a_sale(tenders)
        self.books: Counter[str] = Counter()
        self.converted: Counter[str] = Counter()
        self.kept = usd(EXPECTED)
        self.ids: list[str] = []
        self.made = 0
        self._apply(captured(amount=self.payment.due))

    @rule(amount=st.none() | st.integers(1, PRICE), order=st.sampled_from(RefundOrder))
    def request(self, amount: int | None, order: RefundOrder) -> None:
        self.made += 1
        wanted = None if amount is None else usd(amount)
        try:
            self._refund(RefundReport(RefundState.REQUESTED, f"ref_{self.made}", amount=wanted, order=order))
        except RefundExceedsRemaining:
            return  # what remains is checked after each step
        else:
            self.ids.append(f"ref_{self.made}")

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), state=st.sampled_from(TOLD))
    def tell(self, data: st.DataObject, state: RefundState) -> None:
        id_ = data.draw(st.sampled_from(self.ids))
        self._refund(RefundReport(state, id_, f"re_{id_}"))

    @rule(amount=st.integers(1, PRICE))
    def refund_at_the_dashboard(self, amount: int) -> None:
        self.made += 1
        self._refund(RefundReport(RefundState.SUCCEEDED, None, f"re_{self.made}", usd(amount)))

    @rule(
        number=st.integers(1, 2),
        amount=st.integers(1, PRICE),
        state=st.sampled_from(DisputeState),
        lost=st.none() | st.integers(1, PRICE),
    )
    def dispute(self, number: int, amount: int, state: DisputeState, lost: int | None) -> None:
        known = next((each for each in self.payment.disputes if each.reference == f"du_{number}"), None)
        told = DisputeReport(f"du_{number}", usd(known.amount if known else amount), state, usd(DISPUTE_FEE))
        told = replace(told, lost=None if lost is None else usd(lost))
        self._apply(Report(Fact.DISPUTE, NOW, dispute=told))

    @rule(kept=st.builds(Money, st.integers(0, 300), st.sampled_from(["USD", "EUR"])))
    def settle(self, kept: Money) -> None:
        self.kept = self.kept if self.payment.is_settled else kept
        self._apply(Report(Fact.SETTLED, LATER, settlement=Settlement(kept)))

    @rule()
    def release(self) -> None:
        self._apply(Report(Fact.RESERVE_RELEASED, LATER))

    def _refund(self, told: RefundReport) -> None:
        self._apply(Report(Fact.REFUND, NOW, refund=told))

    def _apply(self, report: Report) -> None:
        result = self.payment.apply(report, LATER)
        if isinstance(result, Change):
            assert result.payment.version == result.event.sequence == self.payment.version + 1
            self.payment = result.payment
            for entry in result.entries:
                books = self.books if entry.currency == self.payment.amount.currency else self.converted
                books.update({posting.account: posting.amount for posting in entry.postings})

    @invariant()
    def what_remains_is_what_has_neither_gone_nor_is_in_dispute(self) -> None:
        gone = sum(each.reserved for each in self.payment.refunds)
        disputed = sum(each.amount for each in self.payment.disputes if each.state is not DisputeState.WON)
        assert self.payment.refundable == PRICE - gone - disputed

    @invariant()
    def the_books_balance(self) -> None:
        assert sum(self.books.values()) == sum(self.converted.values()) == 0

    @invariant()
    def the_provider_keeps_what_was_expected_until_it_tells(self) -> None:
        """In the sale's currency, or in the one into which it converted; never in both."""
        ours = self.kept.currency == self.payment.amount.currency
        disputes = DISPUTE_FEE * len(self.payment.disputes)
        assert -self.books["provider_fees"] == disputes + (self.kept.amount if ours else 0)
        assert -self.converted["provider_fees"] == (0 if ours else self.kept.amount)

    @invariant()
    def the_fee_goes_back_in_proportion_and_no_further(self) -> None:
        returned = sum(each.fee_gone for each in self.payment.refunds)
        assert 0 <= returned <= FEE
        assert self.books["platform_fees"] == FEE - returned

    @invariant()
    def nothing_is_pending_of_what_was_settled(self) -> None:
        if self.payment.state is State.SETTLED:
            assert self.books[f"seller_pending:{SELLER}"] == 0

    @invariant()
    def the_seller_has_what_was_kept(self) -> None:
        """In all three accounts together; an open dispute is only held back."""
        theirs = sum(amount for account, amount in self.books.items() if account.endswith(SELLER))
        gone = sum(each.gone - each.fee_gone for each in self.payment.refunds)
        lost = sum(each.amount for each in self.payment.disputes if each.state is DisputeState.LOST)
        assert theirs == PRICE - FEE - gone - lost

    @invariant()
    def no_more_goes_onto_a_tender_than_it_paid(self) -> None:
        back = [part for each in self.payment.refunds for part in each.tendered]
        assert all(left >= 0 for left in left_of(self.payment.tenders, back).values())

    @invariant()
    def who_is_owed_what_was_tendered_has_what_went_back(self) -> None:
        gone = [part for each in self.payment.refunds if each.gone for part in each.tendered]
        spent = left_of(self.payment.tenders, gone)
        for account, amount in by_account(self.payment.tenders, spent).items():
            assert self.books[account] == -amount


TestAnyReversals = AnyReversals.TestCase


def test_nothing_was_taken_so_nothing_goes_back() -> None:
    with pytest.raises(NotRefundable):
        a_sale().apply(Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.REQUESTED, "ref_1")), NOW)


def test_refunds_that_are_tried_without_end_come_to_one() -> None:
    change = a_sale().apply(captured(), NOW)
    for number in range(MOST_REFUNDS):
        for state in (RefundState.REQUESTED, RefundState.FAILED):
            assert isinstance(change, Change)
            told = RefundReport(state, f"ref_{number}", amount=usd(1))
            change = change.payment.apply(Report(Fact.REFUND, NOW, refund=told), NOW)
    assert isinstance(change, Change)
    with pytest.raises(NotRefundable):
        change.payment.apply(Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.REQUESTED, "one_more")), NOW)


def test_a_refund_in_another_currency_is_refused_and_one_that_was_made_needs_a_person() -> None:
    sold = a_sale().apply(captured(), NOW)
    assert isinstance(sold, Change)
    yen = RefundReport(RefundState.REQUESTED, "ref_1", amount=Money(5, "JPY"))
    with pytest.raises(NotRefundable):
        sold.payment.apply(Report(Fact.REFUND, NOW, refund=yen), NOW)
    made = RefundReport(RefundState.SUCCEEDED, None, "re_1", Money(5, "JPY"))
    assert sold.payment.apply(Report(Fact.REFUND, NOW, refund=made), NOW) is Meaning.REVIEW


def test_a_dispute_that_ends_before_it_was_heard_of_waits() -> None:
    sold = a_sale().apply(captured(), NOW)
    assert isinstance(sold, Change)
    lost = DisputeReport("du_1", usd(PRICE), DisputeState.LOST)
    assert sold.payment.apply(Report(Fact.DISPUTE, NOW, dispute=lost), NOW) is Meaning.EARLY


def _asked(*states: tuple[RefundState, str | None]) -> Payment:
    """A confirmed sale with one refund that was asked for, and of which this was told, with the provider's id or
    without.
    """
    change = a_sale().apply(captured(), NOW)
    reports = [RefundReport(RefundState.REQUESTED, "ref_1"), *(RefundReport(s, "ref_1", r) for s, r in states)]
    for report in reports:
        assert isinstance(change, Change)
        change = change.payment.apply(Report(Fact.REFUND, NOW, refund=report), NOW)
    assert isinstance(change, Change)
    return change.payment


def test_a_refund_that_was_given_up_unheard_of_and_was_made_after_all_applies() -> None:
    given_up = _asked((RefundState.UNKNOWN, None), (RefundState.FAILED, None))
    made = RefundReport(RefundState.SUCCEEDED, "ref_1", "re_1")
    change = given_up.apply(Report(Fact.REFUND, NOW, refund=made), NOW)
    assert isinstance(change, Change)
    assert (change.payment.refundable, change.payment.status, len(change.entries)) == (0, "refunded", 1)


def test_an_older_success_does_not_undo_the_providers_own_failure() -> None:
    """Both events of a refund that came back, swapped on their way."""
    failed = _asked((RefundState.FAILED, "re_1"))
    older = RefundReport(RefundState.SUCCEEDED, "ref_1", "re_1")
    assert failed.apply(Report(Fact.REFUND, NOW, refund=older), NOW) is Meaning.STALE


def test_a_refund_of_the_dashboard_that_came_back_stays_so_whichever_event_comes_first() -> None:
    sold = a_sale().apply(captured(), NOW)
    assert isinstance(sold, Change)
    came_back, made = (
        Report(Fact.REFUND, NOW, refund=RefundReport(state, None, "re_1", usd(PRICE)))
        for state in (RefundState.FAILED, RefundState.SUCCEEDED)
    )
    heard = sold.payment.apply(came_back, NOW)
    assert isinstance(heard, Change)
    assert (heard.payment.refundable, heard.payment.status, heard.entries) == (PRICE, "confirmed", ())
    assert heard.payment.apply(made, NOW) is Meaning.STALE


def test_held_money_that_went_back_and_was_sent_on_by_the_bank_is_held_again() -> None:
    payment = a_sale()
    for report in (
        Report(Fact.CANCELLED, NOW),
        captured(),
        Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.REQUESTED, "ref_1")),
        Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.SUCCEEDED, "ref_1", "re_1")),
    ):
        change = payment.apply(report, NOW)
        assert isinstance(change, Change)
        payment = change.payment
    assert (payment.review, payment.refundable) == (None, 0)
    came_back = RefundReport(RefundState.FAILED, "ref_1", "re_1")
    change = payment.apply(Report(Fact.REFUND, NOW, refund=came_back), NOW)
    assert isinstance(change, Change)
    assert (change.payment.review, change.payment.refundable) == ("late_capture", PRICE)
    (entry,) = change.entries
    assert {posting.account: posting.amount for posting in entry.postings} == {
        "provider_clearing:stripe": -PRICE,
        "unallocated": PRICE,
    }
    assert entry.reverses is not None
