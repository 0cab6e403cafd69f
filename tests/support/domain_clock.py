"""The time of a deployment and of the simulators around it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class DomainClock:
    """The machine's, moved forward."""

    file: Path
    offset: float = 0.0

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self.file.write_text(str(self.offset))

    def now(self) -> float:
        return time.time() + self.offset
