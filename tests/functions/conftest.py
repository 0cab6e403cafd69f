"""A deployment per test, on one engine per test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
