"""The stretch of time that the operator asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operations.errors import OperationError
from tollgate.kernel.clock import to_iso

LONGEST = timedelta(days=90)
_HOUR = timedelta(hours=1)
_EXAMPLE = "2026-11-22T10:00Z"


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end): an event at `end` belongs to the next window, so that two of them side by side share none."""

    start: datetime
    end: datetime

    def hours(self) -> Iterator[datetime]:
        """The beginnings of the hours it touches, in order."""
        hour = self.start.replace(minute=0, second=0, microsecond=0)
        while hour < self.end:
            yield hour
            hour += _HOUR

    def from_hour(self, hour: datetime) -> Window:
        """What is left of it when everything before this hour is done."""
        return Window(max(self.start, hour), self.end)


def parse(start: str, end: str, now: datetime) -> Window:
    """Raises `OperationError`, which says what to type instead."""
    window = Window(_instant("FROM", start), _instant("TO", end))
    if window.start >= window.end:
        raise OperationError(f"FROM={start} is not before TO={end}. FROM is the earlier one; TO itself is left out.")
    if window.end > now:
        raise OperationError(f"TO={end} is in the future: nothing has happened there yet.\nNext: TO={to_iso(now)}")
    if window.end - window.start > LONGEST:
        middle = to_iso(window.start + LONGEST)
        raise OperationError(
            f"FROM={start} TO={end} is more than the {LONGEST.days} days that one run may sweep.\n"
            f"Next: FROM={to_iso(window.start)} TO={middle}, and then on from FROM={middle}"
        )
    return window


def _instant(name: str, text: str) -> datetime:
    if not text:
        raise OperationError(f"{name} is missing.\nNext: {name}={_EXAMPLE}")
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise OperationError(
                f"{name}={text} does not say in which time zone.\n"
                f"Next: {name}={instant.isoformat()}Z for UTC, or with an offset: {name}={instant.isoformat()}+01:00"
            )
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise OperationError(f"{name}={text} is not a date and time.\nNext: {name}={_EXAMPLE}") from error
    if utc.microsecond % 1000:
        raise OperationError(f"{name}={text} is finer than a millisecond.\nNext: {name}={to_iso(utc)}")
    return utc
