"""Pricing items."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.fees.providers import Risk
from tollgate.kernel.money import Money

SHARED = "*"


@dataclass(frozen=True, slots=True)
class PricingItem:
    """A thing with a price. `tenant` is `*` for what every tenant sells; `risk` is how card networks see it."""

    tenant: str
    code: str
    name: str
    unit: Money
    active: bool = True
    risk: Risk = Risk.LOW
