"""One engine and one deployment for all points: each has a buyer of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest

from tests.crash import (
    invariants_of_charges,  # noqa: F401 - registers them
    invariants_of_events,  # noqa: F401 - registers them
    invariants_of_gift_cards,  # noqa: F401 - registers them
    invariants_of_groups,  # noqa: F401 - registers them
    invariants_of_payouts,  # noqa: F401 - registers them
    invariants_of_renewals,  # noqa: F401 - registers them
    invariants_of_resales,  # noqa: F401 - registers them
    invariants_of_reversals,  # noqa: F401 - registers them
    invariants_of_subscriptions,  # noqa: F401 - registers them
)
from tests.crash.invariants import ALWAYS, EVENTUALLY
from tests.support.crashing import Harness, Tried, report
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine, running_engine
from tests.support.lighter_connections import lighter_connections
from tollgate.adapters.dynamodb import cache
from tollgate.routing import health

type Judge = Callable[[Tried], None]


@pytest.fixture(scope="module", autouse=True)
def memory_without_end() -> Iterator[None]:
    """What an instance has read, it keeps: read anew in the middle, it would number the calls of an operation anew."""
    with patch.object(cache, "TTL_SECONDS", math.inf), patch.object(health, "KEPT_SECONDS", math.inf):
        yield


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine() as running, lighter_connections(running):
        yield running


@pytest.fixture(scope="module")
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(engine, tmp_path_factory.mktemp("crash")) as made:
        yield made


@pytest.fixture
def harness(world: World) -> Harness:
    return Harness(world, ALWAYS, EVENTUALLY)


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """Write the figures down, and fail for whatever did not hold."""

    def judged(tried: Tried) -> None:
        report([tried])
        with capsys.disabled():
            told = f"{len(tried.points)} at {len(tried.calls)} calls, {len(tried.reconciled)} needed the reconciler"
            print(f"\ncrash points: {tried.operation} {told}", end=" ")
        assert tried.points
        assert not tried.violations, "\n" + "\n".join(map(str, tried.violations))

    return judged
