"""Events of escrows, and of the listings whose price they hold. What is absent has nothing to tell."""

from __future__ import annotations

from typing import Literal

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Instant, Shape, may_be_absent
from tollgate.escrow import events
from tollgate.escrow.model import State
from tollgate.marketplace import events as listing_events
from tollgate.marketplace.model import AGGREGATE as LISTING
from tollgate.marketplace.model import State as ListingState

Pattern = Literal["top_price", "many_listings", "raised_again"]


class Escrow(Shape):
    """What every event of an escrow says: how it stands after the fact. `amount` is what the buyer pays; `event_id` is
    what the ticket is for.
    """

    escrow_id: str
    status: State
    listing_id: str
    ticket_id: str
    event_id: str
    venue_id: str
    buyer_id: str
    seller_id: str
    payment_id: str
    amount: Amount
    currency: Currency
    transfer_until: Instant = may_be_absent()


class EscrowFunded(Escrow):
    """The seller has so many seconds to hand the ticket over, until `transfer_until`."""

    transfer_until: Instant
    transfer_within_seconds: int


class EscrowEnded(Escrow):
    """`reason` is a code of ours."""

    reason: str


class EscrowDisputed(Escrow):
    """`by` is who says that something is wrong: the buyer, their bank, or somebody who gave back a part."""

    by: Literal["buyer", "bank", "provider"]


class Royalty(Shape):
    """What a venue or an artist gets."""

    recipient: str
    amount: Amount


class EscrowReleased(EscrowEnded):
    """`released` is what there was to be divided; the parts sum to it."""

    released: Amount
    seller_payout: Amount
    platform_fee: Amount
    royalties: list[Royalty]


class Listing(Shape):
    """A listing after the fact. `original_price` is what the ticket cost at first; `suspicious` names what looks like
    scalping.
    """

    listing_id: str
    status: ListingState
    ticket_id: str
    seller_id: str
    venue_id: str
    event_id: str
    price: Amount
    original_price: Amount
    currency: Currency
    suspicious: list[Pattern]


def _of(name: str, means: str, data: type[Escrow]) -> EventType:
    return EventType(name, events.AGGREGATE, means, data)


EVENTS = (
    _of(events.CREATED, "A buyer is being charged for a resold ticket.", Escrow),
    _of(events.FUNDED, "What a buyer has paid is held until the ticket is handed over.", EscrowFunded),
    _of(events.TRANSFER_CONFIRMED, "The ticket is the buyer's.", Escrow),
    _of(events.DISPUTED, "Something is wrong with a sale: its money stays until that is decided.", EscrowDisputed),
    _of(events.RESUMED, "What stopped a sale is over.", Escrow),
    _of(events.RELEASED, "The money is the seller's, but for royalties and the platform's fee.", EscrowReleased),
    _of(events.REFUNDED, "The money goes back to the buyer, or has gone.", EscrowEnded),
    _of(events.CANCELLED, "The buyer was not charged.", EscrowEnded),
    EventType(listing_events.LISTED, LISTING, "A ticket can be bought.", Listing),
    EventType(listing_events.UNLISTED, LISTING, "A ticket is not for sale any more.", Listing),
)
