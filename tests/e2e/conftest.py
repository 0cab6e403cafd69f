"""The real stack: one that tests only add to, and one of its own for a test that kills it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.client import Client
from tests.local.laptop import REPOSITORY, Laptop


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    laptop = Laptop(REPOSITORY, tmp_path_factory.mktemp("stack"))
    try:
        laptop.start()
        yield laptop
    finally:
        laptop.stop()


@pytest.fixture(scope="module")
def moved_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """On whose clock weeks pass: what lies in the future of the other tests would be in their way. It ends with its
    module: all that a stack does by schedule, it does while others are tested.
    """
    laptop = Laptop(REPOSITORY, tmp_path_factory.mktemp("moved"))
    try:
        laptop.start()
        yield laptop
    finally:
        laptop.stop()


@pytest.fixture
def client(stack: Laptop) -> Client:
    return Client(stack)


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Laptop]:
    """Not started yet."""
    laptop = Laptop(REPOSITORY, tmp_path / "state")
    yield laptop
    laptop.stop()
