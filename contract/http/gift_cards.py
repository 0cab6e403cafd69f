"""Gift cards, and the credit that they become."""

from __future__ import annotations

from typing import Any, Literal

from contract.events.gift_cards import GiftCardStatus
from contract.http.admin import FOR_ADMINS
from contract.http.payments import Checkout, Step
from contract.operations import CURRENCY, LISTED, PAGE, Errors, Key, Operation, Parameter, Who, id_of
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.gift_cards.errors import (
    GiftCardExpired,
    GiftCardFrozen,
    GiftCardNotFound,
    GiftCardNotUsable,
    GiftCardsDisabled,
    GiftCardSpent,
    InsufficientGiftCardBalance,
    InvalidCode,
    TooManyGuesses,
)
from tollgate.kernel.money import UnknownCurrency
from tollgate.runtime.http.gift_cards import PurchaseBody, RedeemBody, StopBody, UseBody

_CODE = Parameter(
    "code",
    "The card's code, in small or capital letters, with or without dashes. It is a secret: errors tell the route "
    "instead of the address.",
)
_USER = Parameter("userId", "Whose credit; required of services.", {"type": "string", "minLength": 1, "maxLength": 128})
_FOR_USER = Parameter(
    "userId",
    "For whom a service asks: it is told what they are told, and what fails counts as theirs; without, as strangers.",
    _USER.schema,
)
_GUESSED = "Whoever tries codes that no card has must wait, longer each time."
_ANYBODY = (
    "For people, services, and whoever names the tenant in `x-tenant-id`. To who does not sign in, only a card exists "
    f"that can be spent. {_GUESSED}"
)
_KNOWN = f"For people and services. {_GUESSED}"
_FOUND: Errors = (InvalidCode, GiftCardNotFound, GiftCardsDisabled, TooManyGuesses)
_SPENT: Errors = (*_FOUND, GiftCardExpired, GiftCardFrozen, GiftCardSpent, GiftCardNotUsable)
_CARD = id_of("gift card")


class GiftCardBalance(Answer):
    """What can be spent now, and what is set aside for checkouts that are not paid yet. Of the code, only the end."""

    code: str
    status: GiftCardStatus
    balance: Amount
    held: Amount
    currency: Currency
    expires_at: Instant | None


class GiftCardDetails(GiftCardBalance):
    """`amount` is what it was sold for."""

    id: str
    amount: Amount
    created_at: Instant
    redeemed_at: Instant | None


class OneGiftCard(Answer):
    """For whoever holds the code."""

    gift_card: GiftCardDetails


class GiftCardStep(Answer):
    """Something that became of it: `amount` is how much it was about, `balance` and `held` what there was after it."""

    sequence: int
    what: str
    amount: Amount | None
    balance: Amount
    held: Amount
    currency: Currency
    status: GiftCardStatus
    reference: str | None
    occurred_at: Instant


class GiftCardHistory(Answer):
    """A page, newest first."""

    history: list[GiftCardStep]
    next_cursor: str | None


class GiftCardUse(Answer):
    """So much of it was spent."""

    success: Literal[True]
    gift_card_id: str
    used: Amount
    balance: Amount
    held: Amount
    currency: Currency
    status: GiftCardStatus
    reference: str | None


class GiftCardRedemption(Answer):
    """So much has become the user's credit."""

    success: Literal[True]
    gift_card_id: str
    credited: Amount
    currency: Currency
    votes: int
    balance: Amount
    redeemed_at: Instant


class Credit(Answer):
    """What a user may spend."""

    user_id: str
    available: Amount
    currency: Currency


class GiftCardHold(Answer):
    """What an open checkout has set aside."""

    id: str
    amount: Amount


class AdministeredGiftCard(Answer):
    """`available` is below zero where more of the price went back than was left."""

    id: str
    code: str
    status: GiftCardStatus
    frozen: bool
    amount: Amount
    available: Amount
    held: Amount
    currency: Currency
    holds: list[GiftCardHold]
    payment_id: str
    buyer: str
    recipient_email: str
    sender_name: str | None
    message: str | None
    redeemed_by: str | None
    redeemed_at: Instant | None
    expires_at: Instant | None
    created_at: Instant
    updated_at: Instant


