"""Subscriptions that we charge, from the `by_due` index of the core table, where they have lanes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.clock import epoch
from tollgate.subscriptions.ports import SubscriptionKey
from tollgate.subscriptions.renewing import DueRenewals

LANES = keys.DUE_SHARDS
# Keys only: three kilobytes. What a run leaves is read again by the next.
PAGE = 25


class DynamoDueRenewals(DueRenewals):
    """The index lags behind by a moment, so whoever acts reads the subscription itself."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def due(self, lane: int, now: datetime) -> Iterator[SubscriptionKey]:
        request: dict[str, Any] = {
            "TableName": self._core.name,
            "IndexName": "by_due",
            "KeyConditionExpression": "due = :lane AND due_at <= :now",
            "ExpressionAttributeValues": {":lane": {"S": keys.renewal_shard(lane)}, ":now": {"N": str(epoch(now))}},
            "Limit": PAGE,
        }
        while True:
            found = self._core.call("Query", request)
            for raw in found["Items"]:
                _, tenant, id_ = raw["pk"]["S"].split("#", 2)
                yield SubscriptionKey(tenant, id_)
            if "LastEvaluatedKey" not in found:
                return
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]
