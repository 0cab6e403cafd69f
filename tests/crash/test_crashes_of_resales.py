"""Tickets that are resold, with every fault at every call."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_resale import RESALES
from tests.support.crashing import Harness, Operation

OPERATIONS = RESALES
# All that is reported, in the order of docs/reliability.md.
NAMES = tuple(operation.name for operation in OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_money_of_a_resale_goes_one_way_and_once(harness: Harness, operation: Operation, judge: Judge) -> None:
    judge(harness.enumerate(operation))
