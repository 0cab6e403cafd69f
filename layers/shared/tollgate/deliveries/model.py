"""A lane is the way of one aggregate's events to one consumer: the event in hand, and all others behind it. A delivery
is what became of one event there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tollgate.kernel.events import event_id
from tollgate.kernel.ids import derived

# Longer than one try takes: two seconds to connect, five for the answer, and the store's. Whoever has it in hand after
# that is dead, or so slow that the event may come twice.
HOLD = timedelta(seconds=30)
# How long it is remembered what became of an event. A lane in hand asks that memory whether it was done with; after
# `PRESUMED` nobody can have it in hand any more, since no message lives that long, and it was.
REMEMBER, PRESUMED = timedelta(days=30), timedelta(days=25)
# A lane that waits is woken at its time. The reconciler looks at what was not.
GRACE = timedelta(minutes=2)
# Of one event; of those that were made by hand there may be any number.
ATTEMPTS_KEPT = 24


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Whose events come in order."""

    tenant: str
    type: str
    id: str

    def event_id(self, sequence: int) -> str:
        return event_id(self.tenant, self.type, self.id, sequence)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One of our events; `body` is the envelope, byte for byte as it is published."""

    aggregate: Aggregate
    sequence: int
    type: str
    occurred_at: datetime
    body: str

    @property
    def id(self) -> str:
        return self.aggregate.event_id(self.sequence)


@dataclass(frozen=True, slots=True)
class Lane:
    """`head` is the sequence of the event in hand, `passed` whether it was dealt with; whoever deals with it writes
    that into the log, and not here again. `failures` counts the tries of it that the schedule made; `try_at` is when it
    makes the next. `holder` names whoever wrote last.
    """

    consumer: str
    aggregate: Aggregate
    head: int = 0
    passed: bool = True
    version: int = 0
    failures: int = 0
    holder: str = ""
    held_until: datetime | None = None
    try_at: datetime | None = None

    @property
    def position(self) -> int:
        """The last event that was dealt with."""
        return self.head if self.passed else self.head - 1

    @property
    def due_at(self) -> datetime | None:
        """When the reconciler looks at it. What was never failed is brought again by the queue itself."""
        if self.passed or not self.failures:
            return None
        at = self.try_at or self.held_until
        return at + GRACE if at else None

    def is_held(self, now: datetime) -> bool:
        return not self.passed and self.held_until is not None and now < self.held_until

    def waits(self, now: datetime) -> bool:
        return not self.passed and self.try_at is not None and now < self.try_at

    def is_presumed_passed(self, now: datetime) -> bool:
        """Whether what the log no longer tells of must have been done with."""
        return not self.failures and self.held_until is not None and now - self.held_until > PRESUMED

    def past(self) -> Lane:
        """Its head was dealt with."""
        return replace(self, passed=True)

    def taken(self, sequence: int, holder: str, now: datetime) -> Lane:
        """With this event in hand, for as long as a try of it takes."""
        again = not self.passed and sequence == self.head
        return replace(
            self,
            head=sequence,
            passed=False,
            version=self.version + 1,
            failures=self.failures if again else 0,
            holder=holder,
            held_until=now + HOLD,
            try_at=None,
        )

    def put_off(self, failures: int, try_at: datetime) -> Lane:
        """To be tried again then; nobody has it in hand."""
        return replace(self, version=self.version + 1, failures=failures, held_until=None, try_at=try_at)

    def at_rest(self) -> Lane:
        """With nothing left to do."""
        return replace(self, passed=True, version=self.version + 1, failures=0, held_until=None, try_at=None)


class DeliveryState(StrEnum):
    """What became of one event at one consumer."""

    WAITING = "waiting"  # it was tried, and will be again
    DELIVERED = "delivered"
    FAILED = "failed"  # it was tried for a day; the events behind it went on

    @property
    def is_final(self) -> bool:
        return self is not DeliveryState.WAITING


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: the status that it was answered, or why there is none. What else the consumer said is not kept."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None
    by_hand: bool = False

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event at one consumer, with its last attempts; `tries` counts all of them."""

    consumer: str
    aggregate: Aggregate
    sequence: int
    type: str
    created_at: datetime
    updated_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    version: int = 0
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    try_at: datetime | None = None

    @property
    def id(self) -> str:
        return delivery_id(self.consumer, self.event_id)

    @property
    def event_id(self) -> str:
        return self.aggregate.event_id(self.sequence)

    def tried(self, attempt: Attempt, try_at: datetime | None, now: datetime) -> Delivery:
        """After one more try. Whatever was delivered stays so; what is not tried again has failed."""
        return replace(
            self,
            state=self._after(attempt, try_at),
            version=self.version + 1,
            tries=self.tries + 1,
            attempts=(*self.attempts, attempt)[-ATTEMPTS_KEPT:],
            updated_at=now,
            try_at=None if attempt.succeeded or self.state is DeliveryState.DELIVERED else try_at,
        )

    def _after(self, attempt: Attempt, try_at: datetime | None) -> DeliveryState:
        if attempt.succeeded or self.state is DeliveryState.DELIVERED:
            return DeliveryState.DELIVERED
        return DeliveryState.FAILED if try_at is None else DeliveryState.WAITING


def delivery_id(consumer: str, of_event: str) -> str:
    """The same for every try of an event at a consumer."""
    return derived("dlv", consumer, of_event)


def begun(consumer: str, event: StoredEvent, now: datetime) -> Delivery:
    """Before its first try."""
    return Delivery(consumer, event.aggregate, event.sequence, event.type, now, now)
