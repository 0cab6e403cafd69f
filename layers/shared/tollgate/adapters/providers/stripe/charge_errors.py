"""Stripe's errors to the outcomes of a direct charge. Only what surely took no money is told as such."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from tollgate.adapters.providers.stripe.charge_transformers import Fields
from tollgate.adapters.providers.stripe.declines import decline_of, useless_method
from tollgate.adapters.providers.stripe.errors import outcome_of
from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import Rejected, Unknown, Unreachable

_OF_METHOD = ("payment_method", "customer")
_USELESS = frozenset(
    "payment_intent_incompatible_payment_method payment_method_invalid_parameter payment_method_unexpected_state"
    " token_already_used token_in_use".split()
)


def refusal_of(error: stripe.StripeError) -> Fields | Declined | Rejected | Unreachable | Unknown:
    """What is known after this error. Where it hands over the intent, that decides: it was made."""
    told = told_by(error)
    if isinstance(error, stripe.IdempotencyError):
        # Something was sent under this key before, and nothing is known about it.
        return Unknown(type(error).__name__, key_spent=True, told=True)
    if told.get("code") == "lock_timeout":
        # It comes with the status of a rate limit, but in the midst of the work.
        return Unknown("lock_timeout", told=True)
    if isinstance(error, stripe.CardError | stripe.InvalidRequestError):
        intent = told.get("payment_intent")
        if isinstance(intent, Mapping):
            return {**intent, "last_payment_error": intent.get("last_payment_error") or told}
    if isinstance(error, stripe.CardError):
        return Declined(decline_of(told))
    if isinstance(error, stripe.InvalidRequestError) and _is_of_method(error):
        return Declined(useless_method(error.code))
    return outcome_of(error)


def _is_of_method(error: stripe.InvalidRequestError) -> bool:
    """Of a method that was used up, or taken from its customer, Stripe says neither a code nor a parameter; it names
    whatever else we send.
    """
    unnamed = error.http_status == 400 and not error.code and not error.param
    return unnamed or error.param in _OF_METHOD or error.code in _USELESS


def told_by(error: stripe.StripeError) -> Mapping[str, Any]:
    """What the answer says of an error; nothing, where it cannot be read."""
    told = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    return told if isinstance(told, dict) else {}
