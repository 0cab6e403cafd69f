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
# Charged with two digits, and paid out without: those must be 00.
_PAID_OUT_WHOLE = frozenset({"HUF", "TWD"})
# Eight digits, and more for currencies with small units. Where we are unsure we allow more: Stripe refuses by itself.
_USUAL_LARGEST = 10**8 - 1
_LARGEST = dict.fromkeys(("COP", "HUF", "INR", "JPY", "LBP"), 10**10 - 1) | {"IDR": 10**12 - 1}

# The least that Stripe charges, in its units, by its list of minimum charge amounts. Others it refuses by itself.
_SMALLEST = {
    "USD": 50, "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}  # fmt: skip


def require_rest(money: Money) -> None:
    """What gift cards and credit leave to be paid; `ValidationFailed` where that is too little to be charged."""
    if to_stripe(money) < _SMALLEST.get(money.currency, 1):
        smallest = from_stripe(_SMALLEST[money.currency], money.currency)
        message = f"they leave {money} to pay, and this provider charges {smallest} or more: take less of them, or all"
        raise ValidationFailed([FieldError("tenders", message)])


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


def payout_to_stripe(money: Money) -> int:
    """The same for what goes to a seller's bank, which Stripe takes only in whole units of some currencies."""
    if money.currency in _PAID_OUT_WHOLE and money.amount % 100:
        raise _refused(f"this provider pays {money.currency} out only in whole units; {money} would reach the bank")
    return to_stripe(money)


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
