"""Charges at once, and failover, with every fault at every call: a world of their own, with a second provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_charges import CHARGES
from tests.crash.operations_failover import FAILOVER
from tests.crash.operations_lost_charges import LATE, UNKNOWN
from tests.support.crashing import Harness, Operation
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine

OPERATIONS = (*FAILOVER, *CHARGES, *UNKNOWN)
# All that is reported, in the order of docs/reliability.md.
NAMES = (*(operation.name for operation in OPERATIONS), LATE.name)


@pytest.fixture(scope="module")
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(engine, tmp_path_factory.mktemp("charges"), with_square=True) as made:
        yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_money_is_taken_once_at_most_and_the_payment_tells_the_truth(
    harness: Harness, operation: Operation, judge: Judge
) -> None:
    judge(harness.enumerate(operation))


def test_the_reconciler_finds_the_truth_where_nobody_comes_back_and_charges_nobody(
    harness: Harness, judge: Judge
) -> None:
    """Neither the client nor a webhook, until all is done."""
    judge(replace(harness, late=True).enumerate(LATE))
