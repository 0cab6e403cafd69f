"""Counters, and the marks of counted events, on the core table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import CountersItem, EventItem, Item, MonthItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import epoch, to_iso
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import shard
from tollgate.kernel.unit_of_work import Write
from tollgate.statistics.model import KEEP_COUNTERS, Occurrence, Tally
from tollgate.statistics.months import KEEP_MONTHS, MonthTally, beginning_of
from tollgate.statistics.ports import AlreadyCounted, NotStored, StatisticsRepository

_KIND, _OF_A_MONTH, _REVENUE = "statistics", "month_statistics", "revenue_"


class DynamoStatistics(StatisticsRepository):
    """A day of a tenant is 145 small items in each of four partitions: four queries, however busy the day was. A month
    is one item in each of four, and two are read by one call.
    """

    def __init__(self, core: Table) -> None:
        self._core = core

    def mark(self, occurrence: Occurrence) -> Write:
        key = keys.event(occurrence.tenant, "payment", occurrence.payment_id, occurrence.sequence)
        # What claims another type than is stored was not written by us.
        stored = EventItem.type == occurrence.type

        def refused(raw: Raw | None) -> Exception:
            if raw is not None and "counted" in raw:
                return AlreadyCounted(occurrence, "was counted before")
            return NotStored(occurrence, "is not stored")

        uncounted = stored & EventItem.counted.does_not_exist()
        return self._core.update(key, [EventItem.counted.set(True)], uncounted, refused)

    def add(self, tenant: str, bucket: datetime, counted: Tally, spread: str) -> Write:
        pk = keys.statistics(tenant, shard(spread, keys.STATISTICS_SHARDS))
        ours = Item.pk.does_not_exist() | (Item.kind == _KIND)
        return self._core.update((pk, to_iso(bucket)), _actions(bucket, counted), ours, _foreign)

    def since(self, tenant: str, bucket: datetime) -> Tally:
        shards = (keys.statistics(tenant, number) for number in range(keys.STATISTICS_SHARDS))
        return sum((_from_item(raw) for pk in shards for raw in self._items(pk, bucket)), Tally())

    def add_to_month(self, tenant: str, month: str, counted: MonthTally, spread: str) -> Write:
        key = keys.statistics_month(tenant, shard(spread, keys.STATISTICS_SHARDS), month)
        ours = Item.pk.does_not_exist() | (Item.kind == _OF_A_MONTH)
        return self._core.update(key, _month_actions(month, counted), ours, _foreign)

    def of_months(self, tenant: str, months: Sequence[str]) -> Mapping[str, MonthTally]:
        shards = range(keys.STATISTICS_SHARDS)
        found = self._core.get_all([keys.statistics_month(tenant, each, month) for month in months for each in shards])
        return {
            month: sum((_month_from_item(raw) for raw in found if raw["sk"]["S"] == month), MonthTally())
            for month in months
        }

    def _items(self, pk: str, bucket: datetime) -> list[Raw]:
        request: dict[str, Any] = {
            "TableName": self._core.name,
            "KeyConditionExpression": "pk = :pk AND sk >= :bucket",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":bucket": {"S": to_iso(bucket)}},
        }
        found: list[Raw] = []
        while True:
            response = self._core.call("Query", request)
            found += response["Items"]
            if "LastEvaluatedKey" not in response:
                return found
            request = {**request, "ExclusiveStartKey": response["LastEvaluatedKey"]}


def _actions(bucket: datetime, counted: Tally) -> list[Action]:
    counts = (
        (CountersItem.total, counted.created),
        (CountersItem.successful, counted.successful),
        (CountersItem.failed, counted.failed),
        (CountersItem.cancelled, counted.cancelled),
    )
    revenue = [Path(f"{_REVENUE}{currency}").add(amount) for currency, amount in counted.revenue.items()]
    kept = [CountersItem.kind.set(_KIND), CountersItem.ttl.set(epoch(bucket + KEEP_COUNTERS))]
    return [*kept, *(attribute.add(number) for attribute, number in counts if number), *revenue]


def _month_actions(month: str, counted: MonthTally) -> list[Action]:
    counts = (
        (MonthItem.successful, counted.successful),
        (MonthItem.refunded, counted.refunded),
        (MonthItem.disputed, counted.disputed),
        (MonthItem.won, counted.won),
        (MonthItem.lost, counted.lost),
    )
    kept = [MonthItem.kind.set(_OF_A_MONTH), MonthItem.ttl.set(epoch(beginning_of(month) + KEEP_MONTHS))]
    return [*kept, *(attribute.add(number) for attribute, number in counts if number)]


def _month_from_item(raw: Raw) -> MonthTally:
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    return MonthTally(*(number.get(name, 0) for name in ("successful", "refunded", "disputed", "won", "lost")))


def _from_item(raw: Raw) -> Tally:
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    return Tally(
        created=number.get("total", 0),
        successful=number.get("successful", 0),
        failed=number.get("failed", 0),
        cancelled=number.get("cancelled", 0),
        revenue={name.removeprefix(_REVENUE): each for name, each in number.items() if name.startswith(_REVENUE)},
    )


def _foreign(raw: Raw | None) -> Exception:
    return ConcurrentChange(f"something else stands where counters should be: {raw}")
