"""Amounts as PayPal writes them: decimal text with its currency.

Two digits after the point, and none for the yen, the forint and the Taiwan dollar. Source: PayPal's page on currency
codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money

# What any account may take. The real, the yuan and the ringgit are for accounts of their own countries.
CURRENCIES = frozenset("AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD".split())
_WHOLE = frozenset({"HUF", "JPY", "TWD"})
_DECIMAL = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,6}))?")


def to_paypal(money: Money) -> dict[str, str]:
    """`{"currency_code", "value"}`; `ValidationFailed` for an amount that PayPal cannot write."""
    digits = _digits(money.currency)
    whole, rest = divmod(money.amount, 10 ** (MINOR_DIGITS[money.currency] - digits))
    if rest:
        message = f"this provider takes only whole amounts of {money.currency}"
        raise ValidationFailed([FieldError("amount", message)])
    text = str(whole).rjust(digits + 1, "0")
    value = f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return {"currency_code": money.currency, "value": value}


def from_paypal(amount: Mapping[str, Any]) -> Money:
    """Our money for what PayPal wrote. `ValueError` for what no minor unit of ours can hold, which would be PayPal's
    mistake.
    """
    currency, value = str(amount["currency_code"]), amount["value"]
    read = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    if read is None or currency not in MINOR_DIGITS:
        raise ValueError("not an amount")
    sign, whole, fraction = read[1], read[2], read[3] or ""
    digits = MINOR_DIGITS[currency]
    if fraction[digits:].strip("0"):
        raise ValueError(f"{value} is no whole amount of {currency}")
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    return Money(-minor if sign else minor, currency)


def to_sale(money: Money) -> dict[str, str]:
    """The same as sales have it: `{"total", "currency"}`."""
    written = to_paypal(money)
    return {"total": written["value"], "currency": written["currency_code"]}


def from_sale(amount: Mapping[str, Any]) -> Money:
    """What was taken, or went back: that is written as less than nothing."""
    return from_paypal({"currency_code": amount["currency"], "value": amount["total"]})


def _digits(currency: str) -> int:
    return 0 if currency in _WHOLE else MINOR_DIGITS[currency]
