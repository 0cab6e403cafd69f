"""What the person at the terminal sees while the stack starts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints one line per finished step, with its duration."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet

    def say(self, line: str) -> None:
        if not self._quiet:
            print(line, flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self.say(f"  ✗ {name}")
            raise
        self.say(f"  ✓ {name:<24} {time.monotonic() - started:5.1f} s")
