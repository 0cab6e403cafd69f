"""Lists of payments, newest first: by owner from one partition, by tenant from the shards of each day."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.payment_mapping import from_item
from tollgate.adapters.dynamodb.places import DAYS_PER_PAGE, Group, Partition, Range, days, newest, place_of
from tollgate.adapters.dynamodb.selecting import filter_of
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.ports import Page, Selection

# A day, or the place of a payment in a list.
_PLACE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was created in [since, until), from the cursor on."""

    since: datetime
    until: datetime
    cursor: str | None


class PaymentListing:
    """Cursors hold the place up to which the list was seen, bound to the viewer and checked before use."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def page(self, viewer: Viewer, stretch: Stretch, limit: int, selection: Selection) -> Page:
        upper = _decode(stretch.cursor, viewer) if stretch.cursor else to_iso(stretch.until)
        wanted = Range(to_iso(stretch.since), upper, filter_of(selection))
        if wanted.upper <= wanted.lower:
            return Page((), None)
        raws, unseen = newest(self._core, _groups(viewer, wanted), wanted, limit + 1)
        return _page(viewer, raws, limit, unseen)


def _groups(viewer: Viewer, wanted: Range) -> Sequence[Group]:
    """One partition for an owner; for a tenant the shards of each day, one day more than a page looks at."""
    if viewer.user is not None:
        owner = keys.owner(viewer.tenant, viewer.user)
        return [Group(wanted.lower, [Partition("by_owner", "owner_key", owner)])]
    return [
        Group(day, _shards(viewer.tenant, day)) for day in islice(days(wanted.lower, wanted.upper), DAYS_PER_PAGE + 1)
    ]


def _shards(tenant: str, day: str) -> Sequence[Partition]:
    numbers = range(keys.DAY_SHARDS)
    return [Partition("by_day", "day_shard", keys.day_shard(tenant, day, number)) for number in numbers]


def _page(viewer: Viewer, raws: list[Raw], limit: int, unseen: str | None) -> Page:
    """`unseen` is the place below which nothing was examined, if any."""
    shown = raws[:limit]
    after = place_of(shown[-1]) if len(raws) > limit else unseen
    return Page(tuple(from_item(raw) for raw in shown), _encode(after, viewer) if after else None)


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
