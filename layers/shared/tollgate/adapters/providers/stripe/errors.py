"""Stripe's errors to the outcomes of a call. Only what surely had no effect is `Unreachable`; when in doubt it is
`Unknown`.
"""

from __future__ import annotations

import stripe
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from tollgate.checkout.ports import UNREAD, Rejected, Unknown, Unreachable

_FINAL = (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError)
_NEVER_CONNECTED = (ConnectTimeoutError, NewConnectionError)
_NOT_LET_IN = (stripe.AuthenticationError, stripe.PermissionError)


class SecretsUnread(stripe.StripeError):
    """Of ours, among Stripe's: there was no key to ask with."""


def outcome_of(error: stripe.StripeError) -> Rejected | Unreachable | Unknown:
    """What is known after this error. The texts are ours: Stripe's may quote what was sent."""
    if isinstance(error, SecretsUnread):
        return UNREAD
    if isinstance(error, _NOT_LET_IN):
        return Unreachable(type(error).__name__, credentials_refused=True)
    if isinstance(error, stripe.RateLimitError):
        return Unreachable(type(error).__name__)
    if isinstance(error, _FINAL) and error.http_status != 409:
        return Rejected(error.code or type(error).__name__)
    if isinstance(error.__cause__, _NEVER_CONNECTED):
        return Unreachable("no connection")
    # Stripe stores the result of what it began to execute, a 500 included, and repeats it for the same key.
    return Unknown(f"{type(error).__name__} {error.http_status or ''}".strip(), key_spent=error.http_status == 500)
