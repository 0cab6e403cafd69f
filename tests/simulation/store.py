"""The store and the bus as rooms meet them: every commit and every publication is a boundary."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulation.tasks import NEVER_BEGUN, UNHEARD, Kind, done, reach
from tests.support.memory.store import MemoryUnitOfWork
from tollgate.kernel.errors import StoreUnavailable, WriteOutcomeUnknown
from tollgate.kernel.unit_of_work import Write
from tollgate.reconciliation.ports import PublishedEvent, Publisher


class FaultyUnitOfWork(MemoryUnitOfWork):
    """Atomic, whatever befalls it."""

    def commit(self, *writes: Write) -> None:
        kind = reach()
        if kind in NEVER_BEGUN or kind is Kind.BROKEN:
            raise StoreUnavailable("throttled")
        if kind is Kind.REQUEST_LOST:
            raise WriteOutcomeUnknown("connection reset")
        super().commit(*writes)
        done(kind)
        if kind in UNHEARD:
            raise WriteOutcomeUnknown("read timeout")


class FaultyBus(Publisher):
    """Keeps what it took, in order. Broken, it takes the first half."""

    def __init__(self) -> None:
        self.taken: list[PublishedEvent] = []

    def publish(self, events: Sequence[PublishedEvent]) -> int:
        kind = reach()
        if kind in NEVER_BEGUN or kind is Kind.REQUEST_LOST:
            return 0
        taken = events[: len(events) // 2] if kind is Kind.BROKEN else events
        self.taken += taken
        done(kind)
        return 0 if kind in UNHEARD else len(taken)
