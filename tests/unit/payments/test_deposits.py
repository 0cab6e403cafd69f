"""Money that is held for what may not come about: nobody's until it is released; it goes back whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_payment, captured, created, usd
from tests.support.stores import InMemory
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.model import JournalEntry
from tollgate.payments.deposits import UNWANTED, Deposit, DepositKind, NotWanted, held_account
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.events import DEPOSIT_RECEIVED, REVIEW_REQUIRED
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.ports import Consequences
from tollgate.payments.recording import Recorder
from tollgate.payments.refundable import NotRefundable, RefundExceedsRemaining
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.settlement import Settlement, waits
from tollgate.refunds.returning import goes_back

HELD = Deposit(DepositKind.GROUP, "grp_1", ("shr_1",))
ACCOUNT, PENDING = "escrow:grp_1", "seller_pending:ven_1"
SETTLED = Report(Fact.SETTLED, NOW, settlement=Settlement(usd(180)))


def _held() -> Payment:
    return a_payment(deposit=HELD, seller="ven_1", fee=410, provider_fee=175)


def _changed(payment: Payment, report: Report) -> Change:
    change = payment.apply(report, NOW)
    assert isinstance(change, Change), f"{report.fact} is {change}"
    return change


def _refund(state: RefundState, amount: int | None = None, id_: str = "ref_1") -> Report:
    money = None if amount is None else usd(amount)
    return Report(Fact.REFUND, NOW, refund=RefundReport(state, id_, amount=money))


def _dispute(state: DisputeState) -> Report:
    return Report(Fact.DISPUTE, NOW, dispute=DisputeReport("dp_1", usd(5_000), state, usd(1_500)))


def _released(payment: Payment) -> Payment:
    assert payment.deposit is not None
    return replace(payment, deposit=replace(payment.deposit, released=True))


def _books(entries: Iterable[JournalEntry]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for entry in entries:
        assert sum(each.amount for each in entry.postings) == 0
        sums.update({each.account: each.amount for each in entry.postings})
    return {account: amount for account, amount in sums.items() if amount}


def _through(*reports: Report, payment: Payment | None = None) -> tuple[Payment, list[JournalEntry]]:
    """A deposit after these, and all that was posted of it."""
    payment, entries = payment or _held(), list[JournalEntry]()
    for report in reports:
        change = _changed(payment, report)
        payment = change.payment
        entries += change.entries
    return payment, entries


def test_the_money_of_a_deposit_is_nobodys_sale() -> None:
    change = _changed(_held(), captured())
    assert (change.event.type, change.event.data["group_id"]) == (DEPOSIT_RECEIVED, "grp_1")
    assert (change.payment.state, change.payment.refundable) == (State.CONFIRMED, 5_000)
    assert _books(change.entries) == {"provider_clearing:stripe": -4_825, ACCOUNT: 5_000, "provider_fees": -175}


def test_money_that_is_not_wanted_ends_the_payment_and_is_held_apart() -> None:
    change = _changed(_held(), replace(captured(), unwanted="group_expired"))
    payment = change.payment
    assert (payment.state, payment.review, payment.reason) == (State.CANCELLED, UNWANTED, "group_expired")
    assert (change.event.type, change.event.data["review"]) == (REVIEW_REQUIRED, UNWANTED)
    assert ACCOUNT not in _books(change.entries)
    assert goes_back(payment)
    assert payment.apply(captured(), NOW) is Meaning.REPEAT
    back, entries = _through(_refund(RefundState.REQUESTED), _refund(RefundState.SUCCEEDED), payment=payment)
    assert (back.review, back.refundable) == (None, 0)
    assert _books([*change.entries, *entries]) == {"provider_clearing:stripe": 175, "provider_fees": -175}


def test_what_is_held_goes_back_whole_or_not_at_all() -> None:
    payment, _ = _through(captured())
    with pytest.raises(NotRefundable):
        payment.apply(_refund(RefundState.REQUESTED, 4_999), NOW)
    back, entries = _through(captured(), _refund(RefundState.REQUESTED), _refund(RefundState.SUCCEEDED))
    assert (back.refundable, [each.fee for each in back.refunds]) == (0, [0])
    assert _books(entries) == {"provider_clearing:stripe": 175, "provider_fees": -175}


def test_a_refund_that_comes_back_is_held_again() -> None:
    told = (_refund(each) for each in (RefundState.REQUESTED, RefundState.SUCCEEDED, RefundState.FAILED))
    payment, entries = _through(captured(), *told)
    assert (payment.refundable, _books(entries)[ACCOUNT]) == (5_000, 5_000)


def test_nobody_is_paid_out_before_it_is_known_whose_it_is() -> None:
    payment, _ = _through(captured())
    assert waits(payment)
    assert payment.apply(SETTLED, NOW) is Meaning.EARLY
    released = _released(payment)
    assert (waits(released), held_account(released)) == (False, None)
    settled = _changed(released, SETTLED)
    assert settled.payment.state is State.SETTLED
    assert _books(settled.entries)[PENDING] == -(5_000 - 410)


def test_what_has_gone_back_settles_without_a_seller() -> None:
    _, entries = _through(captured(), _refund(RefundState.REQUESTED), _refund(RefundState.SUCCEEDED), SETTLED)
    # The provider has kept five more than was expected.
    assert _books(entries) == {"provider_clearing:stripe": 180, "provider_fees": -180}


def test_a_dispute_that_is_won_leaves_the_money_where_it_was() -> None:
    payment, entries = _through(captured(), _dispute(DisputeState.OPEN), _dispute(DisputeState.WON))
    assert (payment.refundable, _books(entries)[ACCOUNT]) == (5_000, 5_000)
    assert "disputes" not in _books(entries)


def test_a_dispute_that_is_lost_is_the_banks_and_nothing_is_held_any_more() -> None:
    payment, entries = _through(captured(), _dispute(DisputeState.OPEN), _dispute(DisputeState.LOST))
    assert payment.refundable == 0
    assert not {ACCOUNT, "disputes", PENDING} & set(_books(entries))


def test_once_released_it_is_refunded_like_a_sale() -> None:
    payment, _ = _through(captured())
    released = _released(payment)
    _, entries = _through(_refund(RefundState.REQUESTED, 1_000), _refund(RefundState.SUCCEEDED), payment=released)
    assert _books(entries) == {"provider_clearing:stripe": 1_000, PENDING: -918, "platform_fees": -82}


_FACTS: Sequence[Report] = (
    captured(),
    captured("pi_2"),
    replace(captured(), unwanted="group_expired"),
    Report(Fact.FAILED, NOW, reason="card_declined"),
    SETTLED,
    *(_refund(state) for state in RefundState if state is not RefundState.RETURNED),
    *(_dispute(state) for state in DisputeState),
)


@given(facts=st.lists(st.sampled_from(_FACTS), max_size=8))
def test_whatever_is_told_in_whatever_order_the_books_balance_and_no_seller_has_any(facts: list[Report]) -> None:
    payment, entries = _held(), list[JournalEntry]()
    for report in facts:
        try:
            result = payment.apply(report, NOW)
        except (NotRefundable, RefundExceedsRemaining):
            continue
        if isinstance(result, Change):
            payment = result.payment
            entries += result.entries
    assert PENDING not in _books(entries)


class _Over(Consequences):
    """The holder that has ended, or gives its money away."""

    def __init__(self, *, over: bool) -> None:
        self.over = over

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        if self.over and after.state is State.CONFIRMED and before.state is not State.CONFIRMED:
            raise NotWanted("it_is_over")
        return ()

    def current(self, payment: Payment) -> Payment:
        return _released(payment)


def _recorders() -> Iterator[tuple[Recorder, Payment]]:
    for over in (True, False):
        store = InMemory()
        opened = created(deposit=HELD, seller="ven_1", fee=410)
        store.unit_of_work.commit(*store.payments.create(opened))
        recorder = Recorder(store.payments, store.parking, _Over(over=over), store.unit_of_work, FixedClock(NOW))
        yield recorder, opened.payment


def test_who_holds_it_decides_when_it_comes_and_later_whose_it_is() -> None:
    (refused, payment), (taken, other) = _recorders()
    late = refused.record(payment, captured()).payment
    assert (late.state, late.review, late.reason) == (State.CANCELLED, UNWANTED, "it_is_over")
    confirmed = taken.record(other, captured()).payment
    assert (confirmed.state, held_account(confirmed)) == (State.CONFIRMED, ACCOUNT)
    assert held_account(taken.current(confirmed)) is None
    settled = taken.record(confirmed, replace(SETTLED, at=NOW + timedelta(days=2))).payment
    assert (settled.state, settled.deposit) == (State.SETTLED, replace(HELD, released=True))
