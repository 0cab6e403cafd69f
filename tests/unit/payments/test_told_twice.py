"""A dispute that ends by a refund, at a provider that tells it as both: one of the two is booked, and a person told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.builders import NOW, captured, created, usd
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState

PRICE = 5_000
OPENED = DisputeReport("PP-D-1", usd(PRICE), DisputeState.OPEN, capture="CAP1", by_refund=True)
WON = replace(OPENED, state=DisputeState.WON)
LOST = replace(OPENED, state=DisputeState.LOST, lost=usd(2_000))
REFUND = RefundReport(RefundState.SUCCEEDED, None, "RE1", usd(2_000), capture="CAP1", of_dispute=True)


def _told(*told: DisputeReport | RefundReport) -> tuple[Payment, Meaning]:
    """A sale after these, and what the last of them meant."""
    payment, meaning = created(seller="ven_1", fee=410).payment, Meaning.MOVE
    for each in (captured("CAP1"), *(_report(each) for each in told)):
        outcome = payment.apply(each, NOW)
        meaning = Meaning.MOVE if isinstance(outcome, Change) else outcome
        payment = outcome.payment if isinstance(outcome, Change) else payment
    return payment, meaning


def _report(told: DisputeReport | RefundReport) -> Report:
    if isinstance(told, DisputeReport):
        return Report(Fact.DISPUTE, NOW, dispute=told)
    return Report(Fact.REFUND, NOW, refund=told)


@pytest.mark.parametrize("told", [[OPENED, REFUND], [OPENED, REFUND, LOST, REFUND], [OPENED, LOST, REFUND]])
def test_a_refund_that_may_be_how_a_dispute_ends_is_for_a_person(told: list[DisputeReport | RefundReport]) -> None:
    payment, meaning = _told(*told)
    assert (meaning, payment.refunds) == (Meaning.REVIEW, ())


def test_a_loss_that_may_have_been_told_as_a_refund_is_for_a_person() -> None:
    payment, meaning = _told(REFUND, OPENED, LOST)
    assert (meaning, payment.disputes[0].is_open) == (Meaning.REVIEW, True)


@pytest.mark.parametrize(
    "told",
    [
        [OPENED, WON, REFUND],
        [OPENED, LOST, replace(REFUND, amount=usd(100))],
        [replace(REFUND, amount=usd(100)), OPENED, LOST],
        [OPENED, replace(REFUND, of_dispute=False)],
        [replace(OPENED, capture="CAP1", by_refund=False), replace(LOST, by_refund=False)],
        [replace(REFUND, state=RefundState.FAILED), OPENED, LOST],
        [OPENED, replace(REFUND, state=RefundState.FAILED)],
    ],
)
def test_what_is_surely_another_matter_applies(told: list[DisputeReport | RefundReport]) -> None:
    assert _told(*told)[1] is Meaning.MOVE


def test_a_refund_that_we_asked_for_is_no_end_of_a_dispute() -> None:
    asked = RefundReport(RefundState.REQUESTED, "ref_1", amount=usd(2_000))
    made = RefundReport(RefundState.SUCCEEDED, "ref_1", "RE1", usd(2_000), capture="CAP1", of_dispute=True)
    assert _told(asked, OPENED, made)[1] is Meaning.MOVE
    assert _told(asked, made, OPENED, LOST)[1] is Meaning.MOVE
