"""A payout: from a seller's available balance to their bank account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived

AGGREGATE = "payout"
# The provider was asked, and the list of what it has does not show it: it never will.
NEVER_MADE = "never_made"


class PayoutState(StrEnum):
    """How far it is."""

    REQUESTED = "requested"  # reserved; the provider may have been asked
    UNKNOWN = "unknown"  # the provider's answer was lost
    SENT = "sent"  # the provider has it
    PAID = "paid"  # the bank has it
    FAILED = "failed"  # the money is back


# When the reconciler looks at what should have moved on by itself.
_ASK_UNKNOWN_AFTER = timedelta(minutes=5)
_ASK_INSTANT_AFTER, _ASK_STANDARD_AFTER = timedelta(hours=2), timedelta(days=4)

# From which states each can be reached. A bank may send back what was paid, days later; nothing follows on that.
_BEFORE: Mapping[PayoutState, frozenset[PayoutState]] = {
    PayoutState.UNKNOWN: frozenset({PayoutState.REQUESTED}),
    PayoutState.SENT: frozenset({PayoutState.REQUESTED, PayoutState.UNKNOWN}),
    PayoutState.PAID: frozenset({PayoutState.REQUESTED, PayoutState.UNKNOWN, PayoutState.SENT}),
    PayoutState.FAILED: frozenset({PayoutState.REQUESTED, PayoutState.UNKNOWN, PayoutState.SENT, PayoutState.PAID}),
}


@dataclass(frozen=True, slots=True)
class PayoutReport:
    """What is said of a payout: by the provider, or about its silence. `reference` is the provider's id of it,
    `transfer` of the move to the seller's account there. `reason` is a code, safe to log.
    """

    state: PayoutState
    reference: str | None = None
    transfer: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """`amount` leaves the seller's balance: the fee stays with us, the rest (`net`) goes to the bank. Minor units.
    `account` is the seller's at the provider. `returned`: what had been moved there for a payout that failed is back.
    """

    id: str
    tenant: str
    seller: str
    amount: int
    fee: int
    currency: str
    instant: bool
    provider: str
    account: str
    state: PayoutState
    version: int
    created_at: datetime
    updated_at: datetime
    transfer: str | None = None
    reference: str | None = None
    reason: str | None = None
    returned: bool = False

    @property
    def net(self) -> int:
        return self.amount - self.fee

    @property
    def day(self) -> date:
        """The UTC day on whose limit it counts."""
        return self.created_at.astimezone(UTC).date()

    @property
    def to_take_back(self) -> bool:
        """It failed after the money was moved to the seller's account at the provider, where it still lies."""
        return self.state is PayoutState.FAILED and self.transfer is not None and not self.returned

    @property
    def due_at(self) -> datetime | None:
        """When the reconciler should look at it; None while nothing is open, or its request answers for it."""
        match self.state:
            case PayoutState.UNKNOWN:
                return self.updated_at + _ASK_UNKNOWN_AFTER
            case PayoutState.SENT:
                return self.updated_at + (_ASK_INSTANT_AFTER if self.instant else _ASK_STANDARD_AFTER)
            case _:
                return self.updated_at if self.to_take_back else None

    def provider_key(self, step: str) -> str:
        """One for each step of the payout's whole life: whatever is sent again is the same to the provider."""
        return derived("key", self.tenant, self.id, step)

    def after(self, report: PayoutReport, now: datetime) -> Payout | None:
        """The next version, or None where the report says nothing new."""
        if self.state not in _BEFORE[report.state]:
            return None
        return replace(
            self,
            state=report.state,
            version=self.version + 1,
            updated_at=now,
            transfer=report.transfer or self.transfer,
            reference=report.reference or self.reference,
            reason=report.reason,
        )

    def event(self, trace: str | None) -> Event:
        """The event that tells of this version."""
        return Event(
            type=f"payments.payout.{self.state.value}",
            tenant=self.tenant,
            aggregate_type=AGGREGATE,
            aggregate_id=self.id,
            sequence=self.version,
            occurred_at=self.updated_at,
            data=self._summary(),
            trace=trace,
        )

    def _summary(self) -> dict[str, Any]:
        return {
            "payout_id": self.id,
            "venue_id": self.seller,
            "amount": self.amount,
            "fee": self.fee,
            "net": self.net,
            "currency": self.currency,
            "type": "instant" if self.instant else "standard",
            "status": self.state.value,
            "reason": self.reason,
        }


class SellerRisk(StrEnum):
    """How likely it is that a seller's sales have to be given back."""

    LOW = "low"
    STANDARD = "standard"
    HIGH = "high"


# Basis points of each sale that are held back when it settles.
RESERVES: Mapping[SellerRisk, int] = {SellerRisk.LOW: 500, SellerRisk.STANDARD: 1_000, SellerRisk.HIGH: 2_000}


@dataclass(frozen=True, slots=True)
class Seller:
    """Where a seller's money goes: a connected account at Stripe. And how much of it is held back."""

    tenant: str
    id: str
    stripe_account: str
    risk: SellerRisk = SellerRisk.STANDARD

    @property
    def reserve(self) -> int:
        """Basis points of what settles from now on."""
        return RESERVES[self.risk]
