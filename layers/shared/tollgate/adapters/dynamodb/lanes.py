"""Lanes on the core table, and the aggregates' own events, which they lead past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.delivery_items import LaneItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.deliveries.model import Aggregate, Lane, StoredEvent
from tollgate.deliveries.ports import Histories, LaneChanged, Lanes
from tollgate.kernel.clock import epoch, from_iso, from_milliseconds, to_milliseconds
from tollgate.kernel.unit_of_work import Write


class DynamoLanes(Lanes):
    """One item for each consumer and aggregate, in no index but that of what is due."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, consumer: str, aggregate: Aggregate) -> Lane | None:
        raw = self._core.get(keys.lane(consumer, aggregate))
        return _lane(consumer, aggregate, raw) if raw else None

    def put(self, lane: Lane) -> Write:
        before = lane.version - 1
        as_before = LaneItem.version == before if before else LaneItem.pk.does_not_exist()
        item = _item(lane)
        written = item.serialize()
        # Each write names who made it: one that is the same is our own, whose answer was lost.
        return self._core.put(item, as_before, lambda _: _changed(lane), is_ours=lambda stored: stored == written)

    def look_again(self, lane: Lane, at: datetime) -> Write:
        return self._core.update(
            keys.lane(lane.consumer, lane.aggregate),
            [LaneItem.due_at.set(epoch(at))],
            LaneItem.version == lane.version,
            lambda _: _changed(lane),
        )


class DynamoHistories(Histories):
    """The events beside each aggregate, strongly consistent."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def after(self, aggregate: Aggregate, position: int, limit: int) -> Sequence[StoredEvent]:
        (pk, first), (_, last) = keys.events_from(aggregate.tenant, aggregate.type, aggregate.id, position + 1)
        request = {
            "TableName": self._core.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
            "Limit": limit,
        }
        return [_event(aggregate, raw) for raw in self._core.call("Query", request)["Items"]]


def _item(lane: Lane) -> LaneItem:
    pk, sk = keys.lane(lane.consumer, lane.aggregate)
    due_at = lane.due_at
    return LaneItem(
        pk=pk,
        sk=sk,
        kind="lane",
        head=lane.head,
        passed=True if lane.passed else None,
        version=lane.version,
        failures=lane.failures or None,
        holder=lane.holder,
        held_until=to_milliseconds(lane.held_until) if lane.held_until else None,
        try_at=to_milliseconds(lane.try_at) if lane.try_at else None,
        due=keys.due_shard_of(pk) if due_at else None,
        due_at=epoch(due_at) if due_at else None,
    )


def _lane(consumer: str, aggregate: Aggregate, raw: Raw) -> Lane:
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    return Lane(
        consumer=consumer,
        aggregate=aggregate,
        head=number["head"],
        passed="passed" in raw,
        version=number["version"],
        failures=number.get("failures", 0),
        holder=raw["holder"]["S"],
        held_until=from_milliseconds(number["held_until"]) if "held_until" in number else None,
        try_at=from_milliseconds(number["try_at"]) if "try_at" in number else None,
    )


def _event(aggregate: Aggregate, raw: Raw) -> StoredEvent:
    return StoredEvent(
        aggregate=aggregate,
        sequence=int(raw["sk"]["S"].partition("#")[2]),
        type=raw["type"]["S"],
        occurred_at=from_iso(raw["sk_event"]["S"].partition("#")[0]),
        body=raw["body"]["S"],
    )


def _changed(lane: Lane) -> Exception:
    return LaneChanged(f"the lane of {lane.aggregate.id} to {lane.consumer} was taken by another")
