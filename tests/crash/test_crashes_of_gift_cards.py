"""Gift cards, credit, and checkouts that are paid with them, with every fault at every call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_gift_cards import GIFT_CARDS
from tests.crash.operations_tenders import TENDERS, holder_again
from tests.support.crashing import Harness, Operation, Point
from tests.support.crashing_faults import CRASH_AFTER, CRASH_BEFORE

OPERATIONS = (*GIFT_CARDS, *TENDERS)
LATE = "checkout with tenders, client late"
# All that is reported, in the order of docs/reliability.md.
NAMES = (*(operation.name for operation in OPERATIONS), LATE)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_value_is_spent_twice_and_none_is_lost(harness: Harness, operation: Operation, judge: Judge) -> None:
    judge(harness.enumerate(operation))


def test_the_reconciler_finishes_a_checkout_that_holds_value(harness: Harness, judge: Judge) -> None:
    """The client comes back for its answer when all is done, and gets what was stored for it."""
    patient, (opening, *_) = replace(harness, late=True), TENDERS
    judge(patient.enumerate(replace(opening, name=LATE, prepare=holder_again), _dies))


def _dies(point: Point) -> bool:
    return point.fault in (CRASH_BEFORE, CRASH_AFTER)
