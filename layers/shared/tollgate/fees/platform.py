"""The platform's fee, by how much the seller has sold in the month. The tiers are data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from tollgate.kernel.clock import Clock
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to and with `ceiling` whole units of the currency sold in a month; None is without end."""

    name: str
    basis_points: int
    ceiling: int | None


# Below 10,000 a month, from there to 100,000, and above.
TIERS = (Tier("starter", 820, 9_999), Tier("pro", 790, 100_000), Tier("enterprise", 750, None))


class Sales(ABC):
    """What sellers have sold."""

    @abstractmethod
    def of_month(self, tenant: str, seller: str, currency: str, month: str) -> int:
        """Minor units of the month (`2026_11`), perhaps a minute old."""


class PlatformFees:
    """A sale's fee is fixed when its checkout opens: a seller who rises into another tier later pays the old one for
    it, whatever comes in between.
    """

    def __init__(self, sales: Sales, clock: Clock) -> None:
        self._sales = sales
        self._clock = clock

    def of(self, tenant: str, seller: str | None, price: Money) -> int:
        """Minor units, rounded half up; nothing of a tenant's own sale."""
        if seller is None:
            return 0
        sold = self._sales.of_month(tenant, seller, price.currency, month_of(self._clock.now()))
        return price.portion(tier_of(sold, price.currency).basis_points).amount


def tier_of(sold: int, currency: str) -> Tier:
    """The tier of a month's sales in minor units."""
    units = sold // 10 ** MINOR_DIGITS[currency]
    return next(tier for tier in TIERS if tier.ceiling is None or units <= tier.ceiling)


def month_of(instant: datetime) -> str:
    """As the ledger names months."""
    return f"{instant:%Y_%m}"
