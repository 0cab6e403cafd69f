"""Pricing items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tollgate.fees.providers import Risk
from tollgate.kernel.money import Money

SHARED = "*"


class Interval(StrEnum):
    """How often a plan is paid."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class PricingItem:
    """A thing with a price. `tenant` is `*` for what every tenant sells; `risk` is how card networks see it."""

    tenant: str
    code: str
    name: str
    unit: Money
    active: bool = True
    risk: Risk = Risk.LOW
    product: str = ""
    interval: Interval | None = None
    trial_days: int = 0
    references: Mapping[str, str] = field(default_factory=dict)
