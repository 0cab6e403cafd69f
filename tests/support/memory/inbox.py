"""Provider events in memory: those that came, and those that wait for what they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.support.memory.store import DueAt, MemoryStore, MemoryWrite, Place, Refusal, due
from tollgate.inbox.model import APPLIED_WITHIN, Outcome, ProviderEvent, try_again_at
from tollgate.inbox.ports import AlreadySettled, InboxRepository
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.ports import ParkedEvents, PaymentKey

INBOX, PARKED, WAKE = "inbox", "parked", "wake"


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it came, and what has become of it. None while it waits to be applied for the first time."""

    event: ProviderEvent
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that waits, or has waited, for a payment."""

    event: ProviderEvent
    woken: bool = False


class MemoryInbox(InboxRepository):
    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    def accept(self, event: ProviderEvent) -> bool:
        def refuse(stored: Any) -> Refusal:
            return AlreadySettled("stored before") if stored else None

        lost_by = due(event.received_at + APPLIED_WITHIN)
        try:
            self._unit_of_work.commit(MemoryWrite(_place(event), Kept(event), refuse, lost_by))
        except AlreadySettled:
            return False
        return True

    def get(self, provider: str, event_id: str) -> ProviderEvent | None:
        stored = self._store.items.get((INBOX, provider, event_id))
        return stored.event if stored else None

    def outcome(self, provider: str, event_id: str) -> Outcome | None:
        stored = self._store.items.get((INBOX, provider, event_id))
        return stored.outcome if stored else None

    def park(self, event: ProviderEvent, key: PaymentKey, at: datetime) -> tuple[Write, ...]:
        place = (PARKED, key.tenant, key.id, event.provider, event.id)
        return (self.settle(event, Outcome.PARKED, at), MemoryWrite(place, Parked(event), lambda _: None))

    def settle(self, event: ProviderEvent, outcome: Outcome, at: datetime) -> Write:
        again = due(None if outcome.is_final else try_again_at(event.received_at, at))
        return _while_waiting(event, lambda stored: replace(stored, outcome=outcome), again)

    def put_away(self, event: ProviderEvent, at: datetime) -> Write:
        return _while_waiting(event, lambda stored: stored, due(None))


class MemoryParking(ParkedEvents):
    """Each event that is woken is stored once more, under a number of its own, for whoever reads the stream."""

    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    @property
    def woken(self) -> list[ProviderEvent]:
        """Every event that was ever woken, as often as it was."""
        return self._store.of(WAKE)

    def wake(self, key: PaymentKey) -> int:
        found = self._store.under(PARKED, key.tenant, key.id)
        waiting = [(place, parked.event) for place, parked in found if not parked.woken]
        for place, event in waiting:
            wake = (WAKE, event.provider, event.id, str(next(self._store.numbers)))
            self._unit_of_work.commit(
                MemoryWrite(place, Parked(event, woken=True), lambda _: None),
                MemoryWrite(wake, event, lambda _: None),
            )
        return len(waiting)


def _while_waiting(event: ProviderEvent, value: Callable[[Kept], Kept], again: Callable[[DueAt], DueAt]) -> Write:
    def refuse(stored: Kept | None) -> Refusal:
        waiting = stored is not None and (stored.outcome is None or not stored.outcome.is_final)
        return None if waiting else AlreadySettled(f"{event.provider} event {event.id} was settled before")

    return MemoryWrite(_place(event), value, refuse, again)


def _place(event: ProviderEvent) -> Place:
    return (INBOX, event.provider, event.id)
