"""Pricing items on the core table, kept in memory for a minute so that pricing a basket costs no read."""

from __future__ import annotations

import time
from collections.abc import Callable

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.cache import Cache
from tollgate.adapters.dynamodb.items import PricingItemItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.catalog.model import SHARED, PricingItem
from tollgate.catalog.ports import CatalogRepository
from tollgate.fees.providers import Risk
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import UnitOfWork


class DynamoCatalog(CatalogRepository):
    """A price change is seen everywhere within the cache's minute."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._unit_of_work = unit_of_work
        self._cache: Cache[tuple[str, str], PricingItem | None] = Cache(self._read, monotonic)

    def find(self, tenant: str, code: str) -> PricingItem | None:
        return self._cache.get((tenant, code))

    def put(self, item: PricingItem) -> None:
        pk, sk = keys.pricing_item(item.tenant, item.code)
        stored = PricingItemItem(
            pk=pk,
            sk=sk,
            kind="pricing_item",
            tenant=item.tenant,
            code=item.code,
            name=item.name,
            amount=item.unit.amount,
            currency=item.unit.currency,
            active=item.active,
            # Low is what is not said.
            risk=item.risk.value if item.risk is not Risk.LOW else None,
        )
        self._unit_of_work.commit(self._core.put(stored, None, lambda _: StoreUnavailable()))

    def _read(self, key: tuple[str, str]) -> PricingItem | None:
        tenant, code = key
        raws = self._core.get_all([keys.pricing_item(tenant, code), keys.pricing_item(SHARED, code)])
        items = [_from_item(raw) for raw in raws]
        return min(items, key=lambda item: item.tenant == SHARED, default=None)


def _from_item(raw: Raw) -> PricingItem:
    return PricingItem(
        tenant=raw["tenant"]["S"],
        code=raw["code"]["S"],
        name=raw["name"]["S"],
        unit=Money(int(raw["amount"]["N"]), raw["currency"]["S"]),
        active=bool(raw["active"]["BOOL"]),
        risk=Risk(raw["risk"]["S"]) if "risk" in raw else Risk.LOW,
    )
