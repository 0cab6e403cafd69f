"""How disputes end: won, lost, lost in part, and told once more, in another way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.support.builders import NOW, captured, created, usd
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change, Payment, Report

PRICE, SELLER = 5_000, "ven_1"


def _after(payment: Payment, *told: DisputeReport) -> Change | Meaning:
    """What the last of these makes of a sale, when the others have been heard."""
    outcome: Change | Meaning = Meaning.REPEAT
    for each in told:
        outcome = payment.apply(Report(Fact.DISPUTE, NOW, dispute=each), NOW)
        payment = outcome.payment if isinstance(outcome, Change) else payment
    return outcome


def _moved(change: Change) -> Counter[str]:
    moved: Counter[str] = Counter()
    for entry in change.entries:
        moved.update({posting.account: posting.amount for posting in entry.postings})
    return moved


OPENED = DisputeReport("du_1", usd(PRICE), DisputeState.OPEN)
LOST, WON = replace(OPENED, state=DisputeState.LOST), replace(OPENED, state=DisputeState.WON)


def test_of_a_dispute_that_is_lost_in_part_the_rest_is_the_sellers_again() -> None:
    sold = created(seller=SELLER, fee=410).payment.apply(captured(), NOW)
    assert isinstance(sold, Change)
    change = _after(sold.payment, OPENED, replace(LOST, lost=usd(500)))
    assert isinstance(change, Change)
    assert (change.payment.refundable, change.payment.disputes[0].amount) == (PRICE - 500, 500)
    assert change.event.data["disputed"] == 500
    assert _moved(change) == {
        f"seller_reserved:{SELLER}": -PRICE,
        f"seller_pending:{SELLER}": PRICE - 500,
        "provider_clearing:stripe": 500 - PRICE,
        "disputes": PRICE,
    }
    assert len({entry.id for entry in change.entries}) == 2


@pytest.mark.parametrize("lost", [usd(PRICE + 1), Money(500, "EUR")])
def test_no_more_is_lost_than_was_disputed_without_a_person(lost: Money) -> None:
    sold = created(seller=SELLER, fee=410).payment.apply(captured(), NOW)
    assert isinstance(sold, Change)
    assert _after(sold.payment, OPENED, replace(LOST, lost=lost)) is Meaning.REVIEW


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ([LOST], Meaning.REPEAT),
        ([WON], Meaning.REVIEW),
        ([replace(LOST, lost=usd(500))], Meaning.REVIEW),
        ([OPENED], Meaning.STALE),
        ([OPENED, LOST], Meaning.REPEAT),
    ],
)
def test_another_end_of_a_dispute_that_has_ended_is_for_a_person(told: list[DisputeReport], then: Meaning) -> None:
    """Its beginning may come late, and its end twice."""
    sold = created(seller=SELLER, fee=410).payment.apply(captured(), NOW)
    assert isinstance(sold, Change)
    assert _after(sold.payment, OPENED, LOST, *told) is then


def test_a_dispute_that_was_won_and_is_lost_after_all_is_for_a_person() -> None:
    sold = created(seller=SELLER, fee=410).payment.apply(captured(), NOW)
    assert isinstance(sold, Change)
    assert _after(sold.payment, OPENED, WON, LOST) is Meaning.REVIEW


def test_the_same_loss_in_part_is_known() -> None:
    sold = created(seller=SELLER, fee=410).payment.apply(captured(), NOW)
    assert isinstance(sold, Change)
    part = replace(LOST, lost=usd(500))
    assert _after(sold.payment, OPENED, part, part) is Meaning.REPEAT
