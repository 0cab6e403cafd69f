"""What payouts need from the providers. Apart from the store: what only hears of payouts does not load it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta

from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.payouts.model import Payout, PayoutReport


@dataclass(frozen=True, slots=True)
class Transferred:
    """The money is on the seller's account at the provider."""

    reference: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the provider says of a payout."""

    report: PayoutReport


@dataclass(frozen=True, slots=True)
class Found:
    """What the provider has of a payout: nothing, the transfer, or both."""

    transfer: str | None
    report: PayoutReport | None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A transfer is undone."""


type TransferOutcome = Transferred | Rejected | Unreachable | Unknown
type PayoutOutcome = Answered | Rejected | Unreachable | Unknown
type FindOutcome = Found | Rejected | Unreachable | Unknown
type TakeBackOutcome = TakenBack | Rejected | Unreachable | Unknown


class PayoutProvider(ABC):
    """One provider's payouts: a transfer to the seller's account there, then a payout from it. What it is told twice
    under one key, it does once.
    """

    @property
    @abstractmethod
    def window(self) -> timedelta:
        """For how long the same may be sent again under its key."""

    @abstractmethod
    def parameters(self, payout: Payout) -> str:
        """The full parameters of both steps as JSON. Raises `ValidationFailed` for what it would refuse."""

    @abstractmethod
    def transfer(self, parameters: str, key: str) -> TransferOutcome:
        """Move the money to the seller's account, or find the move made under this key."""

    @abstractmethod
    def pay_out(self, parameters: str, key: str) -> PayoutOutcome:
        """Send it from there to the bank, or find the payout made under this key."""

    @abstractmethod
    def find(self, payout: Payout) -> FindOutcome:
        """What the provider has of it, found by our id."""

    @abstractmethod
    def take_back(self, payout: Payout, key: str) -> TakeBackOutcome:
        """Undo the transfer. Done twice it is done once."""
