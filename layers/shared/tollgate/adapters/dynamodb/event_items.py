"""The event item, the same beside every aggregate."""

from __future__ import annotations

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import EventItem
from tollgate.adapters.dynamodb.store import DynamoWrite, Table
from tollgate.kernel.events import Event

_ABSENT = Prepared(EventItem.pk.does_not_exist())


def append(core: Table, event: Event) -> DynamoWrite:
    """Store an event as the next of its aggregate."""
    pk, sk = keys.event(event.tenant, event.aggregate_type, event.aggregate_id, event.sequence)
    item = EventItem(
        pk=pk,
        sk=sk,
        kind="event",
        type=event.type,
        body=event.to_json(),
        hour_shard=keys.hour_shard_of(event),
        sk_event=keys.event_place(event),
    )
    return core.put(item, _ABSENT.holding(), lambda _: _gap(event))


def _gap(event: Event) -> Exception:
    return AssertionError(f"event {event.sequence} of {event.aggregate_id} exists although its aggregate is older")
