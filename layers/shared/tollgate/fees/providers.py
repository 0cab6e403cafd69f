"""What payment providers keep of a sale, as far as their price lists tell. The lists are data; what a provider has
really kept, it says when it pays out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money


class Risk(StrEnum):
    """What is sold, as card networks see it."""

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A share of the price, and minor units for each payment by currency. Where the list names no currency, only the
    share is known.
    """

    basis_points: int
    fixed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceList:
    """`usual` is the class of a sale of which nothing is said."""

    usual: Risk
    by_risk: Mapping[Risk, Schedule]


_STRIPE = Schedule(290, {"USD": 30})
# Online in the US; elsewhere, and by agreement, it is another.
_SQUARE = Schedule(290, {"USD": 30})
_PAYPAL = Schedule(349, {"USD": 49})
_NOTHING = Schedule(0)

# A provider stays here for as long as there are payments of it: money may come late.
PRICE_LISTS: Mapping[str, PriceList] = {
    # 2.9 % + $0.30, whatever is sold.
    "stripe": PriceList(Risk.LOW, {Risk.LOW: _STRIPE, Risk.HIGH: _STRIPE}),
    # 2.9 % + $0.30, which nobody has held against Square's own list.
    "square": PriceList(Risk.LOW, {Risk.LOW: _SQUARE, Risk.HIGH: _SQUARE}),
    # 8 to 12 %, for merchants whom others refuse.
    "segpay": PriceList(Risk.HIGH, {Risk.LOW: Schedule(800), Risk.HIGH: Schedule(1_200)}),
    # 3.49 % + $0.49, what PayPal usually asks in the United States for a checkout on its pages; not verified.
    "paypal": PriceList(Risk.LOW, {Risk.LOW: _PAYPAL, Risk.HIGH: _PAYPAL}),
    # Where all was paid with gift cards and credit, no provider has anything to keep.
    "balance": PriceList(Risk.LOW, {Risk.LOW: _NOTHING, Risk.HIGH: _NOTHING}),
    "mock": PriceList(Risk.LOW, {Risk.LOW: _NOTHING, Risk.HIGH: _NOTHING}),
}


class NoPriceList(TollgateError):
    """Nobody has said what this provider keeps. It is not free, and never the cheapest."""

    code = "PROVIDER_FEES_UNKNOWN"

    def __init__(self, provider: str) -> None:
        super().__init__(f"no price list of the provider {provider[:64]!r}")
        self.provider = provider


def expected(provider: str, price: Money, risk: Risk | None = None) -> int:
    """What the provider will keep, in minor units of the price's currency; its share is rounded half up. Of nothing it
    keeps nothing. Raises `NoPriceList`.
    """
    listed = PRICE_LISTS.get(provider)
    if listed is None:
        raise NoPriceList(provider)
    if price.amount <= 0:
        return 0
    schedule = listed.by_risk[risk or listed.usual]
    return price.portion(schedule.basis_points).amount + schedule.fixed.get(price.currency, 0)
