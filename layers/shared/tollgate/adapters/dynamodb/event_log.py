"""Every stored event by time: the `by_hour` index, whose keys lead to the events themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import batched

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.keys import Key
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import to_iso
from tollgate.reconciliation.ports import EventLog, PublishedEvent

# The most that BatchGetItem takes.
BATCH = 100


class DynamoEventLog(EventLog):
    """Sixteen partitions an hour. The order is that of the partitions, and of time in each."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def between(self, since: datetime, until: datetime) -> Iterator[PublishedEvent]:
        for hour in _hours(since, until):
            for number in range(keys.HOUR_SHARDS):
                for some in batched(self._keys(keys.hour_shard(hour, number), since, until), BATCH, strict=False):
                    yield from (_from_item(raw) for raw in self._core.get_all(some))

    def _keys(self, hour_shard: str, since: datetime, until: datetime) -> Iterator[Key]:
        request = {
            "TableName": self._core.name,
            "IndexName": "by_hour",
            "KeyConditionExpression": "hour_shard = :shard AND sk_event BETWEEN :since AND :until",
            # A place is a time and an id: the bare time of the end comes before every place at that time.
            "ExpressionAttributeValues": {
                ":shard": {"S": hour_shard},
                ":since": {"S": to_iso(since)},
                ":until": {"S": to_iso(until)},
            },
        }
        while True:
            found = self._core.call("Query", request)
            yield from ((raw["pk"]["S"], raw["sk"]["S"]) for raw in found["Items"])
            if "LastEvaluatedKey" not in found:
                return
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        yield hour
        hour += timedelta(hours=1)


def _from_item(raw: Raw) -> PublishedEvent:
    body = raw["body"]["S"]
    envelope = json.loads(body)
    return PublishedEvent(
        id=envelope["id"],
        tenant=envelope["tenant"],
        type=raw["type"]["S"],
        aggregate_id=envelope["aggregate"]["id"],
        sequence=envelope["sequence"],
        body=body,
        seen="counted" in raw,
    )
