"""Lists by place, newest first: some partitions of an index are read side by side and merged, so many items at most."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import to_iso

# A page of a quiet tenant looks at this many days at most, then hands out a cursor: 28 queries, however long the range.
DAYS_PER_PAGE = 7
# So many items a page examines at most, whatever it selects: about a megabyte, and as many of its queries.
EXAMINED_PER_PAGE = 1000
_EXAMINED_PER_QUERY = 100
# A query may meet the end of the page before first; with one more it always gets further.
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of an index, by the attribute that is its key."""

    index: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """Partitions over which the items of a stretch are spread: the shards of a day, or of everything. `start` is a
    place that none of them comes before.
    """

    start: str
    partitions: Sequence[Partition]


@dataclass(frozen=True, slots=True)
class Range:
    """Places in [lower, upper), and what of them is wanted: the part of a query that leaves out the rest."""

    lower: str
    upper: str
    filter: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """What one partition gave. `stopped_at` is the last place that was examined, if there may be more behind it."""

    items: list[Raw]
    examined: int
    stopped_at: str | None


def newest(table: Table, groups: Sequence[Group], wanted: Range, room: int) -> tuple[list[Raw], str | None]:
    """At least `room` items, if there are as many, from groups that follow each other; and the place below which
    nothing was examined, if any.
    """
    found: list[Raw] = []
    left = EXAMINED_PER_PAGE
    for number, group in enumerate(groups):
        allowed = left // len(group.partitions)
        if number == DAYS_PER_PAGE or allowed < _FEWEST:
            return found, groups[number - 1].start
        reads = [_read(table, each, wanted, room - len(found), allowed) for each in group.partitions]
        left -= sum(read.examined for read in reads)
        unseen = max((read.stopped_at for read in reads if read.stopped_at), default=None)
        found += _merged(reads, unseen)
        if unseen or len(found) >= room:
            return found, unseen
    return found, None


def place_of(raw: Raw) -> str:
    return str(raw["listed_at"]["S"])


def days(lower: str, upper: str) -> Iterator[str]:
    """The days from that of `upper` down to that of `lower`. A bare date as `upper` leaves out that day itself."""
    day = datetime.fromisoformat(upper[:10]).replace(tzinfo=UTC)
    while (text := to_iso(day)[:10]) >= lower[:10]:
        if text < upper:
            yield text
        day -= timedelta(days=1)


def _read(table: Table, partition: Partition, wanted: Range, room: int, allowed: int) -> _Read:
    """At most about `room` wanted items of a partition, the last first, out of at most `allowed`."""
    request = _query(table.name, partition, wanted)
    items: list[Raw] = []
    examined = 0
    # Without a filter, what is examined is what is found.
    step = _EXAMINED_PER_QUERY if wanted.filter else 0
    while True:
        at_once = min(allowed - examined, max(_FEWEST, room + 1 - len(items), step))
        response = table.call("Query", {**request, "Limit": at_once})
        items += (item for item in response["Items"] if place_of(item) != wanted.upper)
        examined += response["ScannedCount"]
        last = response.get("LastEvaluatedKey")
        if last is None:
            return _Read(items, examined, None)
        if len(items) >= room or allowed - examined < _FEWEST:
            return _Read(items, examined, str(last["listed_at"]["S"]))
        request["ExclusiveStartKey"] = last


def _query(table: str, partition: Partition, wanted: Range) -> dict[str, Any]:
    values = {":value": {"S": partition.value}, ":lower": {"S": wanted.lower}, ":upper": {"S": wanted.upper}}
    return {
        "TableName": table,
        "IndexName": partition.index,
        "KeyConditionExpression": f"{partition.attribute} = :value AND listed_at BETWEEN :lower AND :upper",
        "ScanIndexForward": False,
        **wanted.filter,
        "ExpressionAttributeValues": values | wanted.filter.get("ExpressionAttributeValues", {}),
    }


def _merged(reads: Sequence[_Read], unseen: str | None) -> list[Raw]:
    """What all shards have been examined for, the last first: below the place where one stopped, one of its own might
    be missing.
    """
    merged = heapq.merge(*(read.items for read in reads), key=place_of, reverse=True)
    return [raw for raw in merged if unseen is None or place_of(raw) >= unseen]
