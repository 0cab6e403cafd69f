"""Against guessing: who tries codes that no card has must wait, longer each time.

A door is what an asker comes through, an address or a user, by a digest of it. Failures are counted per door after the
read that found nothing, so that a burst of requests at once may get some tries more than it should before the door
closes: with 2^55 codes and a throttled API that is no way in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
FIRST_BLOCK, LONGEST_BLOCK = timedelta(minutes=1), timedelta(hours=1)
_USER, _ADDRESS = "user", "ip"
# The failure within the window from which on the door is blocked. Many people may share an address.
_LIMITS = {_USER: 5, _ADDRESS: 20}


@dataclass(frozen=True, slots=True)
class GuessCount:
    """How many guesses failed at a door: within the window that began at `since`, or where it has been blocked, since
    then. `last` is the time of the last of them.
    """

    door: str
    failures: int
    since: datetime
    last: datetime

    @property
    def limit(self) -> int:
        return limit_of(self.door)

    @property
    def blocked_until(self) -> datetime | None:
        """One minute from the failure that reached the limit, twice as long from each further one, an hour at most."""
        beyond = self.failures - self.limit
        return None if beyond < 0 else self.last + min(LONGEST_BLOCK, FIRST_BLOCK * 2 ** min(beyond, 10))

    def continues(self, now: datetime) -> bool:
        """Whether a failure now is one more, and not the first of a new count: a door that was blocked is forgiven
        only when it has been quiet for a day.
        """
        if self.failures >= self.limit:
            return now - self.last < FORGOTTEN_AFTER
        return now - self.since < WINDOW

    def after_failure(self, now: datetime) -> GuessCount:
        """The count with one more failure."""
        if not self.continues(now):
            return first_failure(self.door, now)
        return GuessCount(self.door, self.failures + 1, self.since, now)


def first_failure(door: str, now: datetime) -> GuessCount:
    """The count of a door at which nothing had failed, or long ago."""
    return GuessCount(door, 1, now, now)


def door_of_user(tenant: str, user: str) -> str:
    """The door of a person, or of a service that names one."""
    return _door(_USER, tenant, user)


def door_of_address(tenant: str, address: str) -> str:
    """The door of an IP address."""
    return _door(_ADDRESS, tenant, address)


def limit_of(door: str) -> int:
    """How many failures in a window close the door."""
    return _LIMITS[door.partition(":")[0]]


def _door(kind: str, tenant: str, who: str) -> str:
    return f"{kind}:{hashlib.sha256(f'{len(tenant)}:{tenant}{who}'.encode()).digest()[:16].hex()}"
