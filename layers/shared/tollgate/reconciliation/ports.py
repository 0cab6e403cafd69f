"""What reconciliation needs from stores, the bus and the archive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tollgate.deliveries.model import Aggregate
from tollgate.inbox.model import ProviderEvent
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.model import Finding, Run


@dataclass(frozen=True, slots=True)
class DuePayment:
    """A payment that is still open, or whose money is held."""

    key: PaymentKey


@dataclass(frozen=True, slots=True)
class DuePayout:
    """A payout that did not move on, or whose transfer has to come back."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class DueGiftCard:
    """A gift card that has expired, or of which more went back than was left."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class DueEscrow:
    """An escrow that nobody has ended at its deadline, or whose money has not gone back yet."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class DueSubscription:
    """A subscription that its provider should have charged, or whose grace period nobody has ended."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class DueGroup:
    """A group that nobody has ended at its time, or that has failed and owes refunds."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class DueRequest:
    """An idempotency record whose lease has passed without an answer."""

    id: str


@dataclass(frozen=True, slots=True)
class DueEvent:
    """A provider event that is not applied."""

    provider: str
    id: str


@dataclass(frozen=True, slots=True)
class DueFinding:
    """A finding that nobody has settled."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class DueLane:
    """The way of an aggregate's events to a consumer, which nobody has tried again at its time."""

    consumer: str
    aggregate: Aggregate


type Due = (
    DuePayment
    | DuePayout
    | DueGiftCard
    | DueEscrow
    | DueSubscription
    | DueGroup
    | DueRequest
    | DueEvent
    | DueFinding
    | DueLane
)


class DueList(ABC):
    """Everything unfinished, by the time at which it should be looked at."""

    @abstractmethod
    def due(self, now: datetime) -> Iterator[Due]:
        """What is due by now, the longest overdue of each part first. May be a moment behind the store."""


class FindingChanged(ConcurrentChange):
    """Another run has written this finding meanwhile."""


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """Newest first; `cursor` asks for what follows."""

    findings: tuple[Finding, ...]
    cursor: str | None


class FindingRepository(ABC):
    """Findings with their events."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Finding | None:
        """The finding as it stands."""

    @abstractmethod
    def put(self, finding: Finding, event: Event, due_at: datetime | None) -> tuple[Write, ...]:
        """Store it with its event, to be looked at again when due; `FindingChanged` unless it is at the version
        before.
        """

    @abstractmethod
    def look_again(self, finding: Finding, at: datetime) -> Write:
        """Put off when it is looked at; `FindingChanged` if it moved on."""

    @abstractmethod
    def list(self, tenant: str, *, open_only: bool, limit: int, cursor: str | None) -> FindingsPage:
        """A tenant's findings, those that are open or those that are not; `InvalidCursor` for one of another list."""


class RunRepository(ABC):
    """Past runs, kept for a month, and how far the sweeps have come."""

    @abstractmethod
    def record(self, run: Run) -> None:
        """Store a run that has ended."""

    @abstractmethod
    def last(self, limit: int) -> tuple[Run, ...]:
        """The latest runs, newest first."""

    @abstractmethod
    def mark(self, sweep: str) -> datetime | None:
        """How far a sweep has come."""

    @abstractmethod
    def advance(self, sweep: str, to: datetime) -> None:
        """That it has come so far; never moves it back."""


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """One of our events as it is stored. `seen` once a subscriber of the bus has had it; `body` is the envelope."""

    id: str
    tenant: str
    type: str
    aggregate_id: str
    sequence: int
    body: str
    seen: bool


class EventLog(ABC):
    """Every event that was stored, by time."""

    @abstractmethod
    def between(self, since: datetime, until: datetime) -> Iterator[PublishedEvent]:
        """The events that occurred in [since, until)."""


class Publisher(ABC):
    """The bus."""

    @abstractmethod
    def publish(self, events: Sequence[PublishedEvent]) -> int:
        """Publish again, each under all its names; how many events from the start are surely on the bus."""


class EventArchive(ABC):
    """Where provider events go that nobody could apply."""

    @abstractmethod
    def keep(self, event: ProviderEvent) -> None:
        """Store the signed bytes. Kept twice it is kept once."""
