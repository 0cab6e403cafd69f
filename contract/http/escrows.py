"""Escrows: what is held of a sale, until it is known whose it is."""

from __future__ import annotations

from contract.http.admin import FOR_ADMINS
from contract.operations import Operation, Who, id_of
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.escrow.errors import EscrowState
from tollgate.escrow.model import State
from tollgate.runtime.http.marketplace import ComplaintBody, DecisionBody

_PARTIES = "For its buyer, its seller, admins and services."


class EscrowParts(Answer):
    """Who gets how much of it."""

    seller_payout: Amount
    venue_royalty: Amount
    artist_royalty: Amount
    platform_fee: Amount


class Escrow(EscrowParts):
    """`refunded` is what has gone back to the buyer. The ticket has to be handed over until `transferUntil`."""

    id: str
    listing_id: str
    ticket_id: str
    event_id: str
    venue_id: str
    buyer_id: str
    seller_id: str
    payment_id: str
    amount: Amount
    refunded: Amount
    currency: Currency
    status: State
    reason: str | None
    complaint: str | None
    transfer_until: Instant | None
    confirmed_at: Instant | None
    ended_at: Instant | None
    created_at: Instant


class OneEscrow(Answer):
    """One escrow."""

    escrow: Escrow


OPERATIONS = (
    Operation(
        "GET /api/v1/marketplace/escrows/{id}",
        "showEscrow",
        "Marketplace",
        "Show what is held of a sale",
        {200: OneEscrow},
        _PARTIES,
        path=(id_of("escrow"),),
    ),
    Operation(
        "POST /api/v1/marketplace/escrows/{id}/dispute",
        "disputeEscrow",
        "Marketplace",
        "Say that something is wrong with a sale",
        {200: OneEscrow},
        "For its buyer, admins and services. The money stays where it is until somebody has decided.",
        raises=(EscrowState,),
        body=ComplaintBody,
        path=(id_of("escrow"),),
    ),
    Operation(
        "POST /api/v1/marketplace/escrows/{id}/resolve",
        "resolveEscrow",
        "Marketplace",
        "Decide to whom the money of a sale goes",
        {200: OneEscrow},
        f"{FOR_ADMINS} Not while the buyer's bank decides.",
        raises=(EscrowState,),
        body=DecisionBody,
        path=(id_of("escrow"),),
    ),
    Operation(
        "POST /internal/transfers/{id}/confirm",
        "confirmTransfer",
        "Internal",
        "Say that a sold ticket is its buyer's",
        {200: OneEscrow},
        "`id` is the escrow's. Confirming twice is fine.",
        who=Who.SERVICES,
        raises=(EscrowState,),
        path=(id_of("escrow"),),
        names_tenant=True,
    ),
)
