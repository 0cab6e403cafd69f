"""How errors look from outside: one table of statuses, one body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from tollgate.catalog.errors import PricingItemChanged, PricingItemExists
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.deliveries.ports import ConsumerInactive
from tollgate.escrow.errors import EscrowState
from tollgate.gift_cards.errors import (
    GiftCardExpired,
    GiftCardFrozen,
    GiftCardNotUsable,
    GiftCardsDisabled,
    GiftCardSpent,
    InsufficientGiftCardBalance,
    TooManyGuesses,
)
from tollgate.group_payments.errors import (
    GroupLinksDisabled,
    GroupNotOpen,
    LinkInvalid,
    ShareAlreadyPaid,
    ShareBeingPaid,
)
from tollgate.kernel.clock import Clock, to_iso
from tollgate.kernel.errors import Forbidden, NotFound, RetryableError, TollgateError, ValidationFailed
from tollgate.kernel.idempotency import (
    DuplicateInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    LeaseLost,
)
from tollgate.kernel.money import UnknownCurrency
from tollgate.marketplace.errors import (
    ListingNotAvailable,
    OwnListing,
    ResaleNotAllowed,
    SuspiciousPrice,
    TicketListed,
)
from tollgate.payments.errors import InvalidCursor, InvalidTransition, NotRetryable
from tollgate.payments.refundable import NotRefundable, RefundExceedsRemaining
from tollgate.payouts.errors import DailyLimitExceeded, InsufficientFunds, PayoutAccountMissing
from tollgate.runtime.http.principal import AuthRequired, InvalidToken, SavedMethodForbidden, TokenExpired
from tollgate.subscriptions.errors import AlreadySubscribed, CardDeclined, NotPossible, ProviderRefused

JSON = "application/json"


class MalformedRequest(TollgateError):
    """A request that cannot even be read."""

    code = "INVALID_JSON"
    status = HTTPStatus.BAD_REQUEST


class UnsupportedMediaType(MalformedRequest):
    """A body of another type than JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class PayloadTooLarge(MalformedRequest):
    """A body past what any request of this API needs."""

    code = "PAYLOAD_TOO_LARGE"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


# The first class that fits decides; what is missing is our mistake, and a 500.
_STATUSES: tuple[tuple[type[TollgateError], HTTPStatus], ...] = (
    (ValidationFailed, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnknownCurrency, HTTPStatus.UNPROCESSABLE_ENTITY),
    (IdempotencyKeyMissing, HTTPStatus.BAD_REQUEST),
    (IdempotencyKeyInvalid, HTTPStatus.BAD_REQUEST),
    (IdempotencyKeyReused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InvalidCursor, HTTPStatus.BAD_REQUEST),
    (AuthRequired, HTTPStatus.UNAUTHORIZED),
    (InvalidToken, HTTPStatus.UNAUTHORIZED),
    (TokenExpired, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (InvalidTransition, HTTPStatus.CONFLICT),
    (NotRetryable, HTTPStatus.CONFLICT),
    (NotRefundable, HTTPStatus.CONFLICT),
    (RefundExceedsRemaining, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PricingItemExists, HTTPStatus.CONFLICT),
    (PricingItemChanged, HTTPStatus.CONFLICT),
    (PayoutAccountMissing, HTTPStatus.CONFLICT),
    (InsufficientFunds, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DailyLimitExceeded, HTTPStatus.UNPROCESSABLE_ENTITY),
    (GiftCardsDisabled, HTTPStatus.CONFLICT),
    (GiftCardExpired, HTTPStatus.CONFLICT),
    (GiftCardFrozen, HTTPStatus.CONFLICT),
    (GiftCardSpent, HTTPStatus.CONFLICT),
    (GiftCardNotUsable, HTTPStatus.CONFLICT),
    (InsufficientGiftCardBalance, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TooManyGuesses, HTTPStatus.TOO_MANY_REQUESTS),
    (LinkInvalid, HTTPStatus.UNAUTHORIZED),
    (GroupLinksDisabled, HTTPStatus.CONFLICT),
    (GroupNotOpen, HTTPStatus.CONFLICT),
    (ShareAlreadyPaid, HTTPStatus.CONFLICT),
    (ShareBeingPaid, HTTPStatus.CONFLICT),
    (AlreadySubscribed, HTTPStatus.CONFLICT),
    (NotPossible, HTTPStatus.CONFLICT),
    (ProviderRefused, HTTPStatus.CONFLICT),
    (CardDeclined, HTTPStatus.PAYMENT_REQUIRED),
    (EscrowState, HTTPStatus.CONFLICT),
    (TicketListed, HTTPStatus.CONFLICT),
    (ListingNotAvailable, HTTPStatus.CONFLICT),
    (ResaleNotAllowed, HTTPStatus.CONFLICT),
    (OwnListing, HTTPStatus.CONFLICT),
    (SuspiciousPrice, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ConsumerInactive, HTTPStatus.CONFLICT),
    (DuplicateInProgress, HTTPStatus.CONFLICT),
    (LeaseLost, HTTPStatus.CONFLICT),
    (ProviderUnavailable, HTTPStatus.BAD_GATEWAY),
    (RetryableError, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: TollgateError) -> HTTPStatus:
    """The HTTP status of a domain error."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[TollgateError]) -> HTTPStatus:
    """The HTTP status that all errors of a kind have."""
    if issubclass(kind, MalformedRequest):
        return kind.status
    return next((status for known, status in _STATUSES if issubclass(kind, known)), HTTPStatus.INTERNAL_SERVER_ERROR)


def error_body(
    error: str, code: str, path: str, clock: Clock, fields: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The one shape of every error."""
    body: dict[str, Any] = {"error": error, "code": code, "timestamp": to_iso(clock.now()), "path": path}
    return body | {"errors": fields} if fields else body


def error_response(error: TollgateError, path: str, clock: Clock) -> Response[str]:
    """The response to a domain error. What is not meant for callers says nothing but that it happened."""
    status = status_of(error)
    text = str(error) if status is not HTTPStatus.INTERNAL_SERVER_ERROR else "something went wrong on our side"
    code = error.code if status is not HTTPStatus.INTERNAL_SERVER_ERROR else TollgateError.code
    fields = (
        [{"field": e.field, "message": e.message} for e in error.errors]
        if isinstance(error, ValidationFailed | SavedMethodForbidden)
        else None
    )
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, RetryableError) else {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return respond(status, error_body(text or code, code, path, clock, fields), headers)


def respond(status: int, body: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None) -> Response[str]:
    """JSON that nobody caches."""
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(int(status), JSON, text, headers={"Cache-Control": "no-store", **(headers or {})})
