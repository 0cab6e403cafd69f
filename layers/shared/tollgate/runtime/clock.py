"""The domain clock of a deployment: the system's, or, on a laptop, one that can be moved forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tollgate.kernel.clock import Clock, SystemClock


class MovableClock(Clock):
    """The system's time plus the seconds written in a file, read each time so that every process moves at once."""

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        now = datetime.now(UTC)
        try:
            return now + timedelta(seconds=float(self._offset_file.read_text()))
        except (FileNotFoundError, ValueError, OverflowError):
            return now


def clock_for(clock_file: str) -> Clock:
    """No file is named in any cloud environment."""
    return MovableClock(Path(clock_file)) if clock_file else SystemClock()
