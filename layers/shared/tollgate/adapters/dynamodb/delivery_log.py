"""What became of each event at each consumer, on the core table, listed by the day of the first try."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.delivery_items import DeliveryItem
from tollgate.adapters.dynamodb.places import DAYS_PER_PAGE, Group, Partition, Range, days, newest, place_of
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.deliveries.model import REMEMBER, Aggregate, Attempt, Delivery, DeliveryState
from tollgate.deliveries.ports import DeliveriesPage, DeliveryChanged, DeliveryLog, Wanted
from tollgate.kernel.clock import epoch, from_iso, from_milliseconds, to_iso, to_milliseconds
from tollgate.kernel.ids import shard
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import InvalidCursor

# A day, or the place of a delivery in a list.
_PLACE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64})?", re.ASCII)


class DynamoDeliveryLog(DeliveryLog):
    """One item for each event and consumer; a page examines a thousand at most, then hands out a cursor."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Delivery | None:
        raw = self._core.get(keys.delivery(tenant, id_))
        return _delivery(raw) if raw else None

    def put(self, delivery: Delivery) -> Write:
        before = delivery.version - 1
        as_before = DeliveryItem.version == before if before else DeliveryItem.pk.does_not_exist()
        item = _item(delivery)
        written = item.serialize()

        def changed(stored: Raw | None) -> Exception:
            return DeliveryChanged(_delivery(stored) if stored else None)

        return self._core.put(item, as_before, changed, is_ours=lambda stored: stored == written)

    def list(
        self, tenant: str, wanted: Wanted, *, since: datetime, until: datetime, limit: int, cursor: str | None
    ) -> DeliveriesPage:
        of = [tenant, wanted.consumer, wanted.state, wanted.aggregate_id]
        upper = _decode(cursor, of) if cursor else to_iso(until)
        stretch = Range(to_iso(since), upper, _filter(wanted))
        if stretch.upper <= stretch.lower:
            return DeliveriesPage((), None)
        raws, unseen = newest(self._core, _groups(tenant, stretch), stretch, limit + 1)
        shown = raws[:limit]
        after = place_of(shown[-1]) if len(raws) > limit else unseen
        return DeliveriesPage(tuple(map(_delivery, shown)), _encode(after, of) if after else None)


def _groups(tenant: str, stretch: Range) -> Sequence[Group]:
    """The shards of each day, one day more than a page looks at."""
    some = islice(days(stretch.lower, stretch.upper), DAYS_PER_PAGE + 1)
    return [Group(day, [_partition(tenant, day, number) for number in range(keys.DAY_SHARDS)]) for day in some]


def _partition(tenant: str, day: str, number: int) -> Partition:
    return Partition("by_day", "day_shard", keys.deliveries_of_day(tenant, day, number))


def _filter(wanted: Wanted) -> dict[str, Any]:
    asked = {"consumer": wanted.consumer, "state": wanted.state, "subject_id": wanted.aggregate_id}
    terms = {name: str(value) for name, value in asked.items() if value is not None}
    if not terms:
        return {}
    return {
        "FilterExpression": " AND ".join(f"#{name} = :{name}" for name in terms),
        "ExpressionAttributeNames": {f"#{name}": name for name in terms},
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in terms.items()},
    }


def _item(delivery: Delivery) -> DeliveryItem:
    pk, sk = keys.delivery(delivery.aggregate.tenant, delivery.id)
    day, number = to_iso(delivery.created_at)[:10], shard(delivery.id, keys.DAY_SHARDS)
    return DeliveryItem(
        pk=pk,
        sk=sk,
        kind="delivery",
        ttl=epoch(delivery.updated_at + REMEMBER),
        day_shard=keys.deliveries_of_day(delivery.aggregate.tenant, day, number),
        listed_at=keys.listed_at(delivery.created_at, delivery.id),
        consumer=delivery.consumer,
        subject_type=delivery.aggregate.type,
        subject_id=delivery.aggregate.id,
        sequence=delivery.sequence,
        type=delivery.type,
        state=delivery.state.value,
        version=delivery.version,
        tries=delivery.tries,
        attempts=json.dumps([_told(each) for each in delivery.attempts], separators=(",", ":")),
        updated_at=to_milliseconds(delivery.updated_at),
        try_at=to_milliseconds(delivery.try_at) if delivery.try_at else None,
    )


def _delivery(raw: Raw) -> Delivery:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    return Delivery(
        consumer=text["consumer"],
        aggregate=Aggregate(text["pk"].split("#", 2)[1], text["subject_type"], text["subject_id"]),
        sequence=int(raw["sequence"]["N"]),
        type=text["type"],
        created_at=from_iso(text["listed_at"].partition("#")[0]),
        updated_at=from_milliseconds(int(raw["updated_at"]["N"])),
        state=DeliveryState(text["state"]),
        version=int(raw["version"]["N"]),
        tries=int(raw["tries"]["N"]),
        attempts=tuple(map(_attempt, json.loads(text["attempts"]))),
        try_at=from_milliseconds(int(raw["try_at"]["N"])) if "try_at" in raw else None,
    )


def _told(attempt: Attempt) -> list[Any]:
    return [
        to_milliseconds(attempt.at),
        attempt.milliseconds,
        attempt.status,
        attempt.error,
        int(attempt.by_hand),
    ]


def _attempt(told: list[Any]) -> Attempt:
    at, milliseconds, status, error, by_hand = told
    return Attempt(from_milliseconds(at), milliseconds, status, error, bool(by_hand))


def _encode(place: str, of: list[str | None]) -> str:
    return base64.urlsafe_b64encode(json.dumps([of, place]).encode()).decode().rstrip("=")


def _decode(cursor: str, of: list[str | None]) -> str:
    try:
        told, place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = _PLACE.fullmatch(place) is not None
        datetime.fromisoformat(place[:10])
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or told != of:
        raise InvalidCursor("cursor belongs to another list")
    return str(place)
