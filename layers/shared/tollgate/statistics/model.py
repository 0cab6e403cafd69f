"""What is counted, and how counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tollgate.kernel.money import Money

BUCKET = timedelta(minutes=10)
# Of these, nobody asks for more than a day; the rest is room for events that were held up.
KEEP_COUNTERS = timedelta(days=3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """What an event says of its payment, as far as it is counted."""

    CREATED = "created"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


# How a payment begins and ends is counted where it was made, with the payments of the same ten minutes.
OF_THE_DAY = frozenset({Outcome.CREATED, Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.CANCELLED})
# What comes weeks later is counted when it happens, with the sales of the same month.
OF_THE_MONTH = frozenset(Outcome) - {Outcome.CREATED, Outcome.FAILED, Outcome.CANCELLED}

# By the types under which the events are stored: their aliases tell of the same event, and would count it again.
OUTCOME_OF: dict[str, Outcome] = {
    "payments.payment.created": Outcome.CREATED,
    "payments.purchase.confirmed": Outcome.SUCCESSFUL,
    "payments.transaction.failed": Outcome.FAILED,
    "payments.payment.cancelled": Outcome.CANCELLED,
    "payments.purchase.refunded": Outcome.REFUNDED,
    "payments.dispute.opened": Outcome.DISPUTED,
    "payments.dispute.won": Outcome.DISPUTE_WON,
    "payments.dispute.lost": Outcome.DISPUTE_LOST,
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event of a payment. `created_at` is when the payment was made, which decides in which ten minutes it is
    counted; None where the event does not tell, and then it is in none. `occurred_at` decides in which month.
    """

    tenant: str
    payment_id: str
    sequence: int
    type: str
    created_at: datetime | None
    amount: Money
    occurred_at: datetime

    @property
    def identity(self) -> tuple[str, str, int]:
        """What makes two deliveries the same event."""
        return (self.tenant, self.payment_id, self.sequence)

    @property
    def outcome(self) -> Outcome:
        return OUTCOME_OF[self.type]

    @property
    def bucket(self) -> datetime | None:
        """The ten minutes in which it is counted, if in any."""
        return bucket_of(self.created_at) if self.created_at is not None and self.outcome in OF_THE_DAY else None

    @property
    def month(self) -> str | None:
        """The month in which it is counted, if in any."""
        return month_of(self.occurred_at) if self.outcome in OF_THE_MONTH else None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of payments, and what the successful ones brought, in minor units by currency."""

    created: int = 0
    successful: int = 0
    failed: int = 0
    cancelled: int = 0
    revenue: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, occurrence: Occurrence) -> Tally:
        """One payment more."""
        outcome, paid = occurrence.outcome, occurrence.amount
        return cls(
            created=int(outcome is Outcome.CREATED),
            successful=int(outcome is Outcome.SUCCESSFUL),
            failed=int(outcome is Outcome.FAILED),
            cancelled=int(outcome is Outcome.CANCELLED),
            revenue={paid.currency: paid.amount} if outcome is Outcome.SUCCESSFUL else {},
        )

    def __add__(self, other: Tally) -> Tally:
        currencies = {**self.revenue, **other.revenue}
        return Tally(
            self.created + other.created,
            self.successful + other.successful,
            self.failed + other.failed,
            self.cancelled + other.cancelled,
            {each: self.revenue.get(each, 0) + other.revenue.get(each, 0) for each in currencies},
        )

    @property
    def total(self) -> int:
        """At least those whose end is known: the end of a payment may be counted before its beginning."""
        return max(self.created, self.successful + self.failed + self.cancelled)

    @property
    def pending(self) -> int:
        """The rest, so that the parts always add up to the total."""
        return self.total - self.successful - self.failed - self.cancelled


def tally(occurrences: Iterable[Occurrence]) -> Tally:
    """All of them together."""
    return sum((Tally.of(each) for each in occurrences), Tally())


def bucket_of(instant: datetime) -> datetime:
    """When the ten minutes begin that it lies in."""
    return instant - (instant - _EPOCH) % BUCKET


def month_of(instant: datetime) -> str:
    """`2026-11`, by UTC."""
    return f"{instant.astimezone(UTC):%Y-%m}"
