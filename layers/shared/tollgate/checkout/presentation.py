"""How a checkout looks from outside: the response that is stored under the idempotency key and answered again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.idempotency import Response
from tollgate.payments.approvals import is_authorized
from tollgate.payments.declines import MESSAGES
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.tenders import Tender, TenderKind

type Presenter = Callable[[Payment], dict[str, Any]]

CREATED, ACCEPTED, PAYMENT_REQUIRED, CONFLICT, BAD_GATEWAY = 201, 202, 402, 409, 502


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


def present_order(payment: Payment) -> dict[str, Any]:
    """A subscription that waits for the payment of its first period."""
    session = payment.session
    return {
        "id": payment.billing.subscription if payment.billing else None,
        "status": payment.status,
        "paymentId": payment.id,
        "pricingItemCode": payment.items[0].code,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "provider": payment.provider,
        "checkoutUrl": session.url if session else None,
        "providerCheckoutSessionId": session.reference if session else None,
        "expiresAt": to_iso(session.expires_at) if session else None,
        "createdAt": to_iso(payment.created_at),
    }


def present_retry(payment: Payment) -> dict[str, Any]:
    """A checkout, and in whose place it was made, if in any."""
    return present(payment) | {"retryOf": payment.retry_of}


def present_charge(payment: Payment) -> dict[str, Any]:
    """A charge. `outcome` says how it stands: `unknown` where the provider's answer was lost, and is asked for;
    `authorized` where the money is set aside, and not taken yet.
    """
    page = payment.session.url if payment.session else None
    return {
        "id": payment.id,
        "status": payment.status,
        "outcome": _outcome(payment),
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "provider": payment.provider,
        "method": payment.method,
        "due": payment.due.amount,
        "tenders": [present_tender(each) for each in payment.tenders],
        "nextAction": {"type": "redirect", "url": page} if page else None,
        "createdAt": to_iso(payment.created_at),
    }


def _outcome(payment: Payment) -> str:
    match payment.state:
        case State.CONFIRMED | State.SETTLED:
            return "succeeded"
        case State.FAILED | State.CANCELLED:
            return "declined" if payment.decline else payment.state.value
        case State.PENDING if payment.session is None:
            return "unknown"
    if is_authorized(payment):
        return "authorized"
    return "requires_action" if payment.session and payment.session.url else "processing"


# By operation: whoever finishes a request in the caller's place answers in the caller's words.
PRESENTERS: dict[str, Presenter] = {
    "checkout.create": present,
    "checkout_session.create": present_session,
    "checkout.retry": present_retry,
    "gift_card.purchase": present,
    "charge.create": present_charge,
    "subscription.order": present_order,
    "subscription.charge": present_charge,
    "group.contribute": present_charge,
    "group.cover": present_charge,
    "marketplace.purchase": present_charge,
}


def respond(payment: Payment, presenter: Presenter) -> Response:
    """The answer to a create request. A payment that ended before the buyer had a page is an error, with its code."""
    if payment.direct:
        return _respond_charge(payment, presenter)
    if payment.session is None and payment.state is State.FAILED:
        return _refusal(BAD_GATEWAY, "PAYMENT_FAILED", "the payment provider refused this checkout")
    if payment.session is None and payment.state is State.CANCELLED:
        return _refusal(CONFLICT, "INVALID_STATE", "this checkout was cancelled")
    return Response(CREATED, json.dumps(presenter(payment), separators=(",", ":")))


def _respond_charge(payment: Payment, presenter: Presenter) -> Response:
    """201 where the money was taken, 202 where it is not yet or that is not known, 402 where the buyer may do something
    about it.
    """
    if payment.decline is not None and payment.state is State.FAILED:
        about = {"paymentId": payment.id, "decline": {"class": payment.decline.value, "reason": payment.reason}}
        return _refusal(PAYMENT_REQUIRED, "PAYMENT_DECLINED", MESSAGES[payment.decline], about)
    about = {"paymentId": payment.id}
    if payment.state is State.FAILED:
        return _refusal(BAD_GATEWAY, "PAYMENT_FAILED", "the payment provider did not make this charge", about)
    if payment.state is State.CANCELLED:
        late = "this came too late: what was taken goes back" if payment.captures else "this charge was cancelled"
        return _refusal(CONFLICT, "INVALID_STATE", late, about)
    status = ACCEPTED if payment.state in (State.PENDING, State.PROCESSING) else CREATED
    return Response(status, json.dumps(presenter(payment), separators=(",", ":")))


def _refusal(status: int, code: str, error: str, about: Mapping[str, Any] | None = None) -> Response:
    said = {"error": error, "code": code, **(about or {})}
    return Response(status, json.dumps(said, separators=(",", ":")))
