"""One engine and one deployment for all points: each has a buyer of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash import invariants_of_reversals  # noqa: F401 - registers them
from tests.crash.invariants import ALWAYS, EVENTUALLY
from tests.support.crashing import Harness
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine, running_engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine() as running:
        yield running


@pytest.fixture(scope="module")
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(engine, tmp_path_factory.mktemp("crash")) as made:
        yield made


@pytest.fixture
def harness(world: World) -> Harness:
    return Harness(world, ALWAYS, EVENTUALLY)
