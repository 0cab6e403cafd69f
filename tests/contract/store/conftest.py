"""Every promise of the store is tried on the fakes, the engine and moto, and on DynamoDB Local where one runs."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tests.support.dynamodb_local import address
from tests.support.engine import Engine
from tests.support.moto_dynamodb import moto_dynamodb
from tests.support.stores import InMemory, OnDynamo, Store, on_dynamo
from tollgate.adapters.dynamodb import store as adapter

# Those that are processes of their own: for what needs a connection that breaks, or many at once.
ENGINES = ["ministack", "dynamodb-local"] if address() else ["ministack"]


@pytest.fixture(scope="session", autouse=True)
def unhurried() -> Iterator[None]:
    """A Java program that shares its machine takes seconds where AWS takes milliseconds. An answer that comes
    late would be a fault that no test asked for; those who ask for one make it themselves.
    """
    with patch.object(adapter, "READ_TIMEOUT_SECONDS", 60 if address() else adapter.READ_TIMEOUT_SECONDS):
        yield


@pytest.fixture(params=["memory", "moto", *ENGINES])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store, of each kind."""
    if request.param == "memory":
        yield InMemory()
    else:
        yield from _dynamo(request)


@pytest.fixture(params=["moto", *ENGINES])
def dynamo(request: pytest.FixtureRequest) -> Iterator[OnDynamo]:
    """Empty tables, for what only the adapters promise."""
    yield from _dynamo(request)


@pytest.fixture(params=["memory", *ENGINES])
def racing_store(request: pytest.FixtureRequest) -> Store:
    """An empty store that many may use at once."""
    return InMemory() if request.param == "memory" else _served(request)


@pytest.fixture(params=ENGINES)
def served(request: pytest.FixtureRequest) -> OnDynamo:
    """Empty tables in a process of their own."""
    return _served(request)


def _dynamo(request: pytest.FixtureRequest) -> Iterator[OnDynamo]:
    if request.param == "moto":
        with moto_dynamodb():
            yield on_dynamo(None)
    else:
        yield _served(request)


def _served(request: pytest.FixtureRequest) -> OnDynamo:
    if request.param == "dynamodb-local":
        return on_dynamo(address())
    engine: Engine = request.getfixturevalue("engine")
    return on_dynamo(engine.url)
