"""What is charged again: its terms, its course on the simulator's clock, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

# When it tries again after the first decline of a period; after the last it gives up.
RETRY_DAYS = (1, 3, 5, 8, 12)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is taken at once and for how many days, then what for each stretch of how many."""

    first: Decimal
    first_days: int
    later: Decimal
    later_days: int


@dataclass
class Membership:
    """One purchase that recurs. `paid_until` is the end of what is paid, `next_bill` when it is charged next;
    `refusals` is how many charges its card will decline, `tried` how many of this period were in vain since `since`.
    """

    purchase: int
    terms: Terms
    currency: str
    package: str
    references: Mapping[str, str]
    buyer: str
    paid_until: datetime
    next_bill: datetime
    charges: int = 0
    refusals: int = 0
    tried: int = 0
    since: datetime | None = None
    cancelled_at: datetime | None = None
    over_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it will be charged again."""
        return self.cancelled_at is None and self.over_at is None

    @property
    def due(self) -> datetime | None:
        """When the next thing happens by itself."""
        if self.over_at is not None:
            return None
        return self.next_bill if self.cancelled_at is None else max(self.paid_until, self.cancelled_at)

    def charged(self, at: datetime) -> None:
        """A period more, from then on."""
        self.charges += 1
        self.tried, self.since = 0, None
        self.paid_until = self.next_bill = at + timedelta(days=self.terms.later_days)

    def refused(self, at: datetime) -> bool:
        """Once more in vain; True where that was the last try."""
        self.refusals = max(self.refusals - 1, 0)
        self.since = self.since or at
        self.tried += 1
        if self.tried > len(RETRY_DAYS):
            return True
        self.next_bill = self.since + timedelta(days=RETRY_DAYS[self.tried - 1])
        return False


def terms_of(asked: Mapping[str, str]) -> Terms | None:
    """Of a request for a dynamic recurring id; None for what makes no sense."""
    try:
        first, later = Decimal(asked["InitialAmount"]), Decimal(asked["RecurringAmount"])
        days = [int(asked[name]) for name in ("InitialLength", "RecurringLength")]
    except (KeyError, ValueError, InvalidOperation):
        return None
    sound = first >= 0 and later > 0 and all(each > 0 for each in days)
    return Terms(first, days[0], later, days[1]) if sound else None
