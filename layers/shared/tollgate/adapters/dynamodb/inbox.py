"""Provider events on the inbox table."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.deflating import deflated, inflated
from tollgate.adapters.dynamodb.items import ParkedItem, ProviderEventItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.inbox.model import APPLIED_WITHIN, Outcome, ProviderEvent, try_again_at
from tollgate.inbox.ports import AlreadySettled, InboxRepository
from tollgate.kernel.clock import epoch, from_iso, to_iso
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.ports import PaymentKey

KEEP_SETTLED = timedelta(days=30)
RECEIVED = "received"
# These stay until they are applied, or someone acts.
UNFINISHED = tuple(outcome for outcome in Outcome if not outcome.is_final)

_ABSENT = Prepared(ProviderEventItem.pk.does_not_exist())
_NOT_DUE = (ProviderEventItem.due.remove(), ProviderEventItem.due_at.remove())


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
            payload=deflated(event.payload),
            received_at=to_iso(event.received_at),
            status=RECEIVED,
            due=keys.due_shard_of(pk),
            due_at=epoch(event.received_at + APPLIED_WITHIN),
        )
        try:
            self._unit_of_work.commit(
                self._inbox.put(item, _ABSENT.holding(), lambda _: AlreadySettled("stored before"))
            )
        except AlreadySettled:
            return False
        return True

    def get(self, provider: str, event_id: str) -> ProviderEvent | None:
        raw = self._inbox.get(keys.provider_event(provider, event_id))
        return from_item(raw) if raw else None

    def outcome(self, provider: str, event_id: str) -> Outcome | None:
        raw = self._inbox.get(keys.provider_event(provider, event_id))
        return Outcome(raw["status"]["S"]) if raw and raw["status"]["S"] != RECEIVED else None

    def park(self, event: ProviderEvent, key: PaymentKey, at: datetime) -> tuple[Write, ...]:
        pk, sk = keys.parked_event(key.tenant, key.id, event.provider, event.id)
        item = ParkedItem(pk=pk, sk=sk, kind="parked", provider=event.provider, event_id=event.id)
        return (
            self.settle(event, Outcome.PARKED, at),
            self._inbox.put(item, None, lambda _: AlreadySettled("parked before")),
        )

    def settle(self, event: ProviderEvent, outcome: Outcome, at: datetime) -> Write:
        key = keys.provider_event(event.provider, event.id)
        actions = [ProviderEventItem.status.set(outcome.value), ProviderEventItem.settled_at.set(to_iso(at))]
        if outcome.is_final:
            actions += [ProviderEventItem.ttl.set(epoch(at + KEEP_SETTLED)), *_NOT_DUE]
        else:
            actions.append(ProviderEventItem.due.set(keys.due_shard_of(key[0])))
            actions.append(ProviderEventItem.due_at.set(epoch(try_again_at(event.received_at, at))))
        return self._while_waiting(event, actions)

    def put_away(self, event: ProviderEvent, at: datetime) -> Write:
        return self._while_waiting(event, [ProviderEventItem.archived_at.set(to_iso(at)), *_NOT_DUE])

    def _while_waiting(self, event: ProviderEvent, actions: Sequence[Action]) -> Write:
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
        payload=inflated(raw["payload"]["B"]),
        received_at=from_iso(raw["received_at"]["S"]),
    )
