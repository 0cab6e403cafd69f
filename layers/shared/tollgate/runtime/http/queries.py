"""Query strings of lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import FieldError, ValidationFailed

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
# A tenant's list is read day by day; without a start it goes back a month.
TENANT_RANGE = timedelta(days=31)
_FIRST_YEAR, _LAST_YEAR = 2000, 9998
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A page of what was created in [since, until)."""

    since: datetime
    until: datetime
    limit: int
    cursor: str | None


def list_query(
    parameters: Mapping[str, str],
    viewer: Viewer,
    now: datetime,
    *,
    also: Collection[str] = (),
    errors: Sequence[FieldError] = (),
) -> ListQuery:
    """From `limit`, `cursor`, `from` and `to` (ISO 8601 with an offset); `ValidationFailed` names each
    that is wrong. `also` lists what the caller reads, `errors` what it found wrong there.
    """
    errors = list(errors)
    limit = page_limit(parameters.get("limit"), errors)
    until = _instant("to", parameters.get("to"), now + timedelta(seconds=1), errors)
    since = _instant(
        "from", parameters.get("from"), until - TENANT_RANGE if viewer.user is None else _BEGINNING, errors
    )
    unknown = sorted(set(parameters) - {"limit", "cursor", "from", "to", *also})
    errors += [FieldError(name, "unknown parameter") for name in unknown]
    if errors:
        raise ValidationFailed(errors)
    return ListQuery(since, until, limit, parameters.get("cursor"))


def page_limit(text: str | None, errors: list[FieldError]) -> int:
    """How many a page may hold; adds to the errors where that is no number within the limits."""
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    errors.append(FieldError("limit", f"a whole number from 1 to {MAX_LIMIT}"))
    return DEFAULT_LIMIT


def _instant(field: str, text: str | None, default: datetime, errors: list[FieldError]) -> datetime:
    if text is None:
        return default
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    # At the ends of the calendar, neither other offsets nor the day before could be told.
    if instant is None or instant.tzinfo is None or not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        errors.append(FieldError(field, "an ISO 8601 time with an offset, such as 2026-01-31T00:00:00Z"))
        return default
    return instant
