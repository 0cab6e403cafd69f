"""The marketplace: what is asked of it. Prices are minor units, shares are basis points."""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.escrow.settling import Decision
from tollgate.kernel.access import Viewer
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.idempotency import parse_key
from tollgate.kernel.money import BASIS_POINTS, Money
from tollgate.marketplace.errors import TicketNotFound
from tollgate.marketplace.listing import CreateListing
from tollgate.marketplace.model import MAX_MARKUP, MIN_PRICE, VENUE_ROYALTY, Ticket, VenueRules
from tollgate.marketplace.purchasing import BuyListing
from tollgate.runtime.http.commands import one_key, owner_of, without_key
from tollgate.runtime.http.principal import Principal, Service
from tollgate.runtime.http.schemas import PRINTABLE, Body, Code, CurrencyCode, Email, Source, Url
from tollgate.runtime.http.sources import require_own_source
from tollgate.runtime.http.venue import Venue

# Ids of others become part of our keys and accounts: no separator of ours is in them.
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_TICKET = re.compile(_NAME, re.ASCII)
Name = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
User = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Price = Annotated[int, Field(ge=1, le=10**12)]
Share = Annotated[int, Field(ge=0, le=BASIS_POINTS)]
# The highest price is at most a hundred times the first.
_HIGHEST_MARKUP = 99 * BASIS_POINTS
# The provider of what comes as `paymentMethodId`.
_STRIPE = "stripe"


def _is_known_currency(currency: str) -> str:
    if currency not in MINOR_DIGITS:
        raise ValueError("an ISO 4217 code in capitals, such as USD")
    return currency


Currency = Annotated[CurrencyCode, AfterValidator(_is_known_currency)]


class ListingBody(Body):
    """`POST /api/v1/marketplace/listings`. The currency is that of the ticket. A service says for whom it sells."""

    ticket_id: Name
    price: Price
    venue_id: Name
    user_id: User | None = None
    idempotency_key: str | None = None


class ResaleBody(Body):
    """`POST /api/v1/marketplace/purchase`: a method of Stripe, or one by provider. Where the bank wants the buyer to
    confirm, they come back to `returnUrl`.
    """

    listing_id: Code
    payment_method_id: Source | None = None
    sources: Annotated[dict[Code, Source], Field(min_length=1, max_length=8)] | None = None
    return_url: Url | None = None
    method: Code = "card"
    provider: Code | None = None
    customer_email: Email | None = None
    user_id: User | None = None
    idempotency_key: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.payment_method_id is None) == (self.sources is None):
            raise ValueError("give either paymentMethodId or sources")
        return self

    def by_provider(self) -> dict[str, str]:
        """What may be charged, by provider."""
        return self.sources or {_STRIPE: self.payment_method_id or ""}


class ComplaintBody(Body):
    """`POST /api/v1/marketplace/escrows/{id}/dispute`: for whoever decides."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


class DecisionBody(Body):
    """`POST /api/v1/marketplace/escrows/{id}/resolve`."""

    decision: Literal["release", "refund"]


class ResaleRulesBody(Body):
    """`PUT /api/v1/marketplace/venues/{id}/rules`: all of them, as they are from now on. Markup and lowest price are of
    the ticket's first price, royalties of the resale's.
    """

    allowed: bool = True
    max_markup_basis_points: Annotated[int, Field(ge=0, le=_HIGHEST_MARKUP)] = MAX_MARKUP
    min_price_basis_points: Share = MIN_PRICE
    venue_royalty_basis_points: Share = VENUE_ROYALTY
    artist_id: Name | None = None
    artist_royalty_basis_points: Share = 0
    strict: bool = False

    @model_validator(mode="after")
    def _an_artist_for_the_share(self) -> Self:
        if self.artist_royalty_basis_points and self.artist_id is None:
            raise ValueError("artistRoyaltyBasisPoints needs an artistId")
        return self


class TicketBody(Body):
    """`PUT /internal/marketplace/tickets/{id}`: all that the ticket service knows of it."""

    owner_id: User
    venue_id: Name
    event_id: Name
    event_name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)] | None = None
    face_value: Price
    currency: Currency


def listing_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: ListingBody,
    header_key: str | None,
    trace: str | None,
) -> CreateListing:
    """Without a key, one is made, and returned with the answer."""
    return CreateListing(
        tenant=viewer.tenant,
        seller=owner_of(principal, body.user_id),
        key=parse_key(one_key(header_key, body.idempotency_key) or str(uuid.uuid4())),
        body=without_key(raw),
        ticket=body.ticket_id,
        venue=body.venue_id,
        price=body.price,
        trace=trace,
    )


def purchase_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: ResaleBody,
    header_key: str | None,
    trace: str | None,
) -> BuyListing:
    """The key is required, in the header or the body. Raises `SavedMethodForbidden`."""
    sources = body.by_provider()
    require_own_source(principal, sources)
    return BuyListing(
        tenant=viewer.tenant,
        buyer=owner_of(principal, body.user_id),
        listing=body.listing_id,
        key=parse_key(one_key(header_key, body.idempotency_key)),
        body=without_key(raw),
        request=ChargeRequest(sources, body.return_url, customer_email=body.customer_email),
        method=body.method,
        provider=body.provider,
        consumer=principal.name if isinstance(principal, Service) else None,
        trace=trace,
    )


def decision_of(body: DecisionBody) -> Decision:
    return Decision(body.decision)


def rules_command(venue: Venue, body: ResaleRulesBody) -> VenueRules:
    return VenueRules(
        tenant=venue.tenant,
        venue=venue.id,
        allowed=body.allowed,
        max_markup=body.max_markup_basis_points,
        min_price=body.min_price_basis_points,
        venue_royalty=body.venue_royalty_basis_points,
        artist=body.artist_id,
        artist_royalty=body.artist_royalty_basis_points,
        strict=body.strict,
    )


def known_ticket(ticket_id: str) -> str:
    """The id, if one may look so; raises `TicketNotFound`."""
    if not _TICKET.fullmatch(ticket_id):
        raise TicketNotFound
    return ticket_id


def ticket_command(viewer: Viewer, ticket_id: str, body: TicketBody) -> Ticket:
    return Ticket(
        id=known_ticket(ticket_id),
        tenant=viewer.tenant,
        owner=body.owner_id,
        venue=body.venue_id,
        occasion=body.event_id,
        occasion_name=body.event_name,
        face_value=Money(body.face_value, body.currency),
    )
