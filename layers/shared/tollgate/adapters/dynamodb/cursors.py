"""Cursors of lists: the place up to which a list was seen, bound to the list, and checked before use."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from tollgate.payments.errors import InvalidCursor

# A day, or the place of an item in a list.
_PLACE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64})?", re.ASCII)


def encode(bound_to: Sequence[str | None], place: str) -> str:
    """The cursor of a place in the list of that."""
    text = json.dumps([*bound_to, place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, bound_to: Sequence[str | None]) -> str:
    """The place; `InvalidCursor` for one that this list has not given."""
    try:
        *of, place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = _PLACE.fullmatch(place) is not None
        datetime.fromisoformat(place[:10]).replace(tzinfo=UTC)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or of != list(bound_to):
        raise InvalidCursor("cursor belongs to another list")
    return str(place)
