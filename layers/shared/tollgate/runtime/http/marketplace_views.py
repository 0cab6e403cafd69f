"""The marketplace as the API shows it. Amounts are minor units, shares are basis points."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from tollgate.escrow.errors import EscrowNotFound
from tollgate.escrow.model import Escrow, State
from tollgate.escrow.splitting import Parts
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.kernel.idempotency import Response
from tollgate.marketplace.listing import Listed
from tollgate.marketplace.model import Listing, Ticket, VenueRules
from tollgate.marketplace.ports import ListingsPage
from tollgate.marketplace.royalties import RoyaltyReport

_CREATED, _OK = 201, 200
# What an escrow is that is paid, and one whose buyer is still being charged.
_MESSAGES = {
    State.FUNDED: "The payment is held until the ticket is handed over.",
    State.CREATED: "The payment is not settled yet; the ticket is reserved until it is.",
}
_NOBODYS = frozenset({State.REFUNDED, State.CANCELLED})


def listed(found: Listed) -> dict[str, Any]:
    """A listing that was made, and what would have been allowed."""
    return {
        "success": True,
        "listing": listing(found.listing),
        "priceInfo": {
            "valid": found.allowed.allows(found.listing.price.amount),
            "originalPrice": found.listing.face_value,
            "maxAllowedPrice": found.allowed.highest,
            "minAllowedPrice": found.allowed.lowest,
        },
    }


def listing(of: Listing) -> dict[str, Any]:
    return {
        "id": of.id,
        "ticketId": of.ticket,
        "eventId": of.occasion,
        "eventName": of.occasion_name,
        "venueId": of.venue,
        "sellerId": of.seller,
        "price": of.price.amount,
        "originalPrice": of.face_value,
        "currency": of.price.currency,
        "status": of.state.value,
        "suspicious": list(of.patterns),
        "createdAt": to_iso(of.created_at),
    }


def shown(of: Listing) -> dict[str, Any]:
    return {"listing": listing(of)}


def page(found: ListingsPage) -> dict[str, Any]:
    """Newest first."""
    return {"listings": [listing(each) for each in found.listings], "nextCursor": found.cursor}


def purchased(answer: Response, found: Escrow | None) -> Response:
    """A charge that was made or may have been, with what is held of it: as it stood when that was answered, so that the
    same request is always answered the same.
    """
    if found is None:
        raise EscrowNotFound
    payment = json.loads(answer.body)
    paid = answer.status == _CREATED
    state = State.FUNDED if paid else State.CREATED
    parts = found.rates.of(found.price)
    body = {
        "success": paid,
        "escrow": {
            "id": found.id,
            "amount": found.price.amount,
            **_parts(parts),
            "currency": found.price.currency,
            "status": state.value,
        },
        "payment": payment,
        "message": _MESSAGES[state],
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return replace(answer, status=_OK if paid else answer.status, body=text)


def escrow(of: Escrow, viewer: Viewer) -> dict[str, Any]:
    """What each gets of it, or would get. What its buyer complains of is not for its seller."""
    parts = Parts(0, 0, 0, 0) if of.state in _NOBODYS else of.parts
    return {
        "escrow": {
            "id": of.id,
            "listingId": of.listing,
            "ticketId": of.ticket,
            "eventId": of.occasion,
            "venueId": of.rates.venue,
            "buyerId": of.buyer,
            "sellerId": of.seller,
            "paymentId": of.payment,
            "amount": of.price.amount,
            **_parts(parts),
            "refunded": of.returned,
            "currency": of.price.currency,
            "status": of.state.value,
            "reason": of.reason,
            "complaint": of.complaint if viewer.sees(of.buyer) else None,
            "transferUntil": _instant(of.deadline),
            "confirmedAt": _instant(of.confirmed_at),
            "endedAt": _instant(of.ended_at),
            "createdAt": to_iso(of.created_at),
        }
    }


def royalties(report: RoyaltyReport) -> dict[str, Any]:
    """Those that brought most come first."""
    return {
        "totalRoyalties": report.total,
        "transactionCount": report.sales,
        "averageRoyalty": report.average,
        "currency": report.currency,
        "byEvent": [
            {
                "eventId": each.occasion,
                "eventName": each.occasion_name,
                "royalties": each.amount,
                "transactions": each.sales,
            }
            for each in report.by_event
        ],
    }


def rules(of: VenueRules) -> dict[str, Any]:
    return {
        "venueId": of.venue,
        "allowed": of.allowed,
        "maxMarkupBasisPoints": of.max_markup,
        "minPriceBasisPoints": of.min_price,
        "venueRoyaltyBasisPoints": of.venue_royalty,
        "artistId": of.artist,
        "artistRoyaltyBasisPoints": of.artist_royalty,
        "strict": of.strict,
    }


def ticket(of: Ticket) -> dict[str, Any]:
    return {
        "ticket": {
            "id": of.id,
            "ownerId": of.owner,
            "venueId": of.venue,
            "eventId": of.occasion,
            "eventName": of.occasion_name,
            "faceValue": of.face_value.amount,
            "currency": of.face_value.currency,
            "listingId": of.listing,
        }
    }


def _parts(parts: Parts) -> dict[str, int]:
    return {
        "sellerPayout": parts.seller,
        "venueRoyalty": parts.venue,
        "artistRoyalty": parts.artist,
        "platformFee": parts.platform,
    }


def _instant(at: datetime | None) -> str | None:
    return to_iso(at) if at else None
