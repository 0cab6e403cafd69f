"""Putting tickets up for sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tollgate.escrow.splitting import Rates
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, FieldError, ValidationFailed
from tollgate.kernel.idempotency import IdempotencyKeyReused, fingerprint
from tollgate.kernel.ids import derived, is_id
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.marketplace.errors import (
    ListingChanged,
    ListingNotAvailable,
    ListingNotFound,
    ResaleNotAllowed,
    TicketChanged,
    TicketListed,
    TicketNotFound,
)
from tollgate.marketplace.model import Listing, PriceRange, State, Ticket, VenueRules
from tollgate.marketplace.ports import ListingRepository, ListingsPage, TicketRepository, Whose
from tollgate.marketplace.pricing import LOOKED_AT, LOOKED_BACK, patterns, require_allowed, require_unsuspicious

_TRIES = 8


@dataclass(frozen=True, slots=True)
class CreateListing:
    """A wish to sell a ticket for so many minor units of the currency that it cost. `body` tells the same wish from
    another under one key.
    """

    tenant: str
    seller: str
    key: str
    body: Mapping[str, object]
    ticket: str
    venue: str
    price: int
    trace: str | None = None

    @property
    def listing_id(self) -> str:
        return derived("lst", self.tenant, self.seller, self.key)


@dataclass(frozen=True, slots=True)
class Listed:
    """A listing, and what prices its venue allows. `again` where it was made before."""

    listing: Listing
    allowed: PriceRange
    again: bool = False


class ListingDesk:
    """A ticket has one listing at a time. `platform_fee` is what the platform keeps of a sale, in basis points."""

    def __init__(
        self,
        tickets: TicketRepository,
        listings: ListingRepository,
        unit_of_work: UnitOfWork,
        clock: Clock,
        platform_fee: int,
    ) -> None:
        self._tickets = tickets
        self._listings = listings
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._platform_fee = platform_fee

    def register(self, ticket: Ticket) -> Ticket:
        """What the ticket service says of a ticket from now on. Raises `TicketListed` where it is for sale."""
        for _ in range(_TRIES):
            known = self._tickets.get(ticket.tenant, ticket.id)
            revision = known.revision if known else 0
            if known and replace(ticket, listing=known.listing, revision=revision) == known:
                return known
            if known and known.listing:
                raise TicketListed(known.listing)
            said = replace(ticket, listing=None, revision=revision + 1)
            try:
                self._unit_of_work.commit(self._tickets.put(said))
            except TicketChanged:
                continue
            return said
        raise ConcurrentChange(f"{ticket.id} changes too fast")

    def ticket(self, tenant: str, id_: str) -> Ticket:
        found = self._tickets.get(tenant, id_)
        if found is None:
            raise TicketNotFound
        return found

    def rules(self, tenant: str, venue: str) -> VenueRules:
        return self._tickets.rules(tenant, venue)

    def set_rules(self, rules: VenueRules) -> VenueRules:
        """For listings from now on. Raises `ValidationFailed` where the shares are more than all."""
        try:
            rules.rates(self._platform_fee)
        except ValueError as error:
            raise ValidationFailed([FieldError("venueRoyaltyBasisPoints", str(error))]) from error
        self._unit_of_work.commit(self._tickets.put_rules(rules))
        return rules

    def create(self, wish: CreateListing) -> Listed:
        """Raises `TicketNotFound` for what is not the seller's, `TicketListed`, `ResaleNotAllowed`, `PriceNotAllowed`,
        `SuspiciousPrice`, `IdempotencyKeyReused`.
        """
        for _ in range(_TRIES):
            try:
                return self._create(wish)
            except (ListingChanged, TicketChanged):
                continue
        raise ConcurrentChange(f"{wish.ticket} changes too fast")

    def show(self, tenant: str, id_: str) -> Listing:
        listing = self._listings.get(tenant, id_) if is_id("lst", id_) else None
        if listing is None:
            raise ListingNotFound
        return listing

    def list(self, whose: Whose, *, limit: int, cursor: str | None) -> ListingsPage:
        return self._listings.list(whose, limit=limit, cursor=cursor)

    def cancel(self, tenant: str, seller: str | None, id_: str, trace: str | None = None) -> Listing:
        """Not for sale any more. Cancelling twice is fine. `seller` is None for those who see the whole tenant. Raises
        `ListingNotFound`, and `ListingNotAvailable` once somebody buys it.
        """
        for _ in range(_TRIES):
            listing = self.show(tenant, id_)
            if seller not in (None, listing.seller):
                raise ListingNotFound
            if listing.state is State.CANCELLED:
                return listing
            if listing.state is not State.ACTIVE:
                raise ListingNotAvailable(listing.state)
            change = listing.cancelled(self._clock.now(), trace)
            try:
                self._unit_of_work.commit(*self._listings.cancel(change))
            except ListingChanged:
                continue
            return change.listing
        raise ConcurrentChange(f"{id_} changes too fast")

    def _create(self, wish: CreateListing) -> Listed:
        ticket = self.ticket(wish.tenant, wish.ticket)
        rules = self._tickets.rules(wish.tenant, ticket.venue)
        existing = self._listings.get(wish.tenant, wish.listing_id)
        if existing is not None:
            return _again(existing, rules, ticket, wish)
        if ticket.owner != wish.seller or ticket.venue != wish.venue:
            raise TicketNotFound
        if ticket.listing:
            raise TicketListed(ticket.listing)
        allowed = require_allowed(rules, ticket, wish.price)
        now = self._clock.now()
        recent = self._listings.recent(wish.tenant, wish.seller, now - LOOKED_BACK, LOOKED_AT)
        odd = patterns(ticket, wish.price, allowed, recent)
        require_unsuspicious(rules, odd)
        listing = Listing(
            id=wish.listing_id,
            tenant=wish.tenant,
            ticket=ticket.id,
            seller=wish.seller,
            venue=ticket.venue,
            occasion=ticket.occasion,
            occasion_name=ticket.occasion_name,
            price=Money(wish.price, ticket.face_value.currency),
            face_value=ticket.face_value.amount,
            rates=self._rates(rules),
            state=State.ACTIVE,
            created_at=now,
            patterns=odd,
            fingerprint=fingerprint(wish.body),
        )
        change = listing.listed(wish.trace)
        self._unit_of_work.commit(*self._listings.create(change, ticket))
        return Listed(change.listing, allowed)

    def _rates(self, rules: VenueRules) -> Rates:
        """The platform's fee may have been raised since the venue has said what it wants."""
        try:
            return rules.rates(self._platform_fee)
        except ValueError:
            raise ResaleNotAllowed from None


def _again(existing: Listing, rules: VenueRules, ticket: Ticket, wish: CreateListing) -> Listed:
    if existing.fingerprint != fingerprint(wish.body):
        raise IdempotencyKeyReused
    return Listed(existing, rules.prices(ticket.face_value), again=True)
