"""Parked provider events on the inbox table, and how they come back."""

from __future__ import annotations

from datetime import timedelta

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import ParkedItem, WakeItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import Clock, epoch
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.payments.ports import ParkedEvents, PaymentKey

# The stream has read it long before.
KEEP_WOKEN = timedelta(days=1)


class DynamoParking(ParkedEvents):
    """One transaction per event ends its waiting and lays a new item into the stream, so that the consumer of the inbox
    applies it. Nothing is deleted: what was woken expires.
    """

    def __init__(self, inbox: Table, unit_of_work: UnitOfWork, clock: Clock, ids: IdFactory) -> None:
        self._inbox = inbox
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    def wake(self, key: PaymentKey) -> int:
        found = self._inbox.query_all(keys.parked(key.tenant, key.id), "")
        waiting = [raw for raw in found if "ttl" not in raw]
        for raw in waiting:
            self._wake(raw)
        return len(waiting)

    def _wake(self, raw: Raw) -> None:
        event = {"provider": raw["provider"]["S"], "event_id": raw["event_id"]["S"]}
        ttl = epoch(self._clock.now() + KEEP_WOKEN)
        woken = ParkedItem(pk=raw["pk"]["S"], sk=raw["sk"]["S"], kind="parked", ttl=ttl, **event)
        pk, sk = keys.wake(event["provider"], event["event_id"], self._ids.new("wake"))
        wake = WakeItem(pk=pk, sk=sk, kind="provider_event_wake", ttl=ttl, **event)
        self._unit_of_work.commit(
            self._inbox.put(woken, None, _never),
            self._inbox.put(wake, None, _never),
        )


def _never(_: Raw | None) -> Exception:
    return ConcurrentChange("a write without condition was refused")
