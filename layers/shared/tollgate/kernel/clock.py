"""Time comes in through this port, always aware and in UTC."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(ABC):
    """The domain's time. Signatures and token expiry use wall time instead, which nobody can move."""

    @abstractmethod
    def now(self) -> datetime:
        """The current instant, timezone-aware, in UTC."""


class SystemClock(Clock):
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock(Clock):
    """Stands still until told to move; for tests and replays."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


@lru_cache(maxsize=64)
def to_iso(instant: datetime) -> str:
    """Fixed-width ISO 8601 in UTC with milliseconds, so that text order is time order. One request writes the same few
    instants many times over.
    """
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def from_iso(text: str) -> datetime:
    """Back from `to_iso`; accepts any ISO 8601 text with an offset."""
    return datetime.fromisoformat(text)


def epoch(instant: datetime) -> int:
    """Whole seconds since 1970, as DynamoDB's TTL wants them."""
    return int(instant.timestamp())


def to_milliseconds(instant: datetime) -> int:
    """Since 1970, as tables keep what no person reads."""
    return (instant - _EPOCH) // _MILLISECOND


def from_milliseconds(since_1970: int) -> datetime:
    """Back from `to_milliseconds`."""
    return _EPOCH + since_1970 * _MILLISECOND
