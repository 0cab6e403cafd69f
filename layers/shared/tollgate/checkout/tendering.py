"""Paying with more than a provider: what a checkout asks of the rooms that keep value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.tenders import Tender


@dataclass(frozen=True, slots=True)
class TenderWish:
    """One way to pay, with `amount` minor units or as much as there is and is needed. `cards` are the ids that the code
    of a gift card may stand for, none for the buyer's own credit; `field` names it in errors.
    """

    field: str
    cards: tuple[str, ...] = ()
    amount: int | None = None

    @property
    def is_credit(self) -> bool:
        return not self.cards


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is to be paid, by whom. `doors` are the counters of wrong guesses that stand for whoever asks."""

    tenant: str
    owner: str
    payment_id: str
    price: Money
    doors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TenderPlan:
    """The tenders of a payment, held, and the writes that hold them: they fail with `TiedRecordChanged` where there is
    less by then.
    """

    tenders: tuple[Tender, ...] = ()
    writes: tuple[Write, ...] = ()


class TenderRefused(ValidationFailed):
    """Something that cannot be paid with, by its field."""

    code = "TENDER_REFUSED"

    def __init__(self, field: str, why: str) -> None:
        super().__init__([FieldError(field, why)], "This cannot be paid with as asked")


class TenderUnknown(TenderRefused):
    """A code that no gift card has. It counts as a guess."""

    code = "TENDER_UNKNOWN"


class Tendering(ABC):
    """Where gift cards and credit are kept."""

    @abstractmethod
    def plan(self, purchase: Purchase, wishes: Sequence[TenderWish]) -> TenderPlan:
        """How the wishes are met. Raises `TenderRefused`, and what stops those who guess codes."""
