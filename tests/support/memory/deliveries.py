"""The deliveries' ports in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.memory import events, lists
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal, due
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Aggregate, Delivery, Lane, StoredEvent
from tollgate.deliveries.ports import (
    LONGEST_DELAY,
    Answer,
    Consumers,
    Courier,
    DeliveriesPage,
    DeliveryChanged,
    DeliveryLog,
    Histories,
    LaneChanged,
    Lanes,
    Wake,
    Wakes,
    Wanted,
    Wish,
)
from tollgate.kernel.clock import epoch, to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write

LANE, DELIVERY = "lane", "delivery"


class MemoryConsumers(Consumers):
    def __init__(self, *consumers: Consumer) -> None:
        self._consumers = {each.key: each for each in consumers}

    def all(self) -> tuple[Consumer, ...]:
        return tuple(self._consumers.values())

    def put(self, consumer: Consumer) -> None:
        self._consumers[consumer.key] = consumer


class MemoryHistories(Histories):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def after(self, aggregate: Aggregate, position: int, limit: int) -> Sequence[StoredEvent]:
        found = [each for _, each in self._store.under(events.EVENT, aggregate.tenant, aggregate.type, aggregate.id)]
        later = sorted((each for each in found if each.sequence > position), key=lambda each: each.sequence)
        return [as_stored(each) for each in later[:limit]]


def as_stored(event: Event) -> StoredEvent:
    aggregate = Aggregate(event.tenant, event.aggregate_type, event.aggregate_id)
    return StoredEvent(aggregate, event.sequence, event.type, event.occurred_at, event.to_json())


class MemoryLanes(Lanes):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, consumer: str, aggregate: Aggregate) -> Lane | None:
        found: Lane | None = self._store.items.get(_place(consumer, aggregate))
        return found

    def put(self, lane: Lane) -> Write:
        def refuse(stored: Lane | None) -> Refusal:
            return None if (stored.version if stored else 0) == lane.version - 1 else LaneChanged("taken by another")

        return MemoryWrite(_place(lane.consumer, lane.aggregate), lane, refuse, due(lane.due_at))

    def look_again(self, lane: Lane, at: datetime) -> Write:
        def refuse(stored: Lane | None) -> Refusal:
            return None if stored and stored.version == lane.version else LaneChanged("taken by another")

        later = epoch(at)
        place = _place(lane.consumer, lane.aggregate)
        return MemoryWrite(place, lambda stored: stored, refuse, lambda held: None if held is None else later)


class MemoryDeliveryLog(DeliveryLog):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Delivery | None:
        found: Delivery | None = self._store.items.get((DELIVERY, tenant, id_))
        return found

    def put(self, delivery: Delivery) -> Write:
        def refuse(stored: Delivery | None) -> Refusal:
            before = stored.version if stored else 0
            return None if before == delivery.version - 1 else DeliveryChanged(stored)

        return MemoryWrite((DELIVERY, delivery.aggregate.tenant, delivery.id), delivery, refuse)

    def list(
        self, tenant: str, wanted: Wanted, *, since: datetime, until: datetime, limit: int, cursor: str | None
    ) -> DeliveriesPage:
        found = [
            each
            for _, each in self._store.under(DELIVERY, tenant)
            if wanted.takes(each) and to_iso(since) <= _listed_at(each)
        ]
        bound_to = (tenant, wanted.consumer, wanted.state, wanted.aggregate_id)
        return DeliveriesPage(*lists.page(found, _listed_at, limit, cursor, bound_to, to_iso(until)))


class MemoryWakes(Wakes):
    """What was sent, each with its delay, until a test takes it out."""

    def __init__(self) -> None:
        self.sent: list[tuple[Wake | Wish, timedelta]] = []

    def send(self, message: Wake | Wish, delay: timedelta = timedelta(0)) -> None:
        if not timedelta(0) <= delay <= LONGEST_DELAY:
            raise ValueError("a message cannot be delayed for so long")
        self.sent.append((message, delay))


@dataclass(frozen=True)
class Posted:
    """One request as it arrived."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class ScriptedCourier(Courier):
    """Takes everything, but what `answers` says otherwise. `meanwhile` is what happens while one is on its way."""

    posted: list[Posted] = field(default_factory=list)
    answers: Callable[[Posted], Answer] = lambda _: Answer(3, 204)
    meanwhile: Callable[[Posted], None] = lambda _: None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        posted = Posted(url, headers, body)
        self.meanwhile(posted)
        answer = self.answers(posted)
        self.posted.append(posted)
        return answer


def _place(consumer: str, aggregate: Aggregate) -> Place:
    return (LANE, consumer, aggregate.tenant, aggregate.type, aggregate.id)


def _listed_at(delivery: Delivery) -> str:
    return lists.listed_at(delivery.created_at, delivery.id)
