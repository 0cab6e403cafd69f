"""The deliveries room with its fakes: aggregates that get events, consumers, and deliverers as many as a test wants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.support.builders import NOW
from tests.support.fakes import CountingIds, MemorySecrets
from tests.support.memory import events
from tests.support.memory.deliveries import MemoryConsumers, MemoryWakes, ScriptedCourier
from tests.support.stores import InMemory
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Aggregate, Attempt, Delivery
from tollgate.deliveries.ports import Answer, Wake, Wish
from tollgate.deliveries.sending import Sending
from tollgate.deliveries.service import Delivering
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FUNNEL = Consumer("funnel", "https://funnel.example/events", frozenset({"demo"}), frozenset(), NOW - timedelta(days=1))
CREATED, CONFIRMED, REFUNDED = "payments.payment.created", "payments.purchase.confirmed", "payments.purchase.refunded"
TAKEN, REFUSED, SILENT = Answer(3, 204), Answer(5, 500), Answer(5000, None, "no_answer")


def aggregate(name: str = "1", tenant: str = "demo") -> Aggregate:
    return Aggregate(tenant, "payment", derived("pay", name))


@dataclass
class Room:
    """`told` is what the room said of each try."""

    store: InMemory = field(default_factory=InMemory)
    consumers: MemoryConsumers = field(default_factory=lambda: MemoryConsumers(FUNNEL))
    courier: ScriptedCourier = field(default_factory=ScriptedCourier)
    wakes: MemoryWakes = field(default_factory=MemoryWakes)
    secrets: MemorySecrets = field(
        default_factory=lambda: MemorySecrets({"consumers/funnel": {"signing_secrets": [SECRET]}})
    )
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    ids: CountingIds = field(default_factory=CountingIds)
    told: list[tuple[Delivery, Attempt]] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.delivering = self.deliverer()

    def deliverer(self) -> Delivering:
        """Another instance of it."""
        store = self.store.sibling()
        return Delivering(
            consumers=self.consumers,
            histories=store.histories,
            lanes=store.lanes,
            log=store.delivery_log,
            wakes=self.wakes,
            sending=Sending(self.courier, self.secrets, self.clock, lambda: 1_700_000_000, lambda: self.seconds),
            unit_of_work=store.unit_of_work,
            clock=self.clock,
            ids=self.ids,
            on_attempt=lambda delivery, attempt: self.told.append((delivery, attempt)),
        )

    def happens(self, of: Aggregate, *types: str, at: datetime = NOW) -> list[Event]:
        """The next events of an aggregate, stored, and not heard of yet."""
        first = len(self.store.histories.after(of, 0, 1000)) + 1
        made = [Event(each, of.tenant, of.type, of.id, first + number, at) for number, each in enumerate(types)]
        for event in made:
            self.store.unit_of_work.commit(events.append(event))
        return made

    def hears(self, *heard: Event, by: Delivering | None = None) -> None:
        for event in heard:
            of = Aggregate(event.tenant, event.aggregate_type, event.aggregate_id)
            (by or self.delivering).heard(of, event.type, lambda: False)

    def published(self, of: Aggregate, *types: str) -> list[Event]:
        made = self.happens(of, *types)
        self.hears(*made)
        return made

    def wake(self) -> list[timedelta]:
        """All that waits in the queue, once each; how much longer those are hidden that came too early."""
        early, self.wakes.sent, sent = [], [], list(self.wakes.sent)
        for message, _ in sent:
            if isinstance(message, Wish):
                self.delivering.retry(message, lambda: False)
            elif (try_at := self.delivering.woken(message, lambda: False)) is not None:
                self.wakes.sent.append((message, timedelta(0)))
                early.append(try_at - self.clock.now())
        return early

    def later(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.seconds += by.total_seconds()

    def answers(self, answer: Answer, *of: Aggregate) -> None:
        """All requests, or those about these."""
        ids = {each.id for each in of}

        def answered(posted: Any) -> Answer:
            return answer if not ids or json.loads(posted.body)["aggregate"]["id"] in ids else TAKEN

        self.courier.answers = answered

    def arrived(self, of: Aggregate, url: str = FUNNEL.url) -> list[int]:
        """The sequences of an aggregate's events that were sent to a consumer, in the order in which they were."""
        told = [json.loads(each.body) for each in self.courier.posted if each.url == url]
        return [each["sequence"] for each in told if each["aggregate"]["id"] == of.id]

    def state(self, of: Aggregate, sequence: int, consumer: str = "funnel") -> str:
        found = [each for each in self.log(of) if (each.sequence, each.consumer) == (sequence, consumer)]
        return found[0].state if found else "untried"

    def log(self, of: Aggregate) -> list[Delivery]:
        return [each for each in self.store.store.of("delivery") if each.aggregate == of]


def another(key: str, **fields: Any) -> Consumer:
    return replace(FUNNEL, key=key, url=f"https://{key}.example/events", **fields)


def turns(sent: Iterable[tuple[Wake | Wish, timedelta]]) -> list[int | None]:
    return [message.turn for message, _ in sent if isinstance(message, Wake)]
