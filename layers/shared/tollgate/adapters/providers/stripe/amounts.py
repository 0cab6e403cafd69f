"""Amounts as Stripe counts them.

Nearly always ISO 4217's minor unit. Stripe keeps two digits for a few currencies that have none (its "special
cases"), and for those
with three digits it takes no last digit but zero. Source: Stripe's page on supported currencies.
"""

from __future__ import annotations

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money

_TWO_DIGITS_AT_STRIPE = frozenset({"ISK", "UGX"})
# Eight digits, whatever the currency.
MAX_CHARGE = 99_999_999


def to_stripe(money: Money) -> int:
    """The integer to send; `ValidationFailed` for an amount that Stripe does not take."""
    amount = money.amount * 100 if money.currency in _TWO_DIGITS_AT_STRIPE else money.amount
    if amount > MAX_CHARGE:
        raise ValidationFailed([FieldError("amount", f"{money} is more than this provider takes at once")])
    if MINOR_DIGITS[money.currency] == 3 and amount % 10:
        raise ValidationFailed(
            [FieldError("amount", f"this provider takes {money.currency} only in steps of ten minor units")]
        )
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Our money for Stripe's integer. A fraction that our minor unit cannot hold would be Stripe's mistake, and is
    refused.
    """
    code = currency.upper()
    if code not in _TWO_DIGITS_AT_STRIPE:
        return Money(amount, code)
    whole, rest = divmod(amount, 100)
    if rest:
        raise ValueError(f"{amount} is no whole amount of {code}")
    return Money(whole, code)
