"""Every promise of the store is tried on the fakes, on the engine and on moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.engine import Engine
from tests.support.moto_dynamodb import moto_dynamodb
from tests.support.stores import InMemory, OnDynamo, Store, on_dynamo


@pytest.fixture(params=["memory", "ministack", "moto"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store, of each kind."""
    if request.param == "memory":
        yield InMemory()
    else:
        yield from _dynamo(request)


@pytest.fixture(params=["ministack", "moto"])
def dynamo(request: pytest.FixtureRequest) -> Iterator[OnDynamo]:
    """Empty tables, for what only the adapters promise."""
    yield from _dynamo(request)


@pytest.fixture(params=["memory", "ministack"])
def racing_store(request: pytest.FixtureRequest) -> Store:
    """An empty store that many may use at once."""
    return InMemory() if request.param == "memory" else on_dynamo(_url(request))


@pytest.fixture
def ministack(engine: Engine) -> OnDynamo:
    """Empty tables in the engine."""
    return on_dynamo(engine.url)


def _dynamo(request: pytest.FixtureRequest) -> Iterator[OnDynamo]:
    if request.param == "ministack":
        yield on_dynamo(_url(request))
        return
    with moto_dynamodb():
        yield on_dynamo(None)


def _url(request: pytest.FixtureRequest) -> str:
    engine: Engine = request.getfixturevalue("engine")
    return engine.url
