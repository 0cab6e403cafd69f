"""Every operation, with every fault at every one of its calls: nothing is lost, nothing happens twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_checkout import CHECKOUT
from tests.crash.operations_events import EVENTS
from tests.crash.operations_refunds import REFUNDS
from tests.support.crashing import Harness, Operation, Point
from tests.support.crashing_faults import CRASH_AFTER, CRASH_BEFORE
from tests.support.crashing_world import World

OPERATIONS = (*CHECKOUT, *EVENTS, *REFUNDS)
LATE = "checkout create, client late"
# All that is reported, in the order of docs/reliability.md.
NAMES = (*(operation.name for operation in OPERATIONS), LATE)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_nothing_is_lost_and_nothing_happens_twice(harness: Harness, operation: Operation, judge: Judge) -> None:
    judge(harness.enumerate(operation))


def test_the_reconciler_finishes_what_no_client_comes_back_for(harness: Harness, judge: Judge) -> None:
    """The client comes back for its answer when all is done, and gets what was stored for it."""
    opening = next(operation for operation in OPERATIONS if operation.name == "checkout create")
    patient = replace(harness, late=True)
    judge(patient.enumerate(replace(opening, name=LATE, prepare=World.warm), _dies))


def _dies(point: Point) -> bool:
    return point.fault in (CRASH_BEFORE, CRASH_AFTER)
