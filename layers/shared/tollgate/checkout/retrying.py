"""A new try for a payment that ended unpaid, made by an admin: the same basket for the same buyer, on another page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tollgate.checkout.drafting import BALANCE
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.pages import with_page
from tollgate.checkout.ports import CheckoutRequest
from tollgate.checkout.presentation import present_retry
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.tendering import TenderRefused, TenderWish
from tollgate.checkout.wishes import CreateCheckout, retry_id
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import ConcurrentChange, FieldError, ValidationFailed
from tollgate.kernel.idempotency import IdempotencyKeyReused, Response
from tollgate.payments.errors import NotRetryable, PaymentChanged
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.tenders import Tender, TenderKind

OPERATION = "checkout.retry"
# Each link is a page that an admin had made for one purchase.
LONGEST_CHAIN = 20
# Losing means that somebody else retried the payment just now, or that it was paid: then that is the answer.
_TRIES = 3
_ENDED, _PAID = (State.FAILED, State.CANCELLED), (State.CONFIRMED, State.SETTLED)


@dataclass(frozen=True, slots=True)
class RetryPayment:
    """A wish to have a payment tried again. The addresses are needed only where a page must be made."""

    viewer: Viewer
    caller: str
    payment_id: str
    key: str
    body: Mapping[str, object]
    success_url: str | None = None
    cancel_url: str | None = None
    provider: str | None = None
    trace: str | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.viewer.tenant, self.caller, OPERATION, self.key)

    @property
    def whole_body(self) -> dict[str, object]:
        """All that tells this wish from another. With the key in it, no other request leaves the same fingerprint."""
        return {"payment": self.payment_id, "key": self.key, "body": dict(self.body)}


class CheckoutRetry:
    """At most one payment is ever made in the place of another, under an id that follows from it. So the retries of a
    purchase are a chain, of which only the last link can be open or paid: there are never two pages to pay it.
    """

    def __init__(self, desk: CheckoutDesk, payments: PaymentRepository, opening: CheckoutOpening) -> None:
        self._desk = desk
        self._payments = payments
        self._opening = opening

    def retry(self, wish: RetryPayment) -> Response:
        """201 with a new checkout; 200 with the present one while its page can be paid, or where a retry was paid.

        Raises `NotFound`, `NotRetryable`, `ValidationFailed` (fields that are missing, prices that changed), and what
        opening a checkout raises.
        """
        for _ in range(_TRIES):
            answered = self._opening.repeat(wish.scope, wish.whole_body, present_retry, wish.trace)
            if answered is not None:
                return answered
            last = self._last(wish)
            if last.state not in _ENDED:
                shown = present_retry(with_page(self._payments, last))
                return Response(200, json.dumps(shown, separators=(",", ":")))
            try:
                return self._opening.create(_checkout(wish, last), present_retry)
            except (IdempotencyKeyReused, PaymentChanged):
                continue
            except TenderRefused as refused:
                missing = refused.errors[0].message
                raise NotRetryable(last, f"what it was to be paid with is not there: {missing}") from refused
        raise ConcurrentChange(f"{wish.payment_id} changes too fast")

    def _last(self, wish: RetryPayment) -> Payment:
        """The payment itself, or what was last made in its place. Raises `NotRetryable` unless that has a page which
        can be paid, or has ended.
        """
        payment = self._desk.get(wish.viewer, wish.payment_id)
        if payment.state in _PAID:
            raise NotRetryable(payment, f"it is {payment.status}")
        for _ in range(LONGEST_CHAIN):
            after = self._after(payment)
            if after is None:
                return _require_clear(payment)
            payment = after
        raise NotRetryable(payment, "it was retried too often; open a new checkout")

    def _after(self, payment: Payment) -> Payment | None:
        if payment.state not in _ENDED or payment.review is not None:
            return None
        return self._payments.get(PaymentKey(payment.tenant, retry_id(payment)))


def _require_clear(payment: Payment) -> Payment:
    if payment.review is not None:
        raise NotRetryable(payment, f"money that came for it is under review ({payment.review})")
    if payment.gift_card is not None and payment.state in _ENDED:
        raise NotRetryable(payment, "its gift card is cancelled; buy another")
    if payment.state is State.PENDING and payment.session is None:
        raise NotRetryable(payment, "its page is still being made; try again in a few minutes, or cancel it first")
    return payment


def _checkout(wish: RetryPayment, ended: Payment) -> CreateCheckout:
    needed = {"successUrl": wish.success_url, "cancelUrl": wish.cancel_url}
    missing = [FieldError(field, "needed to open a new checkout") for field, url in needed.items() if not url]
    if missing:
        raise ValidationFailed(missing)
    return CreateCheckout(
        tenant=ended.tenant,
        owner=ended.owner,
        operation=OPERATION,
        key=wish.key,
        body=wish.whole_body,
        basket=tuple(BasketItem(line.code, line.quantity) for line in ended.items),
        method=ended.method,
        request=CheckoutRequest(wish.success_url or "", wish.cancel_url or "", ended.email),
        # What tenders had covered had chosen none.
        provider=wish.provider or (ended.provider if ended.provider != BALANCE else None),
        amount=ended.amount.amount,
        currency=ended.amount.currency,
        consumer=ended.consumer,
        client_reference=ended.client_reference,
        seller=ended.seller,
        trace=wish.trace,
        caller=wish.caller,
        retried=ended,
        tenders=tuple(_again(number, each) for number, each in enumerate(ended.tenders)),
    )


def _again(number: int, tender: Tender) -> TenderWish:
    """With the same gift cards and credit, as far as the buyer meant."""
    cards = (tender.account,) if tender.kind is TenderKind.GIFT_CARD else ()
    return TenderWish(f"tenders.{number}", cards, tender.amount)
