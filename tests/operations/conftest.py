"""A deployment per test, known to the engine's CloudFormation as a stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from operations import draining
from tests.operations.world import World
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine, running_engine
from tests.support.lighter_connections import lighter_connections


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with running_engine() as running, lighter_connections(running):
        yield running


@pytest.fixture
def deployed(engine: Engine) -> Iterator[Deployment]:
    with deployment(engine, made_up_events=True) as made:
        yield made


@pytest.fixture
def world(deployed: Deployment) -> World:
    return World(deployed)


@pytest.fixture(autouse=True)
def _no_long_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process holds all messages here: an empty answer is at once what it would be a second later."""
    monkeypatch.setattr(draining, "POLL_SECONDS", 0)
