"""Amounts as Stripe counts them.

Nearly always ISO 4217's minor unit. Stripe keeps two digits for a few currencies that have none (its "special
cases"), and
none for the ariary, whose fifths nobody uses; of those with three digits it takes no last digit but zero. Source:
Stripe's
page on supported currencies.
"""

from __future__ import annotations

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money

# How many of Stripe's units make one of ours, and the other way round.
_FINER_AT_STRIPE = {"ISK": 100, "UGX": 100}
_COARSER_AT_STRIPE = {"MGA": 100}
# Eight digits, and more for currencies with small units. Where we are unsure we allow more: Stripe refuses by itself.
_USUAL_LARGEST = 10**8 - 1
_LARGEST = dict.fromkeys(("COP", "HUF", "INR", "JPY", "LBP"), 10**10 - 1) | {"IDR": 10**12 - 1}


def to_stripe(money: Money) -> int:
    """The integer to send; `ValidationFailed` for an amount that Stripe does not take."""
    finer, coarser = _FINER_AT_STRIPE.get(money.currency, 1), _COARSER_AT_STRIPE.get(money.currency, 1)
    amount, rest = divmod(money.amount * finer, coarser)
    if rest:
        raise _refused(f"this provider takes only whole amounts of {money.currency}")
    if amount > _LARGEST.get(money.currency, _USUAL_LARGEST):
        raise _refused(f"{money} is more than this provider takes at once")
    if MINOR_DIGITS[money.currency] == 3 and amount % 10:
        raise _refused(f"this provider takes {money.currency} only in steps of ten minor units")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Our money for Stripe's integer. A fraction that our minor unit cannot hold would be Stripe's mistake, and is
    refused.
    """
    code = currency.upper()
    finer, coarser = _FINER_AT_STRIPE.get(code, 1), _COARSER_AT_STRIPE.get(code, 1)
    whole, rest = divmod(amount * coarser, finer)
    if rest:
        raise ValueError(f"{amount} is no whole amount of {code}")
    return Money(whole, code)


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed([FieldError("amount", message)])
