"""Every error has one status and one shape, and says nothing that callers should not know."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest

from tests.support.builders import NOW, a_payment, a_pricing_item, a_record, usd
from tests.support.gift_cards import a_card
from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.catalog.errors import PricingItemChanged, PricingItemExists, PricingItemNotFound
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.checkout.quote import AmountMismatch
from tollgate.gift_cards.errors import (
    CodeTaken,
    GiftCardChanged,
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
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import (
    ConcurrentChange,
    FieldError,
    Forbidden,
    NotFound,
    StoreUnavailable,
    TollgateError,
    ValidationFailed,
    WriteOutcomeUnknown,
)
from tollgate.kernel.idempotency import (
    AlreadyBegun,
    DuplicateInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    LeaseLost,
)
from tollgate.kernel.money import CurrencyMismatch, InvalidAmount, UnknownCurrency
from tollgate.payments.errors import InvalidCursor, InvalidTransition, PaymentChanged, ReferenceTaken
from tollgate.payments.lifecycle import Fact
from tollgate.runtime.http.errors import MalformedRequest, PayloadTooLarge, UnsupportedMediaType, error_response
from tollgate.runtime.http.principal import AuthRequired, InvalidToken, TokenExpired


def answered(error: TollgateError) -> tuple[int, dict[str, object], dict[str, str]]:
    response = error_response(error, "/payments/checkout", FixedClock(NOW))
    headers = {name: str(value) for name, value in response.headers.items()}
    return response.status_code, json.loads(response.body or ""), headers


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (MalformedRequest("the body is not JSON"), 400, "INVALID_JSON"),
        (UnsupportedMediaType("send JSON"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (PayloadTooLarge("too much"), 413, "PAYLOAD_TOO_LARGE"),
        (ValidationFailed([FieldError("amount", "is wrong")]), 422, "VALIDATION_ERROR"),
        (AmountMismatch(1, usd(2), "amount"), 422, "AMOUNT_MISMATCH"),
        (UnknownCurrency("XXX"), 422, "CURRENCY_UNKNOWN"),
        (IdempotencyKeyMissing("send one"), 400, "IDEMPOTENCY_KEY_MISSING"),
        (IdempotencyKeyInvalid("no UUID"), 400, "IDEMPOTENCY_KEY_INVALID"),
        (IdempotencyKeyReused(), 422, "IDEMPOTENCY_KEY_REUSED"),
        (InvalidCursor("not one"), 400, "CURSOR_INVALID"),
        (AuthRequired("sign in"), 401, "AUTH_REQUIRED"),
        (InvalidToken("not valid"), 401, "INVALID_TOKEN"),
        (TokenExpired("expired"), 401, "TOKEN_EXPIRED"),
        (Forbidden("no"), 403, "FORBIDDEN"),
        (SignatureUsed("used"), 403, "SIGNATURE_REPLAYED"),
        (NotFound("checkout"), 404, "NOT_FOUND"),
        (InvalidTransition(a_payment(), Fact.CANCELLED), 409, "INVALID_STATE"),
        (PricingItemNotFound(), 404, "NOT_FOUND"),
        (PricingItemExists(a_pricing_item()), 409, "PRICING_ITEM_EXISTS"),
        (PricingItemChanged(a_pricing_item()), 409, "PRICING_ITEM_CHANGED"),
        (InvalidCode(), 422, "VALIDATION_ERROR"),
        (GiftCardNotFound(), 404, "GIFT_CARD_NOT_FOUND"),
        (GiftCardsDisabled(), 409, "GIFT_CARDS_DISABLED"),
        (GiftCardExpired(), 409, "GIFT_CARD_EXPIRED"),
        (GiftCardFrozen(), 409, "GIFT_CARD_FROZEN"),
        (GiftCardSpent(), 409, "GIFT_CARD_REDEEMED"),
        (GiftCardNotUsable("it is pending"), 409, "INVALID_STATE"),
        (InsufficientGiftCardBalance(2, 1), 422, "INSUFFICIENT_GIFT_CARD_BALANCE"),
        (TooManyGuesses(60), 429, "TOO_MANY_ATTEMPTS"),
        (GiftCardChanged(a_card()), 503, "CONCURRENT_CHANGE"),
        (DuplicateInProgress(9), 409, "DUPLICATE_IN_PROGRESS"),
        (LeaseLost("taken"), 409, "DUPLICATE_IN_PROGRESS"),
        (ProviderUnavailable("stripe", "timeout"), 502, "PROVIDER_UNAVAILABLE"),
        (StoreUnavailable("busy"), 503, "STORE_UNAVAILABLE"),
        (WriteOutcomeUnknown("broken"), 503, "STORE_UNAVAILABLE"),
        (ConcurrentChange("again"), 503, "CONCURRENT_CHANGE"),
        (PaymentChanged(a_payment()), 503, "CONCURRENT_CHANGE"),
        (TollgateError("x"), 500, "INTERNAL_ERROR"),
    ],
)
def test_an_error_has_one_status_and_code(error: TollgateError, status: int, code: str) -> None:
    answered_status, body, headers = answered(error)
    assert (answered_status, body["code"]) == (status, code)
    assert {"error", "code", "timestamp", "path"} <= set(body)
    assert (body["path"], body["timestamp"]) == ("/payments/checkout", "2026-11-05T12:00:00.000Z")
    assert body["error"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "error",
    [
        AlreadyBegun(a_record()),
        CodeTaken(a_card()),
        ReferenceTaken("cs_1"),
        CurrencyMismatch(usd(1), usd(2)),
        InvalidAmount("an inner matter"),
        TollgateError("an inner matter"),
    ],
)
def test_our_own_mistakes_say_only_that_they_happened(error: TollgateError) -> None:
    status, body, _ = answered(error)
    assert (status, body["code"]) == (HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR")
    assert body["error"] == "something went wrong on our side"


def test_wrong_fields_are_listed() -> None:
    _, body, _ = answered(ValidationFailed([FieldError("items.0.code", "is wrong"), FieldError("amount", "too")]))
    assert body["errors"] == [
        {"field": "items.0.code", "message": "is wrong"},
        {"field": "amount", "message": "too"},
    ]


def test_what_may_pass_says_when_to_come_back() -> None:
    assert answered(DuplicateInProgress(9))[2]["Retry-After"] == "9"
    assert answered(TooManyGuesses(60))[2]["Retry-After"] == "60"
    assert int(answered(ProviderUnavailable("stripe", "x"))[2]["Retry-After"]) > 0
    assert int(answered(StoreUnavailable("x"))[2]["Retry-After"]) > 0
    assert "Retry-After" not in answered(NotFound("x"))[2]


def test_who_is_not_known_is_told_how_to_be() -> None:
    assert answered(AuthRequired("x"))[2]["WWW-Authenticate"] == "Bearer"
    assert "WWW-Authenticate" not in answered(Forbidden("x"))[2]


def test_a_providers_reason_stays_inside() -> None:
    assert "secret reason" not in json.dumps(answered(ProviderUnavailable("stripe", "secret reason"))[1])
