"""Disputes of money that is no sale's: late, or taken twice. No venue has any part in them."""

from __future__ import annotations

from tests.support.builders import NOW, captured, created, usd
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.settlement import share_of

PRICE, FEE = 5_000, 410


def _after(*reports: Report) -> Payment:
    payment = created(seller="ven_1", fee=FEE).payment
    for report in reports:
        payment = _changed(payment, report).payment
    return payment


def _changed(payment: Payment, report: Report) -> Change:
    change = payment.apply(report, NOW)
    assert isinstance(change, Change)
    return change


def _dispute(state: DisputeState, capture: str | None) -> Report:
    return Report(Fact.DISPUTE, NOW, dispute=DisputeReport("dp_1", usd(PRICE), state, usd(15), capture))


def _moved(change: Change) -> dict[str, int]:
    (entry,) = change.entries
    return {posting.account: posting.amount for posting in entry.postings}


LATE = (Report(Fact.CANCELLED, NOW), captured("pi_1"))
TWICE = (captured("pi_1"), captured("pi_2"))


def test_a_dispute_of_late_money_takes_nothing_from_the_venue_and_ends_the_review_when_it_is_lost() -> None:
    opened = _changed(_after(*LATE), _dispute(DisputeState.OPEN, "pi_1"))
    assert _moved(opened) == {"provider_clearing:stripe": PRICE + 15, "disputes": -PRICE, "provider_fees": -15}
    assert opened.payment.review == "late_capture"
    lost = _changed(opened.payment, _dispute(DisputeState.LOST, "pi_1"))
    assert _moved(lost) == {"unallocated": -PRICE, "disputes": PRICE}
    assert (lost.payment.review, lost.payment.refundable) == (None, 0)


def test_late_money_that_the_bank_gives_up_is_held_again() -> None:
    opened = _changed(_after(*LATE), _dispute(DisputeState.OPEN, None))
    won = _changed(opened.payment, _dispute(DisputeState.WON, None))
    assert _moved(won) == {"provider_clearing:stripe": -PRICE, "disputes": PRICE}
    assert (won.payment.review, won.payment.refundable) == ("late_capture", PRICE)


def test_a_dispute_of_what_was_taken_twice_leaves_the_sale_alone() -> None:
    twice = _after(*TWICE)
    lost = _changed(_changed(twice, _dispute(DisputeState.OPEN, "pi_2")).payment, _dispute(DisputeState.LOST, "pi_2"))
    assert _moved(lost) == {"unallocated": -PRICE, "disputes": PRICE}
    assert (lost.payment.review, lost.payment.refundable) == (None, PRICE)
    assert share_of(lost.payment) == PRICE - FEE


def test_a_dispute_of_the_sale_is_the_venues_though_something_else_is_under_review() -> None:
    for named in ("pi_1", None):
        opened = _changed(_after(*TWICE), _dispute(DisputeState.OPEN, named))
        assert _moved(opened)["seller_reserved:ven_1"] == PRICE
        assert opened.payment.review == "second_capture"


def test_what_a_bank_has_taken_of_a_capture_is_not_asked_of_it_again() -> None:
    """Of two that are held, the one that is still here goes back."""
    held_twice = _after(
        *LATE, captured("pi_2"), _dispute(DisputeState.OPEN, "pi_2"), _dispute(DisputeState.LOST, "pi_2")
    )
    asked = Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.REQUESTED, "ref_1"))
    (refund,) = _changed(held_twice, asked).payment.refunds
    assert (refund.capture, refund.amount) == ("pi_1", PRICE)


def test_a_dispute_of_money_that_is_not_heard_of_yet_waits() -> None:
    assert _after(captured("pi_1")).apply(_dispute(DisputeState.OPEN, "pi_2"), NOW) is Meaning.EARLY
