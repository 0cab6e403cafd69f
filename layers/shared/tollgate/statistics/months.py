"""What is judged by the month. Card networks hold the disputes that were opened in a calendar month against the sales
of that month (Visa's VAMP) or of the one before (Mastercard's ECM), by their numbers, whenever those sales were made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.kernel.clock import from_iso
from tollgate.kernel.money import BASIS_POINTS
from tollgate.statistics.model import Occurrence, Outcome, month_of

# From a month's beginning: thirteen months, so that this one can be held against that of a year ago, and some days.
KEEP_MONTHS = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class MonthTally:
    """Numbers of sales that were confirmed, refunds that were made, and disputes that were opened and ended in a
    month.
    """

    successful: int = 0
    refunded: int = 0
    disputed: int = 0
    won: int = 0
    lost: int = 0

    @classmethod
    def of(cls, occurrence: Occurrence) -> MonthTally:
        """One more."""
        outcome = occurrence.outcome
        return cls(
            successful=int(outcome is Outcome.SUCCESSFUL),
            refunded=int(outcome is Outcome.REFUNDED),
            disputed=int(outcome is Outcome.DISPUTED),
            won=int(outcome is Outcome.DISPUTE_WON),
            lost=int(outcome is Outcome.DISPUTE_LOST),
        )

    def __add__(self, other: MonthTally) -> MonthTally:
        return MonthTally(
            self.successful + other.successful,
            self.refunded + other.refunded,
            self.disputed + other.disputed,
            self.won + other.won,
            self.lost + other.lost,
        )

    @property
    def dispute_rate(self) -> int | None:
        """Basis points of the sales, rounded half up; None where nothing was sold."""
        if not self.successful:
            return None
        return (2 * BASIS_POINTS * self.disputed + self.successful) // (2 * self.successful)


def month_tally(occurrences: Iterable[Occurrence]) -> MonthTally:
    """All of them together."""
    return sum((MonthTally.of(each) for each in occurrences), MonthTally())


def month_before(month: str) -> str:
    return month_of(beginning_of(month) - timedelta(days=1))


def beginning_of(month: str) -> datetime:
    return from_iso(f"{month}-01T00:00:00Z")
