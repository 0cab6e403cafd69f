"""Captures that a provider took back for good, with a dispute before it or without one."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.builders import NOW, captured, created, usd
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change, Payment, Report

PRICE, FEE = 5_000, 410


def _sold() -> Payment:
    return _changed(created(seller="ven_1", fee=FEE).payment, captured("cap_1")).payment


def _changed(payment: Payment, report: Report) -> Change:
    change = payment.apply(report, NOW)
    assert isinstance(change, Change)
    return change


def _told(reference: str, state: DisputeState, *, reversal: bool = False) -> Report:
    told = DisputeReport(reference, usd(PRICE), state, capture="cap_1", reversal=reversal)
    return Report(Fact.DISPUTE, NOW, dispute=told)


TAKEN, LOST = (_told("rev_1", state, reversal=True) for state in (DisputeState.OPEN, DisputeState.LOST))


def _reversed(payment: Payment) -> list[Change | Meaning]:
    """What each of the two facts that a reversal is told as makes of the payment."""
    outcomes: list[Change | Meaning] = []
    for fact in (TAKEN, LOST):
        outcomes.append(payment.apply(fact, NOW))
        payment = outcomes[-1].payment if isinstance(outcomes[-1], Change) else payment
    return outcomes


def _changes(payment: Payment) -> list[Change]:
    return [each for each in _reversed(payment) if isinstance(each, Change)]


def _moved(changes: list[Change]) -> Counter[str]:
    moved: Counter[str] = Counter()
    for entry in (entry for change in changes for entry in change.entries):
        moved.update({posting.account: posting.amount for posting in entry.postings})
    return Counter({account: amount for account, amount in moved.items() if amount})


def test_a_reversal_without_a_dispute_is_taken_and_lost_at_once() -> None:
    changes = _changes(_sold())
    assert [each.event.type for each in changes] == ["payments.dispute.opened", "payments.dispute.lost"]
    assert [each.payment.refundable for each in changes] == [0, 0]
    assert _moved(changes) == {"provider_clearing:stripe": PRICE, "seller_pending:ven_1": -PRICE}
    assert _reversed(changes[-1].payment) == [Meaning.STALE, Meaning.REPEAT]


def test_a_reversal_ends_the_dispute_that_is_open_and_takes_nothing_twice() -> None:
    disputed = _changed(_sold(), _told("dp_1", DisputeState.OPEN)).payment
    (change,) = _changes(disputed)
    assert [(each.reference, each.state) for each in change.payment.disputes] == [("dp_1", DisputeState.LOST)]
    assert (disputed.refundable, change.payment.refundable) == (0, 0)
    assert change.payment.apply(_told("dp_1", DisputeState.LOST), NOW) is Meaning.REPEAT


@pytest.mark.parametrize("end", [DisputeState.LOST, DisputeState.WON])
def test_a_reversal_after_the_end_is_known_if_it_was_lost_and_a_new_loss_if_it_was_won(end: DisputeState) -> None:
    ended = _changed(_changed(_sold(), _told("dp_1", DisputeState.OPEN)).payment, _told("dp_1", end)).payment
    if end is DisputeState.LOST:
        assert _reversed(ended) == [Meaning.STALE, Meaning.REPEAT]
    else:
        assert [each.payment.refundable for each in _changes(ended)] == [0, 0]


def test_a_reversal_that_comes_before_its_capture_waits() -> None:
    assert _reversed(created().payment) == [Meaning.EARLY, Meaning.EARLY]
