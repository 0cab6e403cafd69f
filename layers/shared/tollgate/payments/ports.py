"""What the payments room needs from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Change, Payment


class TiedRecordChanged(ConcurrentChange):
    """A record of another room that changes with a payment moved on; decide anew."""


@dataclass(frozen=True, slots=True)
class PaymentKey:
    """Where a payment lives."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `cursor` asks for what follows; a page may be short, even empty, while a cursor is given."""

    payments: tuple[Payment, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which payments of a list are wanted; what is left empty excludes none."""

    states: frozenset[State] = frozenset()
    provider: str | None = None
    # Those that failed, and those still open of which a try was declined.
    failed_attempts: bool = False

    def takes(self, payment: Payment) -> bool:
        """Whether the payment is wanted."""
        declined = payment.state in (State.PENDING, State.PROCESSING) and payment.reason is not None
        return (
            (not self.states or payment.state in self.states)
            and self.provider in (None, payment.provider)
            and (not self.failed_attempts or declined or payment.state is State.FAILED)
        )


EVERY_PAYMENT = Selection()


class ParkedEvents(ABC):
    """Provider events that came before what they are about."""

    @abstractmethod
    def wake(self, key: PaymentKey) -> int:
        """Have every event that waits for this payment applied again, soon; returns how many.

        Called after the commit that made or changed the payment: one that is not reached leaves them parked.
        """


class Consequences(ABC):
    """What changes in other rooms when a payment does, in the same transaction."""

    @abstractmethod
    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        """The writes that go with a change. They fail with `TiedRecordChanged` where what they rest on has moved on.
        May raise what refuses a request, and nothing that is a fact; and `NotWanted` of money that came too late.
        """

    def current(self, payment: Payment) -> Payment:
        """The payment with what another room knows of it by now. Asked before anything is said of money that a room
        holds.
        """
        return payment


class PaymentRepository(ABC):
    """Payments with their events. Reads are strongly consistent, apart from lists."""

    @abstractmethod
    def get(self, key: PaymentKey) -> Payment | None:
        """The payment as it stands."""

    @abstractmethod
    def create(self, change: Change, *, expected: bool = False) -> tuple[Write, ...]:
        """Store a new payment, event 1 and what it moves in the ledger; `PaymentExists` if the id is taken. Where
        events wait for it already, `PaymentExpected`, unless the caller says that it knows.
        """

    @abstractmethod
    def create_through(self, changes: Sequence[Change]) -> tuple[Write, ...]:
        """Store a new payment of which several things are known at once: as the last change leaves it, with what all of
        them say and move; `PaymentExists` if the id is taken.
        """

    @abstractmethod
    def expect(self, key: PaymentKey) -> Write:
        """Note that events wait for a payment that is not there; `PaymentExists` if it is."""

    @abstractmethod
    def flag(self, payment: Payment) -> Write:
        """Note that events wait for the next change of a payment; `PaymentChanged` unless it is as it was read."""

    @abstractmethod
    def update(self, change: Change) -> tuple[Write, ...]:
        """Store a changed payment, its event and what it moves in the ledger; `PaymentChanged` unless it is still at
        the version before.
        """

    @abstractmethod
    def look_again(self, payment: Payment, at: datetime | None) -> Write:
        """Put off when somebody should look at it, or have nobody look; `PaymentChanged` if it moved on."""

    @abstractmethod
    def point(self, payment: Payment, reference: str, page: str | None = None) -> Write:
        """Make the payment findable by the provider's reference, and its page with it; `ReferenceTaken` if the
        reference leads elsewhere.
        """

    @abstractmethod
    def page(self, payment: Payment) -> str | None:
        """The address of the payment's page. It is long, and wanted while the buyer is on the way only: so it lies with
        the reference, and a payment that was read has none.
        """

    @abstractmethod
    def find(self, provider: str, reference: str) -> PaymentKey | None:
        """Where a provider's reference leads."""

    @abstractmethod
    def history(self, key: PaymentKey) -> tuple[dict[str, Any], ...]:
        """The envelopes of all events of a payment, oldest first."""

    @abstractmethod
    def unchanged(self, payment: Payment) -> Write:
        """Changes nothing, and holds only while the payment is at this version; `PaymentChanged` otherwise."""

    @abstractmethod
    def list(
        self,
        viewer: Viewer,
        *,
        since: datetime,
        until: datetime,
        limit: int,
        cursor: str | None,
        selection: Selection = EVERY_PAYMENT,
    ) -> Page:
        """The viewer's payments created in [since, until) that are selected, newest first; `InvalidCursor` for a cursor
        that this viewer was never given. What a page may look at is bounded, so that a rare selection takes many.
        """
