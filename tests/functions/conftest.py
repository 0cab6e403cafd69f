"""A deployment per test, on one engine per test process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.reconciling import Stuck, stuck_deployment
from tests.simulators.world import World, a_world
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine, running_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with running_engine() as running:
        yield running


@pytest.fixture
def deployed(engine: Engine) -> Iterator[Deployment]:
    with deployment(engine) as made:
        yield made


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[World]:
    """A Stripe of its own."""
    with a_world(tmp_path) as world:
        yield world


@pytest.fixture
def stuck(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Stuck]:
    """A deployment in which things can be left stuck, with clocks that move."""
    with stuck_deployment(engine, stripe, tmp_path) as made:
        yield made
