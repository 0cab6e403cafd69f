"""Lists, newest first, in pages. A cursor holds the place at which a page ended, bound to the list that gave it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from tollgate.kernel.clock import to_iso
from tollgate.payments.errors import InvalidCursor

# Past every place: places begin with a year.
END = "9999"


def listed_at(at: datetime, id_: str) -> str:
    return f"{to_iso(at)}#{id_}"


def page[Item](
    items: Iterable[Item],
    place_of: Callable[[Item], str],
    limit: int,
    cursor: str | None,
    bound_to: Sequence[str | None],
    upper: str = END,
) -> tuple[tuple[Item, ...], str | None]:
    """So many of the items, and a cursor if there are more; raises `InvalidCursor`."""
    below = _opened(cursor, bound_to) if cursor is not None else upper
    wanted = sorted((each for each in items if place_of(each) < below), key=place_of, reverse=True)
    after = _cursor(place_of(wanted[limit - 1]), bound_to) if len(wanted) > limit else None
    return tuple(wanted[:limit]), after


def _cursor(place: str, bound_to: Sequence[str | None]) -> str:
    return base64.urlsafe_b64encode(json.dumps([*bound_to, place]).encode()).decode().rstrip("=")


def _opened(cursor: str, bound_to: Sequence[str | None]) -> str:
    try:
        *of, place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if of != [*bound_to] or not isinstance(place, str):
        raise InvalidCursor("cursor belongs to another list")
    return place
