"""Instants as text: text order is time order, and nothing past the millisecond is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tollgate.kernel.clock import FixedClock, SystemClock, epoch, from_iso, to_iso

offsets = st.timezones() | st.just(UTC)
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=offsets)  # noqa: DTZ001 - bounds of aware ones


@given(instants, instants)
def test_text_order_is_time_order(left: datetime, right: datetime) -> None:
    one, other = (left.astimezone(UTC), right.astimezone(UTC))
    if to_iso(left) != to_iso(right):
        assert (to_iso(left) < to_iso(right)) == (one < other)
    else:
        assert abs(one - other) < timedelta(milliseconds=1)


@given(instants)
def test_the_text_has_one_width(instant: datetime) -> None:
    assert len(to_iso(instant)) == len("2026-11-05T12:00:00.000Z")


@given(instants)
def test_an_instant_comes_back_to_the_millisecond(instant: datetime) -> None:
    utc = instant.astimezone(UTC)
    assert from_iso(to_iso(instant)) == utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def test_any_offset_becomes_utc() -> None:
    assert to_iso(datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:30:00.000Z"
    assert to_iso(datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)) == "2026-01-01T00:00:00.999Z"


def test_epoch_is_whole_seconds() -> None:
    assert epoch(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC)) == 1


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(NOW)
    assert clock.now() == clock.now() == NOW
    clock.advance(timedelta(seconds=3))
    assert clock.now() == NOW + timedelta(seconds=3)
