"""Query strings of lists: what is missing has a default, and what is wrong is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.support.builders import NOW
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import ValidationFailed
from tollgate.runtime.http.queries import ListQuery, list_query

USER, ADMIN = Viewer("demo", "user-1"), Viewer("demo", None)


def query(viewer: Viewer = USER, /, **parameters: str) -> ListQuery:
    return list_query({name.rstrip("_"): value for name, value in parameters.items()}, viewer, NOW)


def wrong(viewer: Viewer = USER, /, **parameters: str) -> set[str]:
    with pytest.raises(ValidationFailed) as caught:
        query(viewer, **parameters)
    return {error.field for error in caught.value.errors}


def test_without_parameters_a_user_sees_all_there_ever_was() -> None:
    asked = query()
    assert (asked.limit, asked.cursor) == (20, None)
    assert asked.since < datetime(2024, 1, 1, tzinfo=UTC)
    assert asked.until > NOW


def test_without_parameters_an_admin_sees_a_month() -> None:
    asked = query(ADMIN)
    assert asked.until - asked.since == timedelta(days=31)
    assert asked.until > NOW


def test_a_stretch_is_taken_with_its_offset() -> None:
    asked = query(from_="2026-01-01T00:00:00+02:00", to="2026-02-01T00:00:00Z", limit="7", cursor="abc")
    assert asked == ListQuery(
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 2, 1, tzinfo=UTC), 7, "abc"
    )


def test_an_admins_month_ends_where_the_stretch_does() -> None:
    assert query(ADMIN, to="2026-02-01T00:00:00Z").since == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("limit", ["1", "100", "20", "007"])
def test_a_limit_is_a_whole_number(limit: str) -> None:
    assert query(limit=limit).limit == int(limit)


@pytest.mark.parametrize(
    "limit",
    [
        *("0", "101", "-1", "+5", "1.0", "", " 5", "5 ", "1e1", "\u0665", "²", "abc", "1_0", "1000000000"),
        *("0000001000", "00000010099999", "00000001" + "9" * 5000, "9" * 5000),
    ],
)
def test_no_other_limit_passes(limit: str) -> None:
    assert wrong(limit=limit) == {"limit"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "1767225600", "2026-01-01", "2026-01-01T00:00:00"),
        *("2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ],
)
@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("viewer", [USER, ADMIN])
def test_a_time_is_iso_8601_with_an_offset_and_within_reason(viewer: Viewer, name: str, text: str) -> None:
    assert wrong(viewer, **{f"{name}_": text}) == {name}


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T00:00:00Z"])
@pytest.mark.parametrize("viewer", [USER, ADMIN])
def test_what_passes_can_be_looked_up(viewer: Viewer, text: str) -> None:
    """Times at the ends of the calendar either fail here, or nowhere."""
    for name in ("from_", "to"):
        try:
            asked = query(viewer, **{name: text})
        except ValidationFailed:
            continue
        assert len(to_iso(asked.since)) == len(to_iso(asked.until)) == 24
        assert asked.since - timedelta(days=1) < asked.since


def test_every_wrong_parameter_is_named_at_once() -> None:
    assert wrong(limit="x", from_="x", to="x", page="2") == {"limit", "from", "to", "page"}
