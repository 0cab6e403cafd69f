"""Groups that pay together, with every fault at every call."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_group_holds import GROUP_HOLDS
from tests.crash.operations_groups import GROUPS
from tests.support.crashing import Harness, Operation

OPERATIONS = (*GROUPS, *GROUP_HOLDS)
# All that is reported, in the order of docs/reliability.md.
NAMES = tuple(operation.name for operation in OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_group_completes_or_fails_and_its_money_agrees(harness: Harness, operation: Operation, judge: Judge) -> None:
    judge(harness.enumerate(operation))
