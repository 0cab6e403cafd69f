"""Requests into commands of the checkout room."""

from __future__ import annotations

import uuid
from typing import Any

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.ports import CheckoutRequest
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.retrying import RetryPayment
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import Forbidden
from tollgate.kernel.idempotency import IdempotencyKeyInvalid, parse_key
from tollgate.refunds.service import CreateRefund, MayRefund
from tollgate.runtime.http.principal import Person, Principal, Service
from tollgate.runtime.http.schemas import (
    BasketBody,
    ChargeBody,
    CheckoutBody,
    CheckoutSessionBody,
    RefundBody,
    RetryBody,
)
from tollgate.runtime.http.sources import require_own_source

_KEY_FIELDS = ("idempotency_key", "idempotencyKey")


def checkout_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: CheckoutBody,
    header_key: str | None,
    trace: str | None,
) -> CreateCheckout:
    """What `POST /payments/checkout` asks for. The key is required, in the header or the body."""
    request = CheckoutRequest(body.success_url, body.cancel_url, body.customer_email)
    return _purchase("checkout.create", principal, viewer, raw, body, request, header_key, trace)


def charge_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: ChargeBody,
    header_key: str | None,
    trace: str | None,
) -> CreateCheckout:
    """What `POST /payments/charges` asks for. The key is required, in the header or the body. Raises
    `SavedMethodForbidden`.
    """
    require_own_source(principal, body.sources, off_session=body.off_session)
    request = ChargeRequest(body.sources, body.return_url, body.off_session, body.customer_email)
    return _purchase("charge.create", principal, viewer, raw, body, request, header_key, trace)


def _purchase(
    operation: str,
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: BasketBody,
    request: CheckoutRequest | ChargeRequest,
    header_key: str | None,
    trace: str | None,
) -> CreateCheckout:
    return CreateCheckout(
        tenant=viewer.tenant,
        owner=owner_of(principal, body.user_id),
        operation=operation,
        key=parse_key(one_key(header_key, body.idempotency_key)),
        body=without_key(raw),
        basket=body.basket(),
        method=body.method,
        request=request,
        provider=body.provider,
        amount=body.amount,
        currency=body.currency,
        consumer=principal.name if isinstance(principal, Service) else None,
        client_reference=body.reference,
        trace=trace,
        seller=body.venue_id,
    )


def checkout_session_command(
    service: Service,
    tenant: str,
    raw: dict[str, Any],
    body: CheckoutSessionBody,
    header_key: str | None,
    trace: str | None,
) -> CreateCheckout:
    """What `POST /internal/payments/checkout-sessions` asks for. Without a key, one is made, and returned with the
    answer.
    """
    return CreateCheckout(
        tenant=tenant,
        owner=owner_of(service, body.user_id),
        operation="checkout_session.create",
        key=parse_key(one_key(header_key, body.idempotency_key) or str(uuid.uuid4())),
        body=without_key(raw),
        basket=(BasketItem(body.pricing_item_code, body.quantity),),
        method=body.method,
        request=CheckoutRequest(body.success_url, body.cancel_url, body.billing_email),
        provider=body.provider_key,
        consumer=body.consumer_key,
        client_reference=body.reference,
        trace=trace,
    )


def retry_command(
    principal: Principal,
    viewer: Viewer,
    payment_id: str,
    raw: dict[str, Any],
    body: RetryBody,
    header_key: str | None,
    trace: str | None,
) -> RetryPayment:
    """What `POST /admin/retry-payment/{id}` asks for. The key is required, in the header."""
    return RetryPayment(
        viewer=viewer,
        caller=caller_of(principal),
        payment_id=payment_id,
        key=parse_key(header_key),
        body=raw,
        success_url=body.success_url,
        cancel_url=body.cancel_url,
        provider=body.provider,
        trace=trace,
    )


def refund_command(
    allowed: MayRefund,
    principal: Principal,
    payment_id: str,
    raw: dict[str, Any],
    body: RefundBody,
    header_key: str | None,
    trace: str | None,
) -> CreateRefund:
    """What a request for a refund asks for. The key is required, in the header."""
    return CreateRefund(
        allowed=allowed,
        caller=caller_of(principal),
        payment_id=payment_id,
        key=parse_key(header_key),
        body=raw,
        amount=body.amount,
        reason=body.reason,
        trace=trace,
    )


def caller_of(principal: Principal) -> str:
    """Whose keys these are: those of one caller say nothing to another."""
    return principal.id if isinstance(principal, Person) else f"service:{principal.name}"


def owner_of(principal: Principal, user_id: str | None) -> str:
    """People buy for themselves; a service buys for the user it names, or in its own name."""
    if isinstance(principal, Person):
        if user_id not in (None, principal.id):
            raise Forbidden("userId is not you")
        return principal.id
    return user_id or f"service:{principal.name}"


def one_key(header: str | None, field: str | None) -> str | None:
    """The idempotency key of a request that may name it in its header or in its body; raises where they differ."""
    if header and field and header.lower() != field.lower():
        raise IdempotencyKeyInvalid("the Idempotency-Key header and the body's idempotency_key differ")
    return header or field


def without_key(raw: dict[str, Any]) -> dict[str, Any]:
    """What the request asks for, as it is held against that of the next one with the same key."""
    return {name: value for name, value in raw.items() if name not in _KEY_FIELDS}
