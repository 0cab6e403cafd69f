"""Time in which nothing happened. A reconciler that runs every five minutes has swept it long ago; in strides it would
take most of a history's time, and see nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tests.simulation.rooms import Rooms
from tests.support.memory.events import EVENT
from tests.support.memory.reconciliation import MemoryRuns
from tests.support.memory.store import MemoryUnitOfWork
from tollgate.reconciliation.delivery import DELIVERED_WITHIN, SWEEP
from tollgate.reconciliation.provider_sessions import PASSES
from tollgate.reconciliation.stretches import FIRST_SWEEP


def skip_lulls(rooms: Rooms) -> None:
    """Each sweep goes on at the first thing that it has not seen, or is done. It meets no faults on the way there."""
    store, now = rooms.stored.store, rooms.clock.now()
    runs = MemoryRuns(store, MemoryUnitOfWork(store))
    _skip(runs, SWEEP, now - DELIVERED_WITHIN, (each.occurred_at for each in store.of(EVENT)))
    for name, books in rooms.books.items():
        made = [datetime.fromtimestamp(each["created"], UTC) for each in books.sessions.values()]
        for pass_, lag in PASSES.items():
            _skip(runs, f"sessions:{name}:{pass_}", now - lag, made)


def _skip(runs: MemoryRuns, sweep: str, until: datetime, happened: Iterable[datetime]) -> None:
    since = runs.mark(sweep) or until - FIRST_SWEEP
    # Providers tell time in seconds: what was made in this one may come before or after.
    unseen = [each for each in happened if each >= since.replace(microsecond=0)]
    to = min([until, *unseen])
    if since < to:
        runs.advance(sweep, to)
