"""The laptop's clock moves for every process at once, and a cloud deployment has none that moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tollgate.kernel.clock import SystemClock
from tollgate.runtime.clock import MovableClock, clock_for


def _ahead(file: Path) -> float:
    clock = MovableClock(file)
    return (clock.now() - datetime.now(UTC)).total_seconds()


def test_without_a_file_named_it_is_the_systems_clock() -> None:
    assert isinstance(clock_for(""), SystemClock)


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("3600", 3600), (" 86400.5\n", 86400.5), ("-60", -60)])
def test_it_is_ahead_by_what_the_file_says(tmp_path: Path, text: str, seconds: float) -> None:
    file = tmp_path / "offset"
    file.write_text(text)
    assert abs(_ahead(file) - seconds) < 1


def test_it_moves_while_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    clock = clock_for(str(file))
    before = clock.now()
    file.write_text("604800")
    assert clock.now() - before >= timedelta(days=7)


@pytest.mark.parametrize("text", ["", "soon", "1,5", "nan", "inf", "-inf", "1e300"])
def test_a_file_that_makes_no_sense_moves_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "offset"
    file.write_text(text)
    assert abs(_ahead(file)) < 1


def test_a_missing_file_moves_nothing(tmp_path: Path) -> None:
    assert abs(_ahead(tmp_path / "nothing")) < 1
