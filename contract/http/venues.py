"""Venues: what they have, and its way to their bank accounts."""

from __future__ import annotations

from typing import Literal

from contract.operations import CURRENCY, LISTED, PAGE, Key, Operation, id_of
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.kernel.money import UnknownCurrency
from tollgate.payouts.errors import DailyLimitExceeded, InsufficientFunds, PayoutAccountMissing
from tollgate.payouts.model import PayoutState
from tollgate.runtime.http.venue import AccountBody, PayoutBody

_SEEN = "For admins, services, and the venue's owners and managers."
_MOVED = "For admins, services, and the venue's owners."
_CONNECTED = "For admins and services."
_VENUE = id_of("venue")

PayoutType = Literal["standard", "instant"]


class SellerBalance(Answer):
    """What is held back is available, and not payable."""

    available: Amount
    pending: Amount
    reserved: Amount
    currency: Currency


class PayoutInfo(Answer):
    """What may be paid out now."""

    available: Amount
    reserved: Amount
    payable: Amount


class VenueBalance(Answer):
    """As it was projected a moment ago."""

    balance: SellerBalance
    payout_info: PayoutInfo


class Payout(Answer):
    """`amount` leaves the balance, `net` comes to the bank."""

    id: str
    venue_id: str
    amount: Amount
    fee: Amount
    net: Amount
    currency: Currency
    type: PayoutType
    status: PayoutState
    reason: str | None
    reference: str | None
    created_at: Instant
    updated_at: Instant


class PayoutMade(Answer):
    """The payout that was asked for."""

    success: Literal[True]
    message: Literal["Payout initiated"]
    payout_id: str
    amount: Amount
    fee: Amount
    net: Amount
    currency: Currency
    type: PayoutType
    estimated_arrival: str
    status: PayoutState


class Payouts(Answer):
    """A page, newest first."""

    payouts: list[Payout]
    next_cursor: str | None


class OnePayout(Answer):
    """One payout."""

    payout: Payout


class VenueAccount(Answer):
    """Where a venue's money goes, and how much of what settles from now on is held back for 90 days."""

    venue_id: str
    stripe_account: str
    risk: Literal["low", "standard", "high"]
    reserve_basis_points: int


OPERATIONS = (
    Operation(
        "GET /api/v1/venues/{id}/balance",
        "showVenueBalance",
        "Venues",
        "Show what a venue has",
        {200: VenueBalance},
        _SEEN,
        path=(_VENUE,),
        query=(CURRENCY,),
    ),
    Operation(
        "POST /api/v1/venues/{id}/payout",
        "createPayout",
        "Venues",
        "Pay a venue out",
        {200: PayoutMade},
        f"At least 10000 minor units; an instant payout costs one percent. {_MOVED}",
        raises=(UnknownCurrency, PayoutAccountMissing, InsufficientFunds, DailyLimitExceeded),
        refusals={502: ("PAYOUT_FAILED",)},
        body=PayoutBody,
        path=(_VENUE,),
        key=Key.HEADER,
        calls_provider=True,
    ),
    Operation(
        "GET /api/v1/venues/{id}/payouts",
        "listPayouts",
        "Venues",
        "List a venue's payouts",
        {200: Payouts},
        _SEEN,
        raises=LISTED,
        path=(_VENUE,),
        query=PAGE,
    ),
    Operation(
        "GET /api/v1/venues/{id}/payouts/{payout}",
        "showPayout",
        "Venues",
        "Show a payout",
        {200: OnePayout},
        _SEEN,
        path=(_VENUE, id_of("payout", "payout")),
    ),
    Operation(
        "GET /api/v1/venues/{id}/account",
        "showVenueAccount",
        "Venues",
        "Show where a venue's money goes",
        {200: VenueAccount},
        _CONNECTED,
        path=(_VENUE,),
    ),
    Operation(
        "PUT /api/v1/venues/{id}/account",
        "connectVenueAccount",
        "Venues",
        "Say where a venue's money goes",
        {200: VenueAccount},
        f"Payouts that were asked for before go where they were meant to. {_CONNECTED}",
        body=AccountBody,
        path=(_VENUE,),
    ),
)
