"""Tickets, what their venues allow, and listings. All prices are minor units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tollgate.escrow.splitting import Rates
from tollgate.kernel.events import Event
from tollgate.kernel.money import BASIS_POINTS, Money
from tollgate.marketplace import events

AGGREGATE = "listing"
# Of the face value: at most so much more, and at least so much of it.
MAX_MARKUP, MIN_PRICE = 15_000, 5_000
VENUE_ROYALTY, PLATFORM_FEE = 1_000, 500


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the tenant's ticket service says of a ticket: whose it is, and what it cost at first. `listing` is the one
    under which it is for sale, or is being sold.
    """

    id: str
    tenant: str
    owner: str
    venue: str
    occasion: str
    face_value: Money
    occasion_name: str | None = None
    listing: str | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class PriceRange:
    """The lowest and the highest price that is allowed."""

    lowest: int
    highest: int

    def allows(self, price: int) -> bool:
        return self.lowest <= price <= self.highest


@dataclass(frozen=True, slots=True)
class VenueRules:
    """What a venue allows, in basis points of the face value, and what it wants of the price. `strict` refuses what
    looks like scalping; otherwise that is noted. Raises `ValueError` for shares that are more than all.
    """

    tenant: str
    venue: str
    allowed: bool = True
    max_markup: int = MAX_MARKUP
    min_price: int = MIN_PRICE
    venue_royalty: int = VENUE_ROYALTY
    artist: str | None = None
    artist_royalty: int = 0
    strict: bool = False

    def prices(self, face_value: Money) -> PriceRange:
        """Rounded inwards: no price is allowed that is a cent past the rule."""
        face = face_value.amount
        lowest = -(-face * self.min_price // BASIS_POINTS)
        return PriceRange(max(lowest, 1), face * (BASIS_POINTS + self.max_markup) // BASIS_POINTS)

    def rates(self, platform_fee: int) -> Rates:
        """How a price is divided. Raises `ValueError` where that is more than all of it."""
        return Rates(self.venue, self.venue_royalty, platform_fee, self.artist, self.artist_royalty)


class State(StrEnum):
    """Where a listing stands."""

    ACTIVE = "active"
    RESERVED = "reserved"  # somebody is being charged for it
    SOLD = "sold"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Change:
    """A listing after what happened to it, and the event of it."""

    before: int
    listing: Listing
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """`rates` are those of its venue when it was listed. `escrow` is the sale that has it. `patterns` are what looks
    like scalping.
    """

    id: str
    tenant: str
    ticket: str
    seller: str
    venue: str
    occasion: str
    price: Money
    face_value: int
    rates: Rates
    state: State
    created_at: datetime
    version: int = 0
    revision: int = 0
    occasion_name: str | None = None
    escrow: str | None = None
    patterns: tuple[str, ...] = ()
    fingerprint: str = ""

    def listed(self, trace: str | None = None) -> Change:
        """The first event."""
        return self.told(events.LISTED, self.created_at, {}, trace)

    def cancelled(self, now: datetime, trace: str | None = None) -> Change:
        """Its seller has thought better of it."""
        return replace(self, state=State.CANCELLED).told(events.UNLISTED, now, {}, trace)

    def reserved(self, escrow: str) -> Change:
        """Somebody is being charged for it. The escrow's event tells of that."""
        return Change(self.revision, replace(self, state=State.RESERVED, escrow=escrow, revision=self.revision + 1))

    def told(self, type_: str, now: datetime, data: Mapping[str, Any], trace: str | None) -> Change:
        """This listing as the next version, with the event that says so."""
        told = replace(self, version=self.version + 1, revision=self.revision + 1)
        said = {
            "listing_id": self.id,
            "status": self.state.value,
            "ticket_id": self.ticket,
            "seller_id": self.seller,
            "venue_id": self.venue,
            "event_id": self.occasion,
            "price": self.price.amount,
            "original_price": self.face_value,
            "currency": self.price.currency,
            "suspicious": list(self.patterns),
        }
        event = Event(type_, self.tenant, AGGREGATE, self.id, told.version, now, {**said, **data}, trace)
        return Change(self.revision, told, event)
