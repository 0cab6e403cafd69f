"""Where billing periods end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulators.stripe.periods import boundary, following


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def every(interval: str, count: int = 1) -> dict[str, object]:
    return {"interval": interval, "interval_count": count}


@pytest.mark.parametrize(
    ("anchor", "interval", "count", "ends"),
    [
        ("2026-01-31T10:20:30", "month", 1, ["2026-02-28T10:20:30", "2026-03-31T10:20:30", "2026-04-30T10:20:30"]),
        ("2028-01-30T00:00:00", "month", 1, ["2028-02-29T00:00:00", "2028-03-30T00:00:00"]),
        ("2028-02-29T12:00:00", "year", 1, ["2029-02-28T12:00:00", "2030-02-28T12:00:00", "2031-02-28T12:00:00",
                                            "2032-02-29T12:00:00"]),
        ("2026-11-30T00:00:00", "month", 3, ["2027-02-28T00:00:00", "2027-05-30T00:00:00"]),
        ("2026-03-28T23:30:00", "day", 2, ["2026-03-30T23:30:00", "2026-04-01T23:30:00"]),
        ("2026-12-28T00:00:00", "week", 1, ["2027-01-04T00:00:00"]),
    ],
)  # fmt: skip
def test_a_short_month_shortens_its_own_period_only(anchor: str, interval: str, count: int, ends: list[str]) -> None:
    moment, found = at(anchor), []
    for _ in ends:
        moment = following(at(anchor), every(interval, count), moment)
        found.append(moment)
    assert found == [at(end) for end in ends]


def test_the_first_period_before_an_anchor_ends_with_it() -> None:
    assert following(at("2026-05-01T00:00:00"), every("year"), at("2026-04-20T00:00:00")) == at("2026-05-01T00:00:00")


@given(
    st.integers(0, 4_000_000_000), st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 36),
    st.integers(0, 50_000_000),
)  # fmt: skip
def test_no_boundary_is_left_out(anchor: int, interval: str, count: int, later: int) -> None:
    recurring, moment = every(interval, count), anchor + later
    index = 0
    while boundary(anchor, recurring, index) <= moment:
        index += 1
    assert following(anchor, recurring, moment) == boundary(anchor, recurring, index)
