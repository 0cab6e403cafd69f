"""Progress for the person on stderr; the summary for programs, one JSON document, on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

type Say = Callable[[str], None]

# A summary names so many of what is left; the rest is counted, so that a bad day's summary stays readable.
NAMED = 100


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def summarize(summary: Mapping[str, Any]) -> None:
    print(json.dumps(summary, indent=2), flush=True)


@dataclass(slots=True)
class Leftovers:
    """What could not be done, with the reason: all of it counted, the first of it named."""

    count: int = 0
    named: list[dict[str, str]] = field(default_factory=list)

    def add(self, what: str, why: str) -> None:
        self.count += 1
        if len(self.named) < NAMED:
            self.named.append({"what": what, "why": why})

    def summary(self) -> dict[str, Any]:
        return {"count": self.count, "named": self.named}