class TheGiftCard(Answer):
    """All that is known of it but its code."""

    gift_card: AdministeredGiftCard


class TheGiftCardsHistory(Answer):
    """A page of its events, newest first."""

    history: list[Step]
    next_cursor: str | None


def _by_code(route: str, name: str, summary: str, answer: type[Answer], **more: Any) -> Operation:
    fields: dict[str, Any] = {"who": Who.ANYBODY, "raises": _FOUND, "description": _ANYBODY, **more}
    return Operation(route, name, "Gift cards", summary, {200: answer}, path=(_CODE,), **fields)


def _by_id(route: str, name: str, summary: str, answer: type[Answer], **more: Any) -> Operation:
    fields: dict[str, Any] = {"raises": (GiftCardNotFound,), "description": FOR_ADMINS, **more}
    return Operation(route, name, "Gift cards", summary, {200: answer}, path=(_CARD,), **fields)


OPERATIONS = (
    Operation(
        "POST /gift-cards/purchase",
        "buyGiftCard",
        "Gift cards",
        "Buy a gift card for somebody",
        {201: Checkout},
        "Opens a checkout. Once it is paid, the card is worth `amount`, and its code goes to `recipientEmail`. People "
        "buy for themselves. The refund of the payment takes the card back, as long as nothing was spent of it.",
        raises=(GiftCardsDisabled, UnknownCurrency),
        refusals={409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)},
        body=PurchaseBody,
        key=Key.HEADER_OR_BODY,
        calls_provider=True,
    ),
    Operation(
        "POST /gift-cards/redeem",
        "redeemGiftCard",
        "Gift cards",
        "Turn what is left of a gift card into credit",
        {200: GiftCardRedemption},
        f"People redeem for themselves, services for the user they name. {_GUESSED}",
        raises=_SPENT,
        body=RedeemBody,
        key=Key.HEADER_OR_BODY,
    ),
    _by_code(
        "POST /gift-cards/{code}/use",
        "useGiftCard",
        "Spend some of a gift card",
        GiftCardUse,
        description=f"At a sale of the tenant's own. {_KNOWN}",
        who=Who.KNOWN,
        raises=(*_SPENT, InsufficientGiftCardBalance, UnknownCurrency),
        body=UseBody,
        key=Key.HEADER_OR_BODY,
    ),
    _by_code("GET /gift-cards/{code}", "showGiftCard", "Show a gift card", OneGiftCard, query=(_FOR_USER,)),
    _by_code(
        "GET /gift-cards/{code}/balance",
        "showGiftCardBalance",
        "Show what is left of a gift card",
        GiftCardBalance,
        query=(_FOR_USER,),
    ),
    _by_code(
        "GET /gift-cards/{code}/history",
        "listGiftCardHistory",
        "List what has become of a gift card",
        GiftCardHistory,
        description=_KNOWN,
        who=Who.KNOWN,
        raises=(*_FOUND, *LISTED),
        query=(*PAGE, _FOR_USER),
    ),
    Operation(
        "GET /credit",
        "showCredit",
        "Gift cards",
        "Show what a user may spend",
        {200: Credit},
        "For people their own; admins and services name the user.",
        query=(CURRENCY, _USER),
    ),
    _by_id("GET /admin/gift-cards/{id}", "readGiftCard", "Show a gift card by its id", TheGiftCard),
    _by_id(
        "GET /admin/gift-cards/{id}/history",
        "readGiftCardHistory",
        "List a gift card's events",
        TheGiftCardsHistory,
        raises=(GiftCardNotFound, *LISTED),
        query=PAGE,
    ),
    _by_id(
        "POST /admin/gift-cards/{id}/freeze",
        "freezeGiftCard",
        "Stop a gift card",
        TheGiftCard,
        description=f"Nobody can spend it then. Twice is fine. {FOR_ADMINS}",
        body=StopBody,
    ),
    _by_id(
        "POST /admin/gift-cards/{id}/unfreeze",
        "unfreezeGiftCard",
        "Let a stopped gift card be spent again",
        TheGiftCard,
        description=f"Twice is fine. {FOR_ADMINS}",
        body=StopBody,
    ),
)
