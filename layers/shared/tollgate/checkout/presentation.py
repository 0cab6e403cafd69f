"""How a checkout looks from outside: the response that is stored under the idempotency key and answered again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.idempotency import Response
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.tenders import Tender, TenderKind

type Presenter = Callable[[Payment], dict[str, Any]]

CREATED, CONFLICT, BAD_GATEWAY = 201, 409, 502


def present(payment: Payment) -> dict[str, Any]:
    """The checkout as buyers' apps see it. Amounts are minor units."""
    session = payment.session
    return {
        "id": payment.id,
        "status": payment.status,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "provider": payment.provider,
        "method": payment.method,
        "due": payment.due.amount,
        "tenders": [present_tender(each) for each in payment.tenders],
        "giftCardId": payment.gift_card,
        "checkoutUrl": session.url if session else None,
        "providerCheckoutSessionId": session.reference if session else None,
        "expiresAt": to_iso(session.expires_at) if session else None,
        "createdAt": to_iso(payment.created_at),
    }


def present_tender(tender: Tender) -> dict[str, Any]:
    """What is paid beside the provider. A gift card is named by its id."""
    card = tender.account if tender.kind is TenderKind.GIFT_CARD else None
    return {"type": tender.kind.value, "amount": tender.amount, "status": tender.state.value, "giftCardId": card}


def present_session(payment: Payment) -> dict[str, Any]:
    """The same checkout in the words of the internal API, for product backends."""
    session = payment.session
    return {
        "providerKey": payment.provider,
        "providerCheckoutSessionId": session.reference if session else None,
        "url": session.url if session else None,
        "paymentId": payment.id,
        "consumerKey": payment.consumer,
        "consumerTenantId": payment.tenant,
        "pricingItemCode": payment.items[0].code,
        "status": payment.status,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "expiresAt": to_iso(session.expires_at) if session else None,
        "createdAt": to_iso(payment.created_at),
    }


def present_retry(payment: Payment) -> dict[str, Any]:
    """A checkout, and in whose place it was made, if in any."""
    return present(payment) | {"retryOf": payment.retry_of}


# By operation: whoever finishes a request in the caller's place answers in the caller's words.
PRESENTERS: dict[str, Presenter] = {
    "checkout.create": present,
    "checkout_session.create": present_session,
    "checkout.retry": present_retry,
    "gift_card.purchase": present,
}


def respond(payment: Payment, presenter: Presenter) -> Response:
    """The answer to a create request. A payment that ended before the buyer had a page is an error, with its code."""
    if payment.session is None and payment.state is State.FAILED:
        return _refusal(BAD_GATEWAY, "PAYMENT_FAILED", "the payment provider refused this checkout")
    if payment.session is None and payment.state is State.CANCELLED:
        return _refusal(CONFLICT, "INVALID_STATE", "this checkout was cancelled")
    return Response(CREATED, json.dumps(presenter(payment), separators=(",", ":")))


def _refusal(status: int, code: str, error: str) -> Response:
    return Response(status, json.dumps({"error": error, "code": code}, separators=(",", ":")))
