"""What payouts need from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.ports import Balances
from tollgate.payouts.model import Payout, Seller


@dataclass(frozen=True, slots=True)
class PayoutsPage:
    """Newest first."""

    payouts: tuple[Payout, ...]
    cursor: str | None


class PayoutRepository(ABC):
    """Payouts with their events."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Payout | None:
        """One payout, strongly consistent."""

    @abstractmethod
    def create(self, payout: Payout, event: Event) -> Sequence[Write]:
        """Store a new one; `PayoutExists` with the stored one if its id is taken."""

    @abstractmethod
    def update(self, payout: Payout, event: Event) -> Sequence[Write]:
        """Store the next version; `PayoutChanged` with the stored one unless it is the version before."""

    @abstractmethod
    def note(self, payout: Payout) -> Write:
        """Store something about this version that is no event; `PayoutChanged` if it moved on."""

    @abstractmethod
    def look_again(self, payout: Payout, at: datetime) -> Write:
        """Put off when the reconciler looks at it; `PayoutChanged` if it moved on."""

    @abstractmethod
    def list(self, tenant: str, seller: str, *, limit: int, cursor: str | None) -> PayoutsPage:
        """A seller's payouts; raises `InvalidCursor`."""


class SellerRepository(ABC):
    """Sellers, as far as they are paid out."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Seller | None:
        """The seller, strongly consistent, if anybody has said where their money goes."""

    @abstractmethod
    def put(self, seller: Seller) -> Write:
        """Say where their money goes from now on."""


class LimitedBalances(ABC):
    """The ledger's balances, with what each seller was paid in a day beside what they may be paid: one condition
    holds both.
    """

    @abstractmethod
    def counting(self, day: date, limit: int) -> Balances:
        """Debits count towards the day; `Overdrawn` or `DailyLimitExceeded`."""

    @abstractmethod
    def restore(self, tenant: str, currency: str, seller: str, day: date, amount: int) -> Write:
        """What was paid out on the day counts no longer towards it. The balance itself stays as it is, and where the
        day is forgotten nothing is restored.
        """
