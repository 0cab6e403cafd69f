"""What deliveries need: the events, who wants them, a way there, and memories of what was done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Aggregate, Delivery, DeliveryState, Lane, StoredEvent
from tollgate.kernel.errors import ConcurrentChange, TollgateError
from tollgate.kernel.unit_of_work import Write


class LaneChanged(ConcurrentChange):
    """Somebody else has taken the lane."""


class DeliveryChanged(ConcurrentChange):
    """Another try of the same event was noted meanwhile: `stored`."""

    def __init__(self, stored: Delivery | None) -> None:
        super().__init__("another try of this event was noted")
        self.stored = stored


class ConsumerInactive(TollgateError):
    """The consumer of a delivery gets nothing any more, or nothing of this tenant."""

    code = "CONSUMER_INACTIVE"


class Consumers(ABC):
    """Who gets events, as operators have written it. May be up to a minute old."""

    @abstractmethod
    def all(self) -> tuple[Consumer, ...]:
        """Every one of them."""

    @abstractmethod
    def put(self, consumer: Consumer) -> None:
        """Store one; it takes the place of another with its key."""


class Histories(ABC):
    """Every aggregate's own events, without a gap."""

    @abstractmethod
    def after(self, aggregate: Aggregate, position: int, limit: int) -> Sequence[StoredEvent]:
        """The events after that sequence, in order, as many at most."""


class Lanes(ABC):
    """Where each consumer is with each aggregate."""

    @abstractmethod
    def get(self, consumer: str, aggregate: Aggregate) -> Lane | None:
        """As it stands now."""

    @abstractmethod
    def put(self, lane: Lane) -> Write:
        """Store it; `LaneChanged` unless it is at the version before."""

    @abstractmethod
    def look_again(self, lane: Lane, at: datetime) -> Write:
        """Put off when the reconciler looks at it; `LaneChanged` if it moved on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries of a tenant a list is about; None is any."""

    consumer: str | None = None
    state: DeliveryState | None = None
    aggregate_id: str | None = None

    def takes(self, delivery: Delivery) -> bool:
        return (
            self.consumer in (None, delivery.consumer)
            and self.state in (None, delivery.state)
            and self.aggregate_id in (None, delivery.aggregate.id)
        )


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """Newest first; `cursor` asks for what follows."""

    deliveries: tuple[Delivery, ...]
    cursor: str | None


class DeliveryLog(ABC):
    """What became of each event at each consumer. It forgets `REMEMBER` after the last try."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Delivery | None:
        """As it stands now."""

    @abstractmethod
    def put(self, delivery: Delivery) -> Write:
        """Store it; `DeliveryChanged` unless it is at the version before."""

    @abstractmethod
    def list(
        self, tenant: str, wanted: Wanted, *, since: datetime, until: datetime, limit: int, cursor: str | None
    ) -> DeliveriesPage:
        """Those first tried in [since, until); `InvalidCursor` for one of another list."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how long; `error` is a short code where there is no `status`."""

    milliseconds: int
    status: int | None = None
    error: str | None = None


class Courier(ABC):
    """The way to a consumer's address."""

    @abstractmethod
    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Sent once, without following anything. Raises nothing: whatever goes wrong is told."""


@dataclass(frozen=True, slots=True)
class Wake:
    """That a lane may have something to do. `turn` is after how many failures it is meant to be tried; None is now."""

    consumer: str
    aggregate: Aggregate
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """That somebody wants an event to be sent again now."""

    tenant: str
    delivery_id: str


# What SQS can keep a message back for. Longer waits are split by whoever gets it too early.
LONGEST_DELAY = timedelta(minutes=15)


class Wakes(ABC):
    """A queue that leads back to the deliverer."""

    @abstractmethod
    def send(self, message: Wake | Wish, delay: timedelta = timedelta(0)) -> None:
        """Lay it into the queue, to be read no sooner than after the delay, `LONGEST_DELAY` at most; `StoreUnavailable`
        when it is not surely there.
        """
