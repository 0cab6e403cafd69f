"""Two tables behind one connection: reads, and writes that carry the error to raise when their condition does not
hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import failures
from tollgate.adapters.dynamodb.conditions import Expressed, expressed
from tollgate.adapters.dynamodb.failures import Patience
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.keys import Key
from tollgate.adapters.dynamodb.wire import Wire
from tollgate.kernel.errors import StoreUnavailable, WriteOutcomeUnknown
from tollgate.kernel.unit_of_work import Write

type Raw = dict[str, dict[str, Any]]
type OnConflict = Callable[[Raw | None], Exception]

CONNECT_TIMEOUT_SECONDS = 1
# One write takes single-digit milliseconds; past this the connection is dead, and conditions make trying again safe.
READ_TIMEOUT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class DynamoWrite(Write):
    """One `Put`, `Update` or `ConditionCheck` as DynamoDB wants it, in a transaction or alone."""

    operation: str
    request: dict[str, Any]
    on_conflict: OnConflict
    # Alone, a write has no client token: whether a failed condition is our own earlier try shows in the stored item.
    is_ours: Callable[[Raw], bool] = lambda _: False

    @property
    def key(self) -> tuple[str, ...]:
        fields = self.request.get("Key") or self.request["Item"]
        return (self.request["TableName"], fields["pk"]["S"], fields["sk"]["S"])


class Table:
    """One table: builds requests with pynamodb's expressions, sends reads."""

    def __init__(self, connection: Connection, name: str, patience: Patience | None = None) -> None:
        self._connection = connection
        self._patience = patience or Patience()
        self.name = name

    def get(self, key: Key) -> Raw | None:
        """A strongly consistent read of one item."""
        request = {"TableName": self.name, "Key": _attributes(key), "ConsistentRead": True}
        return self.call("GetItem", request).get("Item")

    def get_all(self, wanted: Sequence[Key], *, consistent: bool = False) -> list[Raw]:
        """Those of a few items that exist, in no order; eventually consistent unless asked for otherwise."""
        ids = [_attributes(key) for key in dict.fromkeys(wanted)]
        found: list[Raw] = []
        deadline, attempt = self._patience.deadline(), 0
        while True:
            request = {"Keys": ids} | ({"ConsistentRead": True} if consistent else {})
            response = self.call("BatchGetItem", {"RequestItems": {self.name: request}})
            found += response["Responses"].get(self.name, [])
            ids = response.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not ids:
                return found
            if self._patience.clock() >= deadline:
                raise StoreUnavailable("the store is too busy to read these items")
            self._patience.pause(attempt)
            attempt += 1

    def query_all(self, pk: str, sk_prefix: str) -> list[Raw]:
        """Every item of a partition whose sort key begins so, in order, strongly consistent. For partitions of bounded
        size.
        """
        beginning = " AND begins_with(sk, :sk)" if sk_prefix else ""
        request = {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": f"pk = :pk{beginning}",
            "ExpressionAttributeValues": {":pk": {"S": pk}} | ({":sk": {"S": sk_prefix}} if sk_prefix else {}),
        }
        found: list[Raw] = []
        while True:
            response = self.call("Query", request)
            found += response["Items"]
            if "LastEvaluatedKey" not in response:
                return found
            request = {**request, "ExclusiveStartKey": response["LastEvaluatedKey"]}

    def query_index(self, index: str, attribute: str, value: str, lower: str, upper: str, limit: int) -> list[Raw]:
        """At most `limit` items of an index partition placed in [lower, upper), the last first."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": index,
            "KeyConditionExpression": f"{attribute} = :value AND listed_at BETWEEN :lower AND :upper",
            "ExpressionAttributeValues": {":value": {"S": value}, ":lower": {"S": lower}, ":upper": {"S": upper}},
            "ScanIndexForward": False,
        }
        items: list[Raw] = []
        while len(items) <= limit:
            response = self.call("Query", {**request, "Limit": limit + 1 - len(items)})
            items += response["Items"]
            if "LastEvaluatedKey" not in response:
                break
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
        return [item for item in items if item["listed_at"]["S"] != upper][:limit]

    def put(
        self, item: Item, condition: Condition | Expressed | None, on_conflict: OnConflict, **options: Any
    ) -> DynamoWrite:
        """Store a whole item."""
        request = {"TableName": self.name, "Item": item.serialize()}
        if condition is not None:
            request |= expressed(condition) if isinstance(condition, Condition) else condition
        return DynamoWrite("Put", request, on_conflict, **options)

    def update(
        self, key: Key, actions: Sequence[Action], condition: Condition, on_conflict: OnConflict, **options: Any
    ) -> DynamoWrite:
        """Change some attributes of an item."""
        request = {"TableName": self.name, "Key": _attributes(key), **expressed(condition, actions)}
        return DynamoWrite("Update", request, on_conflict, **options)

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a read; throttling and connection trouble are tried again until the deadline, then
        `StoreUnavailable`.
        """
        try:
            return failures.retrying(self._patience, lambda: self._connection.dispatch(operation, dict(request)))
        except WriteOutcomeUnknown as error:  # a read has no outcome
            raise StoreUnavailable("the store does not answer") from error


def connect(region: str | None = None, host: str | None = None) -> Connection:
    """One connection for both tables; its client is made at the first call. `host` is for tests, the environment names
    it else.
    """
    return Wire(
        region=region,
        host=host,
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=READ_TIMEOUT_SECONDS,
        # We retry ourselves: only here is it known which write is safe to send again, and by when it must be done.
        max_retry_attempts=0,
    )


def _attributes(key: Key) -> Raw:
    pk, sk = key
    return {"pk": {"S": pk}, "sk": {"S": sk}}
