"""Subscriptions at Stripe, with every fault at every call."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_dunning import DUNNING
from tests.crash.operations_subscriptions import SUBSCRIPTIONS
from tests.support.crashing import Harness, Operation

OPERATIONS = (*SUBSCRIPTIONS, *DUNNING)
# All that is reported, in the order of docs/reliability.md.
NAMES = tuple(operation.name for operation in OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_nobody_is_charged_twice_and_what_is_charged_is_known(
    harness: Harness, operation: Operation, judge: Judge
) -> None:
    judge(harness.enumerate(operation))
