"""Lists of payments, newest first: by owner from one partition, by tenant from the shards of each day."""

from __future__ import annotations

import base64
import heapq
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.payment_mapping import from_item
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.ports import Page

# A page of a quiet tenant looks at this many days at most, then hands out a cursor: 28 queries, however long the range.
DAYS_PER_PAGE = 7
# A day, or the place of a payment in a list.
_PLACE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64})?", re.ASCII)


class PaymentListing:
    """Cursors hold the place after the last payment shown, bound to the viewer and checked before use."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def page(self, viewer: Viewer, *, since: datetime, until: datetime, limit: int, cursor: str | None) -> Page:
        upper = _decode(cursor, viewer) if cursor else to_iso(until)
        lower = to_iso(since)
        if upper <= lower:
            return Page((), None)
        if viewer.user is not None:
            return self._by_owner(viewer, lower, upper, limit)
        return self._by_day(viewer, lower, upper, limit)

    def _by_owner(self, viewer: Viewer, lower: str, upper: str, limit: int) -> Page:
        owner = keys.owner(viewer.tenant, viewer.user or "")
        raws = self._core.query_index("by_owner", "owner_key", owner, lower, upper, limit + 1)
        return _page(viewer, raws, limit, None)

    def _by_day(self, viewer: Viewer, lower: str, upper: str, limit: int) -> Page:
        found: list[Raw] = []
        days = list(islice(_days(lower, upper), DAYS_PER_PAGE + 1))
        for day in days[:DAYS_PER_PAGE]:
            room = limit + 1 - len(found)
            shards = [
                self._core.query_index(
                    "by_day", "day_shard", keys.day_shard(viewer.tenant, day, number), lower, upper, room
                )
                for number in range(keys.DAY_SHARDS)
            ]
            found += list(heapq.merge(*shards, key=_place, reverse=True))[:room]
            if len(found) > limit:
                break
        unseen = days[DAYS_PER_PAGE - 1] if len(days) > DAYS_PER_PAGE else None
        return _page(viewer, found, limit, unseen)


def _page(viewer: Viewer, raws: list[Raw], limit: int, unseen: str | None) -> Page:
    """`unseen` is the day before which nothing was looked at, if any."""
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
