from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.world import World, a_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A simulator of the test's own."""
    with a_world(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
def shared_world(_running: World) -> World:
    """An emptied simulator for tests that do not count webhooks: an earlier test's may still be on their way."""
    _running.control("reset")
    return _running


@pytest.fixture(scope="module")
def _of_the_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("module")) as running:
        yield running


@pytest.fixture
def billing_world(_of_the_module: World) -> World:
    """An emptied simulator for tests that move the clock by months, which starts at the present for each of them.

    It sends no webhooks: what it reports is read from its events.
    """
    _of_the_module.clock.offset = 0
    _of_the_module.control("reset")
    _of_the_module.control("webhooks/pause")
    return _of_the_module
