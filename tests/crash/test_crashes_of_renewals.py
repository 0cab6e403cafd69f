"""Subscriptions that we charge, with every fault at every call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.conftest import Judge
from tests.crash.operations_charged_orders import ORDERS
from tests.crash.operations_debts import DEBTS
from tests.crash.operations_lost_renewals import LOST
from tests.crash.operations_renewals import RENEWALS
from tests.support.crashing import Harness, Operation
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine

OPERATIONS = (*ORDERS, *RENEWALS, *LOST, *DEBTS)
# All that is reported, in the order of docs/reliability.md.
NAMES = tuple(operation.name for operation in OPERATIONS)


@pytest.fixture
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for each operation: what earlier ones have left comes due after some days, and a world does not live so
    long.
    """
    with a_world(engine, tmp_path_factory.mktemp("renewals")) as made:
        yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_period_is_charged_once_and_whoever_owes_is_known(
    harness: Harness, operation: Operation, judge: Judge
) -> None:
    judge(harness.enumerate(operation))
