"""The marketplace: tickets that are resold, what is held for them, and royalties."""

from __future__ import annotations

from typing import Literal

from contract.events.escrow import Pattern
from contract.http.charges import Charge
from contract.http.escrows import EscrowParts
from contract.operations import CURRENCY, LISTED, PAGE, Key, Operation, Parameter, Who, id_of
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.marketplace.errors import (
    ListingNotAvailable,
    OwnListing,
    ResaleNotAllowed,
    SuspiciousPrice,
    TicketListed,
    TicketNotFound,
)
from tollgate.marketplace.model import State as ListingState
from tollgate.runtime.http.marketplace import (
    ListingBody,
    ResaleBody,
    ResaleRulesBody,
    TicketBody,
)
from tollgate.runtime.http.principal import SavedMethodForbidden

_VENUE_SEEN = "For admins, services, and the venue's owners and managers."
_VENUE_OWNED = "For admins, services, and the venue's owners."
_DAY = {"type": "string", "format": "date"}


class Listing(Answer):
    """A ticket that can be bought, or could. `suspicious` names what looks like scalping."""

    id: str
    ticket_id: str
    event_id: str
    event_name: str | None
    venue_id: str
    seller_id: str
    price: Amount
    original_price: Amount
    currency: Currency
    status: ListingState
    suspicious: list[Pattern]
    created_at: Instant


class PriceInfo(Answer):
    """What the venue allows now."""

    valid: bool
    original_price: Amount
    max_allowed_price: Amount
    min_allowed_price: Amount


class ListingMade(Answer):
    """The listing that was asked for."""

    success: Literal[True]
    listing: Listing
    price_info: PriceInfo


class OneListing(Answer):
    """One listing."""

    listing: Listing


class Listings(Answer):
    """A page, newest first."""

    listings: list[Listing]
    next_cursor: str | None


class HeldPayment(EscrowParts):
    """What is held, once it is paid."""

    id: str
    amount: Amount
    currency: Currency
    status: Literal["funded", "created"]


class TicketBought(Answer):
    """`success` where the money was taken."""

    success: bool
    escrow: HeldPayment
    payment: Charge
    message: str


class EventRoyalties(Answer):
    """What the resales of one event have brought."""

    event_id: str
    event_name: str | None
    royalties: Amount
    transactions: int


class Royalties(Answer):
    """The venue's and its artists' together. The events that brought most come first."""

    total_royalties: Amount
    transaction_count: int
    average_royalty: Amount
    currency: Currency
    by_event: list[EventRoyalties]


class ResaleRules(Answer):
    """What a venue allows, in basis points of a ticket's first price, and the royalties, of the resale's."""

    venue_id: str
    allowed: bool
    max_markup_basis_points: int
    min_price_basis_points: int
    venue_royalty_basis_points: int
    artist_id: str | None
    artist_royalty_basis_points: int
    strict: bool


class Ticket(Answer):
    """`listingId` is the listing under which it is for sale, or is being sold."""

    id: str
    owner_id: str
    venue_id: str
    event_id: str
    event_name: str | None
    face_value: Amount
    currency: Currency
    listing_id: str | None


class OneTicket(Answer):
    """One ticket."""

    ticket: Ticket


OPERATIONS = (
    Operation(
        "POST /api/v1/marketplace/listings",
        "createListing",
        "Marketplace",
        "Put a ticket up for sale",
        {201: ListingMade},
        "The ticket is the seller's, as the ticket service has said, and has one listing at a time. A price that the "
        "venue does not allow is a 422 that names `price` and the range.",
        raises=(TicketNotFound, TicketListed, ResaleNotAllowed, SuspiciousPrice),
        body=ListingBody,
        key=Key.MADE,
    ),
    Operation(
        "GET /api/v1/marketplace/listings",
        "listListings",
        "Marketplace",
        "List what can be bought at a venue, or what one has listed",
        {200: Listings},
        raises=LISTED,
        query=(
            *PAGE,
            Parameter("venueId", "What can be bought there."),
            Parameter("mine", "All of the asker's own.", {"type": "string", "enum": ["true"]}),
        ),
    ),
    Operation(
        "GET /api/v1/marketplace/listings/{id}",
        "showListing",
        "Marketplace",
        "Show a listing",
        {200: OneListing},
        path=(id_of("listing"),),
    ),
    Operation(
        "DELETE /api/v1/marketplace/listings/{id}",
        "cancelListing",
        "Marketplace",
        "Take a ticket off the market",
        {200: OneListing},
        "For its seller, admins and services, as long as nobody buys it.",
        raises=(ListingNotAvailable,),
        path=(id_of("listing"),),
    ),
    Operation(
        "POST /api/v1/marketplace/purchase",
        "buyListing",
        "Marketplace",
        "Buy a resold ticket",
        {200: TicketBought, 202: TicketBought},
        "One buyer is charged; all others get 409 `LISTING_NOT_AVAILABLE`, and no charge. 200: the money is held until "
        "the ticket is handed over. 202: the buyer must confirm, or nobody knows yet; the same request with the same "
        "key is answered with what has become of it. `paymentMethodId` is one of Stripe's; `sources` are as in "
        "`POST /payments/charges`.",
        raises=(ListingNotAvailable, OwnListing, SavedMethodForbidden),
        refusals={
            402: ("PAYMENT_DECLINED",),
            404: ("NOT_FOUND",),
            409: ("INVALID_STATE",),
            502: ("PAYMENT_FAILED",),
        },
        body=ResaleBody,
        needs={"oneOf": [{"required": ["paymentMethodId"]}, {"required": ["sources"]}]},
        key=Key.HEADER_OR_BODY,
        calls_provider=True,
    ),
    Operation(
        "GET /api/v1/marketplace/venues/{id}/royalties",
        "reportRoyalties",
        "Marketplace",
        "Tell what resales have brought a venue",
        {200: Royalties},
        f"By the day on which a sale was released, in UTC; at most 366 days. {_VENUE_SEEN}",
        path=(id_of("venue"),),
        query=(
            Parameter("startDate", "From this day on; without it, thirty days.", _DAY),
            Parameter("endDate", "Until this day, today without it.", _DAY),
            CURRENCY,
        ),
    ),
    Operation(
        "GET /api/v1/marketplace/venues/{id}/rules",
        "showResaleRules",
        "Marketplace",
        "Show what a venue allows",
        {200: ResaleRules},
        _VENUE_OWNED,
        path=(id_of("venue"),),
    ),
    Operation(
        "PUT /api/v1/marketplace/venues/{id}/rules",
        "setResaleRules",
        "Marketplace",
        "Say what a venue allows",
        {200: ResaleRules},
        f"What is listed already keeps the royalties that it was listed with. {_VENUE_OWNED}",
        body=ResaleRulesBody,
        path=(id_of("venue"),),
    ),
    Operation(
        "GET /internal/marketplace/tickets/{id}",
        "readTicket",
        "Internal",
        "Show what is known of a ticket",
        {200: OneTicket},
        who=Who.SERVICES,
        raises=(TicketNotFound,),
        path=(id_of("ticket"),),
        names_tenant=True,
    ),
    Operation(
        "PUT /internal/marketplace/tickets/{id}",
        "registerTicket",
        "Internal",
        "Say whose a ticket is, and what it cost at first",
        {200: OneTicket},
        "409 `TICKET_LISTED` while it is for sale or being sold; saying the same again is fine.",
        who=Who.SERVICES,
        raises=(TicketNotFound, TicketListed),
        body=TicketBody,
        path=(id_of("ticket"),),
        names_tenant=True,
    ),
)
