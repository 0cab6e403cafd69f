"""Amounts as Square counts them: whole numbers of the currency's smallest denomination, which for every currency of its
countries is ISO 4217's minor unit. What it takes at least and at most, it says itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollgate.kernel.money import Money


def to_square(money: Money) -> dict[str, Any]:
    """Square's `Money`."""
    return {"amount": money.amount, "currency": money.currency}


def from_square(money: Mapping[str, Any]) -> Money:
    """Our money for Square's; a fraction or an unknown currency is refused by `Money` itself."""
    return Money(money["amount"], money["currency"])
