"""Idempotency records in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.memory.store import MemoryStore, MemoryWrite, Refusal, due
from tollgate.kernel.idempotency import AlreadyBegun, IdempotencyRecord, IdempotencyRepository, LeaseLost
from tollgate.kernel.unit_of_work import Write

IDEMPOTENCY = "idempotency"


class MemoryIdempotency(IdempotencyRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, id_: str) -> IdempotencyRecord | None:
        found: IdempotencyRecord | None = self._store.items.get((IDEMPOTENCY, id_))
        return found

    def begin(self, record: IdempotencyRecord) -> Write:
        return self._put(record, lambda stored: AlreadyBegun(stored) if stored else None)

    def take_over(self, stored: IdempotencyRecord, successor: IdempotencyRecord) -> Write:
        return self._put(successor, _fence(stored.lease_owner, stored.lease_expires_at))

    def move(self, moved: IdempotencyRecord) -> Write:
        return self._put(moved, _fence(moved.lease_owner))

    def finish(self, record: IdempotencyRecord) -> Write:
        return self._put(record, _fence(record.lease_owner))

    def release(self, released: IdempotencyRecord) -> Write:
        return self._put(released, _fence(released.lease_owner))

    def _put(self, record: IdempotencyRecord, refuse: Callable[[Any], Refusal]) -> Write:
        return MemoryWrite((IDEMPOTENCY, record.id), replace(record, ask_at=None), refuse, due(record.due_at))


def _fence(owner: str, expiry: datetime | None = None) -> Callable[[Any], Refusal]:
    def refuse(stored: Any) -> Refusal:
        held = stored is not None and stored.lease_owner == owner and stored.response is None
        unmoved = expiry is None or (held and stored.lease_expires_at == expiry)
        return None if held and unmoved else LeaseLost("another request took this work over")

    return refuse
