"""The domain clock of the laptop stack: an offset in seconds, kept in a file that every process reads.

Functions, Step Functions waits and the simulators follow it; signatures and tokens use the wall clock.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `15m`, `3d`, `1d12h`. Raises ValueError for anything else."""
    compact = text.replace(" ", "").lower()
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"{text!r} is not a duration: write e.g. 90s, 15m, 3d or 1d12h")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class ClockFile:
    """Reads and moves the offset; a missing or unreadable file means no offset."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def offset(self) -> float:
        try:
            return float(self._path.read_text())
        except (OSError, ValueError):
            return 0.0

    def now(self) -> float:
        """Epoch seconds of the domain clock."""
        return time.time() + self.offset()

    def advance(self, seconds: float) -> None:
        self._write(self.offset() + seconds)

    def reset(self) -> None:
        self._write(0.0)

    def _write(self, offset: float) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(repr(offset))
        fresh.replace(self._path)
