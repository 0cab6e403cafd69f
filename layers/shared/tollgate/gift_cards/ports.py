"""What gift cards need from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollgate.gift_cards.guessing import GuessCount
from tollgate.gift_cards.model import CardChange, GiftCard
from tollgate.kernel.ids import derived
from tollgate.kernel.unit_of_work import Write


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found: the cards by their ids, and the counters of the doors at which something has failed."""

    cards: Mapping[str, GiftCard]
    guesses: Mapping[str, GuessCount]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Envelopes of a card's events, newest first."""

    events: tuple[Mapping[str, Any], ...]
    cursor: str | None


class GiftCardRepository(ABC):
    """Gift cards with their events. Reads are strongly consistent."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> GiftCard | None:
        """The card as it stands."""

    @abstractmethod
    def look(self, tenant: str, ids: Sequence[str], doors: Sequence[str]) -> Seen:
        """Those of these cards that are there, and the counters of those of these doors that have any: one read."""

    @abstractmethod
    def create(self, change: CardChange) -> tuple[Write, ...]:
        """Store a new card and event 1; `CodeTaken` with the stored card if its id is taken."""

    @abstractmethod
    def update(self, change: CardChange) -> tuple[Write, ...]:
        """Store the next version and its event; `GiftCardChanged` with the stored card unless it is at the version
        before.
        """

    @abstractmethod
    def look_again(self, card: GiftCard, at: datetime | None) -> Write:
        """Put off when the reconciler looks at it, or have it not look before the next change; `GiftCardChanged` if it
        moved on.
        """

    @abstractmethod
    def history(self, tenant: str, id_: str, *, limit: int, cursor: str | None) -> HistoryPage:
        """A page of what has happened to a card; raises `InvalidCursor`. Empty for a card that is not there."""


class Guesses(ABC):
    """How many guesses failed, by door. They are read with the cards."""

    @abstractmethod
    def note(self, tenant: str, doors: Sequence[str], now: datetime) -> Mapping[str, GuessCount]:
        """Count a failed guess at each door; gives their counters after it."""


def customer_of(tenant: str, user: str) -> str:
    """Under which name a user's credit stands: their own id may hold what the name of an account may not."""
    return derived("cus", tenant, user)


class Credits(ABC):
    """What customers may spend with us, minor units. Apart from the ledger's balances, which are some moments behind:
    credit is there as soon as it is given, and is taken on condition that there is as much.
    """

    @abstractmethod
    def get(self, tenant: str, currency: str, customer: str) -> int:
        """What there is, strongly consistent; zero for a customer who never had any."""

    @abstractmethod
    def add(self, tenant: str, currency: str, customer: str, amount: int) -> Write:
        """Give a positive amount, or give it back."""

    @abstractmethod
    def take(self, tenant: str, currency: str, customer: str, amount: int) -> Write:
        """Take a positive amount; `InsufficientCredit` with what there is."""
