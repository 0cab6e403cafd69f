"""What the marketplace needs from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tollgate.kernel.unit_of_work import Write
from tollgate.marketplace.model import Change, Listing, Ticket, VenueRules


@dataclass(frozen=True, slots=True)
class ListingsPage:
    """Newest first. `cursor` asks for what follows."""

    listings: tuple[Listing, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Whose:
    """A list: all of a seller's, or what can be bought at a venue."""

    tenant: str
    seller: str | None = None
    venue: str | None = None


class TicketRepository(ABC):
    """Tickets as the tenant's ticket service has told us, and what venues allow. Reads are strongly consistent."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Ticket | None:
        """The ticket as it stands."""

    @abstractmethod
    def put(self, ticket: Ticket) -> Write:
        """Store what is said of a ticket; `TicketChanged` unless its revision is the one before."""

    @abstractmethod
    def rules(self, tenant: str, venue: str) -> VenueRules:
        """What its venue allows; the usual where nobody has said."""

    @abstractmethod
    def put_rules(self, rules: VenueRules) -> Write:
        """From now on. Listings keep the shares that they were made with."""


class ListingRepository(ABC):
    """Listings with their events. Reads are strongly consistent, apart from lists."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Listing | None:
        """The listing as it stands."""

    @abstractmethod
    def create(self, change: Change, ticket: Ticket) -> tuple[Write, ...]:
        """Store a new listing, which the ticket has from then on; `ListingChanged` if the id is taken, `TicketChanged`
        unless the ticket is as it was read.
        """

    @abstractmethod
    def cancel(self, change: Change) -> tuple[Write, ...]:
        """Store that it is cancelled; the ticket has it no longer. `ListingChanged` unless it is as it was read."""

    @abstractmethod
    def reserve(self, change: Change) -> Write:
        """Store that somebody is buying it; `ListingChanged` unless it is as it was read."""

    @abstractmethod
    def list(self, whose: Whose, *, limit: int, cursor: str | None) -> ListingsPage:
        """`InvalidCursor` for a cursor that this list never gave."""

    @abstractmethod
    def recent(self, tenant: str, seller: str, since: datetime, limit: int) -> Sequence[Listing]:
        """The seller's last listings since then."""


@dataclass(frozen=True, slots=True)
class Royalties:
    """What one sale has brought its venue's side: one entry of a venue's sums. `amount` is minor units, the venue's and
    the artist's parts together.
    """

    tenant: str
    escrow: str
    venue: str
    occasion: str
    occasion_name: str | None
    currency: str
    day: str
    parts: dict[str, int]

    @property
    def amount(self) -> int:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class RoyaltySum:
    """What the sales of one event have brought in a stretch of days."""

    occasion: str
    occasion_name: str | None
    amount: int
    sales: int


class RoyaltyBook(ABC):
    """A venue's royalties, summed per day and event when a sale is released."""

    @abstractmethod
    def count(self, of: Royalties) -> bool:
        """Add a sale to the sums, once; False where that is done."""

    @abstractmethod
    def between(self, tenant: str, venue: str, currency: str, first: str, last: str) -> Sequence[RoyaltySum]:
        """Sums by event over the days from `first` to `last`, both included."""
