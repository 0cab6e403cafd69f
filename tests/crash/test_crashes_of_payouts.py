"""Payouts, with every fault at every call: a world of their own, in which nothing but payouts is ever due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_payouts import PAYOUTS, earned_again
from tests.support.crashing import Harness, Operation, Point
from tests.support.crashing_faults import CRASH_AFTER, CRASH_BEFORE

LATE = "payout, owner late"
# All that is reported, in the order of docs/reliability.md.
NAMES = (*(operation.name for operation in PAYOUTS), LATE)


@pytest.mark.parametrize("operation", PAYOUTS, ids=lambda operation: operation.name)
def test_nothing_is_paid_out_twice_and_nothing_is_lost(harness: Harness, operation: Operation, judge: Judge) -> None:
    judge(harness.enumerate(operation))


def test_the_reconciler_finishes_a_payout_that_no_owner_comes_back_for(harness: Harness, judge: Judge) -> None:
    patient, (payout, *_) = replace(harness, late=True), PAYOUTS
    judge(patient.enumerate(replace(payout, name=LATE, prepare=earned_again), _dies))


def _dies(point: Point) -> bool:
    return point.fault in (CRASH_BEFORE, CRASH_AFTER)
