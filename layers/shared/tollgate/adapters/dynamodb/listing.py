"""Lists of payments, newest first: by owner from one partition, by tenant from the shards of each day."""

from __future__ import annotations

import base64
import heapq
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.payment_mapping import from_item
from tollgate.adapters.dynamodb.selecting import filter_of
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.ports import Page, Selection

# A page of a quiet tenant looks at this many days at most, then hands out a cursor: 28 queries, however long the range.
DAYS_PER_PAGE = 7
# So many payments a page examines at most, whatever it selects: about a megabyte, and as many of its queries.
EXAMINED_PER_PAGE = 1000
_EXAMINED_PER_QUERY = 100
# A query may meet the end of the page before first; with one more it always gets further.
_FEWEST = 2
# A day, or the place of a payment in a list.
_PLACE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was created in [since, until), from the cursor on."""

    since: datetime
    until: datetime
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Range:
    """Places in [lower, upper) of an index, and what of them is wanted."""

    lower: str
    upper: str
    filter: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Read:
    """What one partition gave. `stopped_at` is the last place that was examined, if there may be more behind it."""

    items: list[Raw]
    examined: int
    stopped_at: str | None


class PaymentListing:
    """Cursors hold the place up to which the list was seen, bound to the viewer and checked before use."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def page(self, viewer: Viewer, stretch: Stretch, limit: int, selection: Selection) -> Page:
        upper = _decode(stretch.cursor, viewer) if stretch.cursor else to_iso(stretch.until)
        wanted = _Range(to_iso(stretch.since), upper, filter_of(selection))
        if wanted.upper <= wanted.lower:
            return Page((), None)
        if viewer.user is not None:
            return self._by_owner(viewer, wanted, limit)
        return self._by_day(viewer, wanted, limit)

    def _by_owner(self, viewer: Viewer, wanted: _Range, limit: int) -> Page:
        owner = keys.owner(viewer.tenant, viewer.user or "")
        read = self._read(("by_owner", "owner_key", owner), wanted, limit + 1, EXAMINED_PER_PAGE)
        return _page(viewer, read.items, limit, read.stopped_at)

    def _by_day(self, viewer: Viewer, wanted: _Range, limit: int) -> Page:
        found: list[Raw] = []
        left = EXAMINED_PER_PAGE
        unseen: str | None = None
        days = list(islice(_days(wanted.lower, wanted.upper), DAYS_PER_PAGE + 1))
        for number, day in enumerate(days):
            allowed = left // keys.DAY_SHARDS
            if number == DAYS_PER_PAGE or allowed < _FEWEST:
                unseen = days[number - 1]
                break
            reads = self._read_day(viewer.tenant, day, wanted, limit + 1 - len(found), allowed)
            left -= sum(read.examined for read in reads)
            unseen = max((read.stopped_at for read in reads if read.stopped_at), default=None)
            found += _merged(reads, unseen)
            if unseen or len(found) > limit:
                break
        return _page(viewer, found, limit, unseen)

    def _read_day(self, tenant: str, day: str, wanted: _Range, room: int, allowed: int) -> list[_Read]:
        shards = (keys.day_shard(tenant, day, number) for number in range(keys.DAY_SHARDS))
        return [self._read(("by_day", "day_shard", shard), wanted, room, allowed) for shard in shards]

    def _read(self, partition: tuple[str, str, str], wanted: _Range, room: int, allowed: int) -> _Read:
        """At most about `room` wanted items of a partition, the last first, out of at most `allowed`."""
        request = _query(self._core.name, partition, wanted)
        items: list[Raw] = []
        examined = 0
        # Without a filter, what is examined is what is found.
        step = _EXAMINED_PER_QUERY if wanted.filter else 0
        while True:
            at_once = min(allowed - examined, max(_FEWEST, room + 1 - len(items), step))
            response = self._core.call("Query", {**request, "Limit": at_once})
            items += (item for item in response["Items"] if item["listed_at"]["S"] != wanted.upper)
            examined += response["ScannedCount"]
            last = response.get("LastEvaluatedKey")
            if last is None:
                return _Read(items, examined, None)
            if len(items) >= room or allowed - examined < _FEWEST:
                return _Read(items, examined, str(last["listed_at"]["S"]))
            request["ExclusiveStartKey"] = last


def _query(table: str, partition: tuple[str, str, str], wanted: _Range) -> dict[str, Any]:
    index, attribute, value = partition
    values = {":value": {"S": value}, ":lower": {"S": wanted.lower}, ":upper": {"S": wanted.upper}}
    return {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": f"{attribute} = :value AND listed_at BETWEEN :lower AND :upper",
        "ScanIndexForward": False,
        **wanted.filter,
        "ExpressionAttributeValues": values | wanted.filter.get("ExpressionAttributeValues", {}),
    }


def _merged(reads: Sequence[_Read], unseen: str | None) -> list[Raw]:
    """What all shards have been examined for, the last first: below the place where one stopped, one of its own might
    be missing.
    """
    merged = heapq.merge(*(read.items for read in reads), key=_place, reverse=True)
    return [raw for raw in merged if unseen is None or _place(raw) >= unseen]


def _page(viewer: Viewer, raws: list[Raw], limit: int, unseen: str | None) -> Page:
    """`unseen` is the place below which nothing was examined, if any."""
    shown = raws[:limit]
    after = _place(shown[-1]) if len(raws) > limit else unseen
    return Page(tuple(from_item(raw) for raw in shown), _encode(after, viewer) if after else None)


def _place(raw: Raw) -> str:
    return str(raw["listed_at"]["S"])


def _days(lower: str, upper: str) -> Iterator[str]:
    """The days from that of `upper` down to that of `lower`. A bare date as `upper` leaves out that day itself."""
    day = datetime.fromisoformat(upper[:10]).replace(tzinfo=UTC)
    while (text := to_iso(day)[:10]) >= lower[:10]:
        if text < upper:
            yield text
        day -= timedelta(days=1)


def _encode(place: str, viewer: Viewer) -> str:
    text = json.dumps([viewer.tenant, viewer.user, place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, viewer: Viewer) -> str:
    try:
        tenant, user, place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = _PLACE.fullmatch(place) is not None
        datetime.fromisoformat(place[:10])
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or (tenant, user) != (viewer.tenant, viewer.user):
        raise InvalidCursor("cursor belongs to another list")
    return str(place)
