"""Our own events in memory: one place each, beside those of the same aggregate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.reconciliation.ports import EventLog, PublishedEvent

EVENT, MARK = "event", "mark"


def place_of(tenant: str, aggregate_type: str, aggregate_id: str, sequence: int) -> Place:
    return (EVENT, tenant, aggregate_type, aggregate_id, str(sequence))


def append(event: Event) -> Write:
    """Store an event as the next of its aggregate."""

    def refuse(stored: Any) -> Refusal:
        gap = f"event {event.sequence} of {event.aggregate_id} exists although its aggregate is older"
        return AssertionError(gap) if stored else None

    place = place_of(event.tenant, event.aggregate_type, event.aggregate_id, event.sequence)
    return MemoryWrite(place, event, refuse)


class MemoryEventLog(EventLog):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def between(self, since: datetime, until: datetime) -> Iterator[PublishedEvent]:
        first, end = _cut(since), _cut(until)
        stored = self._store.under(EVENT)
        found = [(place, event) for place, event in stored if first <= event.occurred_at < end]
        for place, event in sorted(found, key=lambda each: (each[1].occurred_at, each[0])):
            yield published(event, seen=(MARK, *place[1:]) in self._store.items)


def _cut(instant: datetime) -> datetime:
    """To the millisecond in which it lies, as tables tell it."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def published(event: Event, *, seen: bool = False) -> PublishedEvent:
    """As the bus and the log know it."""
    names = (event.id, event.tenant, event.type, event.aggregate_id, event.sequence)
    return PublishedEvent(*names, event.to_json(), seen)
