"""Stripe's errors to the outcomes of a call. Only what surely had no effect is `Unreachable`; when in doubt it is
`Unknown`.
"""

from __future__ import annotations

import stripe
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import NewConnectionError

from tollgate.checkout.ports import Rejected, Unknown, Unreachable

_FINAL = (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError)
_NOT_LET_IN = (stripe.AuthenticationError, stripe.PermissionError)


def outcome_of(error: stripe.StripeError) -> Rejected | Unreachable | Unknown:
    """What is known after this error. The texts are ours: Stripe's may quote what was sent."""
    if isinstance(error, _NOT_LET_IN):
        return Unreachable(type(error).__name__, credentials_refused=True)
    if isinstance(error, stripe.RateLimitError):
        return Unreachable(type(error).__name__)
    if isinstance(error, _FINAL) and error.http_status != 409:
        return Rejected(error.code or type(error).__name__)
    if isinstance(error, stripe.APIConnectionError) and _never_connected(error):
        return Unreachable("no connection")
    # Stripe stores the result of what it began to execute, a 500 included, and repeats it for the same key.
    return Unknown(f"{type(error).__name__} {error.http_status or ''}".strip(), key_spent=error.http_status == 500)


def _never_connected(error: BaseException) -> bool:
    """Whether some cause says that no connection was made. requests wraps urllib3's reason two levels deep."""
    seen: list[BaseException] = [error]
    while seen:
        cause = seen.pop()
        if isinstance(cause, ConnectTimeout | NewConnectionError):
            return True
        reason = getattr(cause, "reason", None)
        nested = (cause.__cause__, reason, *(cause.args[:1]))
        seen += [item for item in nested if isinstance(item, BaseException)]
    return False
