"""The engine with many items: MiniStack, run as `python -m bench.engine`. What it answers stays the same; how long that
takes no longer grows with what is stored.

Engine: a query sorts its whole partition and holds each item of it against the condition: four seconds for forty
thousand. BatchWriteItem checks and announces every item: a thousand a second.
Here: an index partition is kept sorted and only the part that a query can return is looked at; BatchWriteItem takes any
number of items, checks nothing and puts nothing on a stream.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

type Item = Mapping[str, Mapping[str, Any]]
# Sort key of the index, then the keys of the table: the order in which DynamoDB gives them.
type Place = tuple[Any, str, str]

# The forms that our adapters write, and no more: any other query goes the engine's own way.
_CONDITION = re.compile(
    r"\w+ = (?P<partition>:\w+)"
    r"(?: AND (?:\w+ BETWEEN (?P<lower>:\w+) AND (?P<upper>:\w+)|\w+ <= (?P<most>:\w+)|\w+ > (?P<past>:\w+)"
    r"|begins_with\(\w+, (?P<prefix>:\w+)\)))?"
)
_LAST = "\U0010ffff"


class OrderedIndexes:
    """Partitions of indexes as they are asked for, each sorted until something in it changes."""

    def __init__(self, tables: Any) -> None:
        self._tables = tables
        self._members, self._index_item = tables._index_members, tables._index_item
        self._query = tables._query
        self._sorted: dict[tuple[str, str, str], list[Place]] = {}
        self._narrowed = threading.local()

    def install(self) -> None:
        self._tables._query = self.query
        self._tables._index_members = self.members
        self._tables._index_item = self.index_item
        self._tables._batch_write_item = self.load

    def query(self, data: Mapping[str, Any]) -> Any:
        """The engine's own query, shown no more of the partition than it can return."""
        self._narrowed.members = self._window(data)
        try:
            return self._query(data)
        finally:
            self._narrowed.members = None

    def members(self, table: Any) -> Any:
        return getattr(self._narrowed, "members", None) or self._members(table)

    def index_item(self, table: Any, pk: str, sk: str, item: Item, add: bool) -> None:
        for index in table.get("GlobalSecondaryIndexes", []):
            hashed, _ = _names(index)
            if hashed in item:
                self._sorted.pop((table["TableName"], index["IndexName"], item[hashed]["S"]), None)
        self._index_item(table, pk, sk, item, add=add)

    def load(self, data: Mapping[str, Any]) -> Any:
        for name, requests in data["RequestItems"].items():
            table = self._tables._tables.get(name)
            self._members(table)  # kept up with every item from here on, and not found out from all of them later
            for each in requests:
                item = each["PutRequest"]["Item"]
                self._tables._set_item(table, item["pk"]["S"], item["sk"]["S"], item)
        return self._tables.json_response({"UnprocessedItems": {}})

    def _window(self, data: Mapping[str, Any]) -> Any:
        """Index name to partition to the table keys of what this query can return; None where all must be looked at."""
        asked = _CONDITION.fullmatch(data.get("KeyConditionExpression", ""))
        table = self._tables._tables.get(data["TableName"])
        if asked is None or table is None or "IndexName" not in data:
            return None
        index = next(each for each in table["GlobalSecondaryIndexes"] if each["IndexName"] == data["IndexName"])
        partition = data["ExpressionAttributeValues"][asked["partition"]]["S"]
        places = self._places(table, index, partition)
        kept = _part(places, _bounds(places, asked, data, self._value), self._start(index, data), data)
        return {data["IndexName"]: {partition: [(pk, sk) for _, pk, sk in kept]}}

    def _places(self, table: Any, index: Any, partition: str) -> list[Place]:
        name = (table["TableName"], index["IndexName"], partition)
        if name not in self._sorted:
            _, ranged = _names(index)
            members = self._members(table)[index["IndexName"]].get(partition, ())
            self._sorted[name] = sorted((self._value(table["items"][pk][sk][ranged]), pk, sk) for pk, sk in members)
        return self._sorted[name]

    def _start(self, index: Any, data: Mapping[str, Any]) -> Place | None:
        after = data.get("ExclusiveStartKey")
        return (self._value(after[_names(index)[1]]), after["pk"]["S"], after["sk"]["S"]) if after else None

    def _value(self, attribute: Mapping[str, Any]) -> Any:
        return self._tables._sort_key_value(attribute, next(iter(attribute)))


def _names(index: Any) -> tuple[str, str]:
    """Its partition key and its sort key."""
    names = {each["KeyType"]: str(each["AttributeName"]) for each in index["KeySchema"]}
    return names["HASH"], names["RANGE"]


def _bounds(places: Sequence[Place], asked: re.Match[str], data: Mapping[str, Any], value: Any) -> tuple[int, int]:
    """From where to where the condition on the sort key holds."""
    given = {
        name: value(data["ExpressionAttributeValues"][ref])
        for name, ref in asked.groupdict().items()
        if ref is not None and name != "partition"
    }
    match given:
        case {"lower": lower, "upper": upper}:
            return bisect_left(places, lower, key=_sort), bisect_right(places, upper, key=_sort)
        case {"most": most}:
            return 0, bisect_right(places, most, key=_sort)
        case {"past": past}:
            return bisect_right(places, past, key=_sort), len(places)
        case {"prefix": prefix}:
            return bisect_left(places, prefix, key=_sort), bisect_right(places, prefix + _LAST, key=_sort)
    return 0, len(places)


def _part(
    places: Sequence[Place], bounds: tuple[int, int], start: Place | None, data: Mapping[str, Any]
) -> Sequence[Place]:
    """Behind the start, in the direction of the query, one more than its limit: the engine must see that more come."""
    lower, upper = bounds
    room = data["Limit"] + 1 if "Limit" in data else len(places)
    if data.get("ScanIndexForward", True):
        begin = max(lower, bisect_right(places, start)) if start else lower
        return places[begin : min(upper, begin + room)]
    end = min(upper, bisect_left(places, start)) if start else upper
    return places[max(lower, end - room) : max(lower, end)]


def _sort(place: Place) -> Any:
    return place[0]


def main() -> None:
    OrderedIndexes(import_module("ministack.services.dynamodb")).install()
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
