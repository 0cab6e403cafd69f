"""What the payments room needs from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollgate.kernel.access import Viewer
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.model import Change, Payment


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


class PaymentRepository(ABC):
    """Payments with their events. Reads are strongly consistent, apart from lists."""

    @abstractmethod
    def get(self, key: PaymentKey) -> Payment | None:
        """The payment as it stands."""

    @abstractmethod
    def create(self, change: Change) -> tuple[Write, ...]:
        """Store a new payment and event 1; `PaymentExists` if the id is taken."""

    @abstractmethod
    def update(self, change: Change) -> tuple[Write, ...]:
        """Store a changed payment and its event; `PaymentChanged` unless it is still at the version before."""

    @abstractmethod
    def point(self, payment: Payment, reference: str) -> Write:
        """Make the payment findable by the provider's reference; `ReferenceTaken` if that leads elsewhere."""

    @abstractmethod
    def find(self, provider: str, reference: str) -> PaymentKey | None:
        """Where a provider's reference leads."""

    @abstractmethod
    def history(self, key: PaymentKey) -> tuple[dict[str, Any], ...]:
        """The envelopes of all events of a payment, oldest first."""

    @abstractmethod
    def list(self, viewer: Viewer, *, since: datetime, until: datetime, limit: int, cursor: str | None) -> Page:
        """The viewer's payments created in [since, until), newest first; `InvalidCursor` for a cursor that this list
        never gave.
        """
