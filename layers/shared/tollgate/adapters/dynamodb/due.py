"""What is due, from the `by_due` indexes of both tables. Each item's own key tells what it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.deliveries.model import Aggregate
from tollgate.kernel.clock import epoch
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.ports import (
    Due,
    DueEscrow,
    DueEvent,
    DueFinding,
    DueGiftCard,
    DueGroup,
    DueLane,
    DueList,
    DuePayment,
    DuePayout,
    DueRequest,
    DueSubscription,
)

# Keys only: a page of these is far below a query's megabyte.
PAGE = 100


class DynamoDueList(DueList):
    """Sixteen partitions a table; the index lags behind by a moment, so whoever acts reads the item itself."""

    def __init__(self, core: Table, inbox: Table) -> None:
        self._tables = (inbox, core)

    def due(self, now: datetime) -> Iterator[Due]:
        parts = [(table, number) for table in self._tables for number in range(keys.DUE_SHARDS)]
        # In another order each time: when a run ends early, it is not always the same ones that wait.
        random.shuffle(parts)
        for table, number in parts:
            yield from (_due(raw) for raw in self._overdue(table, keys.due_shard(number), now))

    def _overdue(self, table: Table, shard: str, now: datetime) -> Iterator[Raw]:
        request = {
            "TableName": table.name,
            "IndexName": "by_due",
            "KeyConditionExpression": "due = :shard AND due_at <= :now",
            "ExpressionAttributeValues": {":shard": {"S": shard}, ":now": {"N": str(epoch(now))}},
            "Limit": PAGE,
        }
        while True:
            found = table.call("Query", request)
            yield from found["Items"]
            if "LastEvaluatedKey" not in found:
                return
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]


_OF_TENANT: dict[str, Callable[[str, str], Due]] = {
    "PAYMENT": lambda tenant, id_: DuePayment(PaymentKey(tenant, id_)),
    "PAYOUT": DuePayout,
    "GIFT_CARD": DueGiftCard,
    "ESCROW": DueEscrow,
    "SUBSCRIPTION": DueSubscription,
    "GROUP": DueGroup,
    "EVENT": DueEvent,  # by its provider
    "FINDING": DueFinding,
}


def _due(raw: Raw) -> Due:
    kind, _, rest = raw["pk"]["S"].partition("#")
    if kind == "IDEMPOTENCY":
        return DueRequest(rest)
    if kind == "LANE":
        consumer, tenant, type_, id_ = rest.split("#")
        return DueLane(consumer, Aggregate(tenant, type_, id_))
    if kind not in _OF_TENANT:
        raise LookupError(f"nobody knows what to do with {kind}")
    first, _, id_ = rest.partition("#")
    return _OF_TENANT[kind](first, id_)
