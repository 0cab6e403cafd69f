"""What is known after each of Stripe's errors: only what surely had no effect may go elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tollgate.adapters.providers.stripe.errors import outcome_of
from tollgate.checkout.ports import Rejected, Unknown, Unreachable


def _error(kind: Any, status: int | None, code: str | None = None) -> stripe.StripeError:
    error: stripe.StripeError = kind("Stripe's own text with zoe@example.com in it", http_status=status)
    error.code = code
    return error


def _invalid(status: int, code: str | None) -> stripe.StripeError:
    return stripe.InvalidRequestError("No such thing: zoe@example.com", "param", code, http_status=status)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (_invalid(400, "parameter_invalid_integer"), Rejected("parameter_invalid_integer")),
        (_invalid(404, "resource_missing"), Rejected("resource_missing")),
        (_invalid(400, None), Rejected("InvalidRequestError")),
        (_error(stripe.IdempotencyError, 400), Rejected("IdempotencyError")),
        (stripe.CardError("declined", "param", "card_declined", http_status=402), Rejected("card_declined")),
        (_error(stripe.AuthenticationError, 401), Unreachable("AuthenticationError", credentials_refused=True)),
        (_error(stripe.PermissionError, 403), Unreachable("PermissionError", credentials_refused=True)),
        (_error(stripe.RateLimitError, 429), Unreachable("RateLimitError")),
        (_error(stripe.IdempotencyError, 409), Unknown("IdempotencyError 409")),
        (_invalid(409, "lock_timeout"), Unknown("InvalidRequestError 409")),
        (_error(stripe.APIError, 500), Unknown("APIError 500", key_spent=True)),
        (_error(stripe.APIError, 502), Unknown("APIError 502")),
        (_error(stripe.APIError, 503), Unknown("APIError 503")),
        (_error(stripe.APIError, 200), Unknown("APIError 200")),
        (_error(stripe.APIError, None), Unknown("APIError")),
        (_error(stripe.APIConnectionError, None), Unknown("APIConnectionError")),
        (_error(stripe.StripeError, None), Unknown("StripeError")),
    ],
)
def test_an_error_is_an_outcome(error: stripe.StripeError, outcome: object) -> None:
    assert outcome_of(error) == outcome


def test_no_text_of_stripe_reaches_an_outcome() -> None:
    for error in (_invalid(400, "x"), _error(stripe.APIError, 500), _error(stripe.APIConnectionError, None)):
        assert "zoe" not in repr(outcome_of(error))
