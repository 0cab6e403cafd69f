"""What an operator types as a stretch of time: read exactly, or refused with what to type instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.errors import OperationError
from operations.window import Window, parse

NOW = datetime(2026, 11, 22, 18, 30, 0, 5_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-22T10:00Z", "2026-11-22T12:00Z", [10, 11]),
        ("2026-11-22T10:59:59.999Z", "2026-11-22T11:00:00.001Z", [10, 11]),
        ("2026-11-22T10:00Z", "2026-11-22T10:00:00.001Z", [10]),
        ("2026-11-22T11:30+01:00", "2026-11-22T11:15Z", [10, 11]),
        ("2026-11-22T05:00-05:30", "2026-11-22T11:00Z", [10]),
    ],
)
def test_a_window_touches_these_hours(start: str, end: str, hours: list[int]) -> None:
    assert [hour.hour for hour in parse(start, end, NOW).hours()] == hours


def test_a_window_may_end_now_and_last_ninety_days() -> None:
    start = (NOW - timedelta(days=90)).isoformat()
    assert parse(start, NOW.isoformat(), NOW) == Window(NOW - timedelta(days=90), NOW)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("", "2026-11-22T12:00Z", ["FROM is missing", "FROM=2026-11-22T10:00Z"]),
        ("2026-11-22T10:00Z", "", ["TO is missing", "TO=2026-11-22T10:00Z"]),
        ("yesterday", "2026-11-22T12:00Z", ["FROM=yesterday is not a date", "FROM=2026-11-22T10:00Z"]),
        ("2026-11-22T25:00Z", "2026-11-22T12:00Z", ["FROM=2026-11-22T25:00Z is not a date"]),
        ("0001-01-01T00:00+14:00", "2026-11-22T12:00Z", ["is not a date"]),
        ("2026-11-22T10:00", "2026-11-22T12:00Z", ["time zone", "FROM=2026-11-22T10:00:00Z"]),
        ("2026-11-22", "2026-11-23", ["time zone"]),
        ("2026-11-22T10:00:00.0001Z", "2026-11-22T12:00Z", ["millisecond", "FROM=2026-11-22T10:00:00.000Z"]),
        ("2026-11-22T12:00Z", "2026-11-22T12:00Z", ["not before"]),
        ("2026-11-22T12:00Z", "2026-11-22T12:30+01:00", ["not before"]),
        ("2026-11-22T12:00Z", "2026-11-22T18:31Z", ["future", "TO=2026-11-22T18:30:00.005Z"]),
        ("2026-01-01T00:00Z", "2026-11-22T12:00Z", ["90 days", "TO=2026-04-01T00:00:00.000Z"]),
    ],
)
def test_a_wrong_window_is_refused_with_what_to_type(start: str, end: str, told: list[str]) -> None:
    with pytest.raises(OperationError) as refused:
        parse(start, end, NOW)
    assert [words for words in told if words not in str(refused.value)] == []


def test_what_is_left_begins_with_the_hour_that_was_not_finished() -> None:
    window = parse("2026-11-22T10:20Z", "2026-11-22T12:00Z", NOW)
    ten, eleven = window.hours()
    assert window.from_hour(ten) == window
    assert window.from_hour(eleven).start.isoformat() == "2026-11-22T11:00:00+00:00"
