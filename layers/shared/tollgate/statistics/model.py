"""What is counted, and how counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tollgate.kernel.money import Money

BUCKET = timedelta(minutes=10)
# Nobody asks for more than a day; the rest is room for events that were held up.
KEEP_COUNTERS = timedelta(days=3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """What an event says of its payment, as far as it is counted."""

    CREATED = "created"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    CANCELLED = "cancelled"


# By the types under which the events are stored: their aliases tell of the same event, and would count it again.
OUTCOME_OF: dict[str, Outcome] = {
    "payments.payment.created": Outcome.CREATED,
    "payments.purchase.confirmed": Outcome.SUCCESSFUL,
    "payments.transaction.failed": Outcome.FAILED,
    "payments.payment.cancelled": Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event of a payment. `created_at` is when the payment was made, which decides where it is counted; None where
    the event does not tell, and then it is not counted.
    """

    tenant: str
    payment_id: str
    sequence: int
    type: str
    created_at: datetime | None
    amount: Money

    @property
    def identity(self) -> tuple[str, str, int]:
        """What makes two deliveries the same event."""
        return (self.tenant, self.payment_id, self.sequence)

    @property
    def outcome(self) -> Outcome:
        return OUTCOME_OF[self.type]


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
