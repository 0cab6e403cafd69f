"""What refunds need from payment providers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.checkout.ports import Absent, Rejected, Unknown, Unreachable
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport
from tollgate.payments.settlement import Settlement


@dataclass(frozen=True, slots=True)
class Answered:
    """What the provider says of a refund."""

    report: RefundReport


@dataclass(frozen=True, slots=True)
class PaidOut:
    """The provider has made what it took available to us, and kept its fee."""

    settlement: Settlement


@dataclass(frozen=True, slots=True)
class NotYet:
    """It will be available then."""

    until: datetime


type RefundOutcome = Answered | Rejected | Unreachable | Unknown
type SettlementOutcome = PaidOut | NotYet | Rejected | Unreachable | Unknown
type FoundRefund = Answered | Absent | Rejected | Unreachable | Unknown


class RefundProvider(ABC):
    """One provider's refunds. What it is told twice under one key, it does once."""

    @property
    @abstractmethod
    def refund_window(self) -> timedelta:
        """For how long the same refund may be sent again under its key; nothing where the provider keeps no keys."""

    @property
    def in_parts(self) -> bool:
        """Whether a part of what was taken can go back, or only all of it at once."""
        return True

    @abstractmethod
    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        """The full parameters as JSON, the same each time for the same refund."""

    @abstractmethod
    def refund(self, parameters: str, key: str) -> RefundOutcome:
        """Give money back, or find what was given back under this key."""

    @abstractmethod
    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        """The refund as the provider has it, found by our id, or by its own where that is known."""

    @abstractmethod
    def settlement(self, payment: Payment) -> SettlementOutcome:
        """Whether the payment's money has become ours, or when it will."""
