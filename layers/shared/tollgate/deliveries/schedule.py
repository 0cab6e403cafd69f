"""When an event is tried again that a consumer did not take."""

from __future__ import annotations

from datetime import timedelta

# After the first try that failed, the second, and so on: for about a day.
WAITS = tuple(timedelta(minutes=each) for each in (1, *2 * [5], *5 * [10], *5 * [60], *3 * [360]))


def wait_after(failures: int) -> timedelta | None:
    """How long to wait after so many tries have failed; None when that was the last."""
    return WAITS[failures - 1] if failures <= len(WAITS) else None


def is_last(failures: int) -> bool:
    """Whether the next try is the last, after so many that failed."""
    return failures >= len(WAITS)
