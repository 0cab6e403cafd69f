"""What the statistics need from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from tollgate.kernel.errors import TollgateError
from tollgate.kernel.unit_of_work import Write
from tollgate.statistics.model import Occurrence, Tally
from tollgate.statistics.months import MonthTally


class NotCountable(TollgateError):
    """The event cannot be counted now, nor later; carries it, so that the others of its batch are."""

    code = "EVENT_NOT_COUNTABLE"

    def __init__(self, occurrence: Occurrence, why: str) -> None:
        super().__init__(f"event {occurrence.sequence} of {occurrence.payment_id} {why}")
        self.occurrence = occurrence


class AlreadyCounted(NotCountable):
    """It came before."""


class NotStored(NotCountable):
    """No payment of ours has such an event: somebody else wrote it to the bus."""


class StatisticsRepository(ABC):
    """Counters by tenant and bucket or month, and a mark on every event that they hold."""

    @abstractmethod
    def mark(self, occurrence: Occurrence) -> Write:
        """Note on the stored event that it was counted; `AlreadyCounted`, or `NotStored` where there is none."""

    @abstractmethod
    def add(self, tenant: str, bucket: datetime, counted: Tally, spread: str) -> Write:
        """Add to a bucket's counters. `spread` picks one of several items, so that writers seldom meet."""

    @abstractmethod
    def add_to_month(self, tenant: str, month: str, counted: MonthTally, spread: str) -> Write:
        """Add to a month's counters, in the same way."""

    @abstractmethod
    def of_months(self, tenant: str, months: Sequence[str]) -> Mapping[str, MonthTally]:
        """What is counted of these few months, each of them, in their order. May be a moment behind."""

    @abstractmethod
    def since(self, tenant: str, bucket: datetime) -> Tally:
        """Everything from this bucket on. May be a moment behind."""
