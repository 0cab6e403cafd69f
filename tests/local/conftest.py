"""The laptop stack's tests share one running sample stack; what kills or resets starts its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.laptop import SAMPLE, Laptop


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A stack that tests only add to."""
    root = tmp_path_factory.mktemp("laptop")
    running = Laptop(_sources(root), root / "state")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def own_laptop(tmp_path: Path) -> Iterator[Laptop]:
    """A stack for one test, not started yet."""
    mine = Laptop(_sources(tmp_path), tmp_path / "state")
    yield mine
    mine.stop()


def _sources(root: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, root / "sources"))
