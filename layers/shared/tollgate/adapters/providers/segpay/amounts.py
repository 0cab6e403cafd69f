"""Amounts as Segpay writes them: decimal text, and the currency beside it."""

from __future__ import annotations

import re

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.money import Money, UnknownCurrency

_DECIMAL = re.compile(r"-?([0-9]{1,12})(?:\.([0-9]{1,6}))?", re.ASCII)


def to_segpay(money: Money) -> str:
    """`120.00`, `7800` where the currency has no minor unit."""
    return str(money).partition(" ")[0]


def from_segpay(price: str, currency: str, *, nothing: bool = False) -> Money:
    """What was taken or given back: refunds may be written as negative. `ValueError` for what is no amount, for zero
    unless it may be `nothing`, and for a fraction that the currency does not have.
    """
    code, written = currency.strip().upper(), _DECIMAL.fullmatch(price.strip())
    if code not in MINOR_DIGITS:
        raise UnknownCurrency(code)
    if written is None:
        raise ValueError("not an amount")
    digits = MINOR_DIGITS[code]
    fraction = (written[2] or "").ljust(digits, "0")
    amount = int(written[1] + fraction[:digits])
    if fraction[digits:].strip("0") or not (amount or nothing):
        raise ValueError(f"no amount of {code}")
    return Money(amount, code)
