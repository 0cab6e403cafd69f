"""Provider events on the inbox table."""

from __future__ import annotations

import base64
import zlib
from datetime import datetime, timedelta

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import ParkedItem, ProviderEventItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.inbox.model import Outcome, ProviderEvent
from tollgate.inbox.ports import AlreadySettled, InboxRepository
from tollgate.kernel.clock import epoch, from_iso, to_iso
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.ports import PaymentKey

KEEP_SETTLED = timedelta(days=30)
RECEIVED = "received"
# These stay until they are applied, or someone acts.
UNFINISHED = (Outcome.PARKED, Outcome.FAILED)


class DynamoInbox(InboxRepository):
    """An event is `received` until a transaction settles it. What is done leaves after 30 days."""

    def __init__(self, inbox: Table, unit_of_work: UnitOfWork) -> None:
        self._inbox = inbox
        self._unit_of_work = unit_of_work

    def accept(self, event: ProviderEvent) -> bool:
        pk, sk = keys.provider_event(event.provider, event.id)
        item = ProviderEventItem(
            pk=pk,
            sk=sk,
            kind="provider_event",
            provider=event.provider,
            event_id=event.id,
            type=event.type,
            payload=zlib.compress(event.payload, 6),
            received_at=to_iso(event.received_at),
            status=RECEIVED,
        )
        absent = ProviderEventItem.pk.does_not_exist()
        try:
            self._unit_of_work.commit(self._inbox.put(item, absent, lambda _: AlreadySettled("stored before")))
        except AlreadySettled:
            return False
        return True

    def get(self, provider: str, event_id: str) -> ProviderEvent | None:
        raw = self._inbox.get(keys.provider_event(provider, event_id))
        return from_item(raw) if raw else None

    def park(self, event: ProviderEvent, key: PaymentKey, at: datetime) -> tuple[Write, ...]:
        pk, sk = keys.parked_event(key.tenant, key.id, event.provider, event.id)
        item = ParkedItem(pk=pk, sk=sk, kind="parked", provider=event.provider, event_id=event.id)
        return (
            self.settle(event, Outcome.PARKED, at),
            self._inbox.put(item, None, lambda _: AlreadySettled("parked before")),
        )

    def settle(self, event: ProviderEvent, outcome: Outcome, at: datetime) -> Write:
        actions = [ProviderEventItem.status.set(outcome.value), ProviderEventItem.settled_at.set(to_iso(at))]
        if outcome not in UNFINISHED:
            actions.append(ProviderEventItem.ttl.set(epoch(at + KEEP_SETTLED)))
        waiting = ProviderEventItem.status.is_in(RECEIVED, *(unfinished.value for unfinished in UNFINISHED))
        return self._inbox.update(
            keys.provider_event(event.provider, event.id),
            actions,
            waiting,
            lambda _: AlreadySettled(f"{event.provider} event {event.id} was settled before"),
        )


def from_stream_image(image: Raw) -> ProviderEvent:
    """The event of a stream record, where binary values are base64 text."""
    return from_item({**image, "payload": {"B": base64.b64decode(image["payload"]["B"])}})


def from_item(raw: Raw) -> ProviderEvent:
    """The event of an item as a read gives it."""
    return ProviderEvent(
        provider=raw["provider"]["S"],
        id=raw["event_id"]["S"],
        type=raw["type"]["S"],
        payload=zlib.decompress(raw["payload"]["B"]),
        received_at=from_iso(raw["received_at"]["S"]),
    )
