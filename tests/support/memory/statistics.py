"""The statistics' port in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.support.memory import events
from tests.support.memory.store import MemoryStore, MemoryWrite, Refusal
from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import shard
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.model import AGGREGATE
from tollgate.statistics.model import Occurrence, Tally
from tollgate.statistics.months import MonthTally
from tollgate.statistics.ports import AlreadyCounted, NotStored, StatisticsRepository


class MemoryStatistics(StatisticsRepository):
    """Marks lie beside the events, by the same key; counters are tallies."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def mark(self, occurrence: Occurrence) -> Write:
        tenant, payment_id, sequence = occurrence.identity
        place = events.place_of(tenant, AGGREGATE, payment_id, sequence)

        def refuse(marked: Any) -> Refusal:
            if marked:
                return AlreadyCounted(occurrence, "was counted before")
            event = self._store.items.get(place)
            ours = event is not None and event.type == occurrence.type
            return None if ours else NotStored(occurrence, "is not stored")

        return MemoryWrite((events.MARK, *place[1:]), True, refuse)

    def add(self, tenant: str, bucket: datetime, counted: Tally, spread: str) -> Write:
        place = ("counters", tenant, to_iso(bucket), str(shard(spread, 4)))
        return MemoryWrite(place, lambda stored: (stored or Tally()) + counted, lambda _: None)

    def add_to_month(self, tenant: str, month: str, counted: MonthTally, spread: str) -> Write:
        place = ("months", tenant, month, str(shard(spread, 4)))
        return MemoryWrite(place, lambda stored: (stored or MonthTally()) + counted, lambda _: None)

    def of_months(self, tenant: str, months: Sequence[str]) -> Mapping[str, MonthTally]:
        kept = [(key, each) for key, each in self._store.items.items() if key[:2] == ("months", tenant)]
        return {month: sum((each for key, each in kept if key[2] == month), MonthTally()) for month in months}

    def since(self, tenant: str, bucket: datetime) -> Tally:
        kept = self._store.under("counters", tenant)
        return sum((each for place, each in kept if place[2] >= to_iso(bucket)), Tally())
