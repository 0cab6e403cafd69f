"""Checkouts and transactions, for buyers' apps and product backends."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from contract.operations import LISTED, STRETCH, Key, Operation, id_of
from contract.shapes import Amount, Answer, Currency, Instant, PaymentStatus
from tollgate.checkout.quote import AmountMismatch
from tollgate.checkout.tendering import TenderRefused, TenderUnknown
from tollgate.gift_cards.errors import GiftCardsDisabled, TooManyGuesses
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.refundable import NotRefundable, RefundExceedsRemaining
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import TenderKind, TenderState
from tollgate.routing.choice import Reason
from tollgate.runtime.http.schemas import CheckoutBody, RefundBody


class Tender(Answer):
    """What is paid beside the provider: with a gift card, named by its id, or with the buyer's credit."""

    type: TenderKind
    amount: Amount
    status: TenderState
    gift_card_id: str | None


class Checkout(Answer):
    """A checkout. The address of its page is told while it can be paid. `due` is what the provider takes: the tenders
    pay the rest of `amount`. `giftCardId` is the gift card that it buys.
    """

    id: str
    status: PaymentStatus
    amount: Amount
    currency: Currency
    provider: str
    method: str
    due: Amount
    tenders: list[Tender]
    gift_card_id: str | None
    checkout_url: str | None
    provider_checkout_session_id: str | None
    expires_at: Instant | None
    created_at: Instant


class Line(Answer):
    """What was bought, at the price it had then."""

    code: str
    name: str
    quantity: int
    unit_amount: Amount


class Transaction(Answer):
    """A payment. `captured` is what the provider took, and `due` what it was asked for: `tenders` paid the rest of
    `amount`. `refundable` is below zero where the provider gave back more than was taken.
    """

    id: str
    user_id: str
    status: PaymentStatus
    amount: Amount
    currency: Currency
    captured: Amount
    refundable: Amount
    refunded: Amount
    due: Amount
    tenders: list[Tender]
    gift_card_id: str | None
    subscription_id: str | None
    platform_fee: Amount
    venue_id: str | None
    method: str
    provider: str
    route: Reason | None = Field(description="Why this provider was chosen; null of payments older than reasons are.")
    provider_reference: str | None
    items: list[Line]
    reference: str | None
    consumer: str | None
    reason: str | None
    review: Literal["second_capture", "amount_mismatch", "late_capture"] | None = Field(
        description="Why money that came is held until somebody decides."
    )
    retry_of: str | None
    created_at: Instant
    updated_at: Instant


class Transactions(Answer):
    """A page, newest first. A short page with a cursor is not the last."""

    transactions: list[Transaction]
    next_cursor: str | None


class Step(Answer):
    """One event of the payment; `data` is as its schema in docs/events says."""

    sequence: int
    type: str
    occurred_at: Instant
    data: dict[str, Any]


class TransactionWithHistory(Answer):
    """A payment with all that made it what it is, oldest first."""

    transaction: Transaction
    history: list[Step]


class Refund(Answer):
    """Money that goes back, `ontoTenders` of it to gift cards and credit."""

    id: str
    amount: Amount
    onto_tenders: Amount
    currency: Currency
    status: RefundState
    reason: str | None


class ListedRefund(Refund):
    """The same, with the provider's id of it."""

    created_at: Instant
    reference: str | None


class RefundMade(Answer):
    """The refund that was asked for."""

    success: Literal[True]
    refund: Refund


class Refunds(Answer):
    """A payment's refunds, oldest first, and what may still go back."""

    refunds: list[ListedRefund]
    refundable: Amount
    currency: Currency


class Method(Answer):
    """One way to pay."""

    method: str
    providers: list[str]


class Methods(Answer):
    """What a buyer can choose."""

    methods: list[Method]


_THEIRS = "People see their own, admins and services those of the tenant."


def _refund(route: str, name: str, summary: str) -> Operation:
    return Operation(
        route,
        name,
        "Transactions",
        summary,
        {200: RefundMade},
        "Without an amount, all that remains goes back. For admins, services, and owners of the venue that sold.",
        raises=(NotRefundable, RefundExceedsRemaining),
        refusals={502: ("REFUND_FAILED",)},
        body=RefundBody,
        body_may_be_absent=True,
        path=(id_of("payment"),),
        key=Key.HEADER,
        calls_provider=True,
    )


OPERATIONS = (
    Operation(
        "POST /payments/checkout",
        "createCheckout",
        "Checkout",
        "Open a checkout",
        {201: Checkout},
        "Prices come from the catalog: `amount` and `currency` are held against it, never trusted. People buy for "
        "themselves. The key may also come as `idempotencyKey` in the body. Names of fields may be snake_case. "
        "`tenders` pay first: gift cards by their codes, and the buyer's credit; where they cover all, there is no "
        "page, and the checkout is confirmed.",
        raises=(AmountMismatch, TenderRefused, TenderUnknown, GiftCardsDisabled, TooManyGuesses),
        refusals={409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)},
        body=CheckoutBody,
        needs={"oneOf": [{"required": ["items"]}, {"required": ["productId"]}]},
        key=Key.HEADER_OR_BODY,
        calls_provider=True,
    ),
    Operation(
        "GET /payments/checkout/{id}",
        "getCheckout",
        "Checkout",
        "Show a checkout",
        {200: Checkout},
        _THEIRS,
        path=(id_of("payment"),),
    ),
    Operation(
        "POST /payments/checkout/{id}/cancel",
        "cancelCheckout",
        "Checkout",
        "Cancel a checkout",
        {200: Checkout},
        "At the provider first, so that it cannot be paid afterwards. Twice is fine. What is set aside for a share of "
        f"a group is not let go alone: cancel the group. {_THEIRS}",
        raises=(InvalidTransition,),
        path=(id_of("payment"),),
        calls_provider=True,
    ),
    Operation(
        "GET /transactions",
        "listTransactions",
        "Transactions",
        "List payments",
        {200: Transactions},
        f"{_THEIRS} A tenant's list goes back 31 days unless told otherwise.",
        raises=LISTED,
        query=STRETCH,
    ),
    Operation(
        "GET /transactions/{id}",
        "getTransaction",
        "Transactions",
        "Show a payment with its history",
        {200: TransactionWithHistory},
        _THEIRS,
        path=(id_of("payment"),),
    ),
    _refund("POST /transactions/{id}/refund", "refundTransaction", "Give money back"),
    _refund(
        "POST /api/v1/payments/transaction/{id}/refund",
        "refundTransactionByItsOtherName",
        "Give money back, under another address",
    ),
    Operation(
        "GET /transactions/{id}/refunds",
        "listRefunds",
        "Transactions",
        "List the refunds of a payment",
        {200: Refunds},
        _THEIRS,
        path=(id_of("payment"),),
    ),
    Operation(
        "GET /api/v1/payment-methods",
        "listPaymentMethods",
        "Checkout",
        "List the ways to pay",
        {200: Methods},
    ),
)
