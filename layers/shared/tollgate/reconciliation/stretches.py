"""Sweeping over time: stretch by stretch, each only once, from where the last run came to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tollgate.reconciliation.ports import RunRepository

# Where nothing was swept before.
FIRST_SWEEP = timedelta(days=1)
# A run begins with as much as passes between two of them, so that it gets further however busy that time was. What is
# quiet is made up for in long strides.
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(hours=1)


def sweep_until(
    until: datetime,
    runs: RunRepository,
    name: str,
    look: Callable[[datetime, datetime], bool],
    out_of_time: Callable[[], bool],
) -> bool:
    """Whether it came to `until`. `look` is given [since, until) of a stretch, and says whether it is done with it: one
    that is not is begun anew by the next run.
    """
    since, step = runs.mark(name) or until - FIRST_SWEEP, _SHORTEST
    while since < until:
        end = min(since + step, until)
        if out_of_time() or not look(since, end):
            return False
        runs.advance(name, end)
        since, step = end, min(2 * step, _LONGEST)
    return True
