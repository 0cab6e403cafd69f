"""Charges of a saved or tokenised method, without a page."""

from __future__ import annotations

from typing import Literal

from contract.http.payments import Tender
from contract.operations import Key, Operation
from contract.shapes import Amount, Answer, Currency, Instant, PaymentStatus
from tollgate.checkout.quote import AmountMismatch
from tollgate.checkout.tendering import TenderRefused, TenderUnknown
from tollgate.gift_cards.errors import GiftCardsDisabled, TooManyGuesses
from tollgate.runtime.http.principal import SavedMethodForbidden
from tollgate.runtime.http.schemas import ChargeBody


class Redirect(Answer):
    """The buyer confirms the payment on this page, of the bank's or the provider's."""

    type: Literal["redirect"]
    url: str


class Charge(Answer):
    """A charge. `unknown` is no failure: the provider's answer was lost, it is asked again after minutes, and events
    tell the end. `processing` is on its way for hours or days. `authorized` is set aside, and taken or let go later:
    shares of groups, where the provider can.
    """

    id: str
    status: PaymentStatus
    outcome: Literal["succeeded", "authorized", "requires_action", "processing", "unknown"]
    amount: Amount
    currency: Currency
    provider: str
    method: str
    due: Amount
    tenders: list[Tender]
    next_action: Redirect | None
    created_at: Instant


OPERATIONS = (
    Operation(
        "POST /payments/charges",
        "createCharge",
        "Checkout",
        "Charge a saved or tokenised method",
        {201: Charge, 202: Charge},
        "`sources` names a method by provider: one of those providers is chosen, and another only if it surely was not "
        "reached. People send tokens that were made in their browser; a method that is saved for a provider's customer "
        "(`<customer>/<method>`) and `offSession` are for services, which know whose it is (403 "
        "`SAVED_METHOD_FORBIDDEN` names the field). 201: the money was taken. 202: the buyer must confirm, or nobody "
        "knows yet; the same request with the same key is answered with what has become of it. 402: declined, and "
        "`decline` says what may be done.",
        raises=(
            AmountMismatch,
            TenderRefused,
            TenderUnknown,
            GiftCardsDisabled,
            TooManyGuesses,
            SavedMethodForbidden,
        ),
        refusals={402: ("PAYMENT_DECLINED",), 409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)},
        body=ChargeBody,
        needs={"oneOf": [{"required": ["items"]}, {"required": ["productId"]}]},
        key=Key.HEADER_OR_BODY,
        calls_provider=True,
    ),
)
