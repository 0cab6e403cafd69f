"""What the rooms need beside the store: prices, spent signatures, secrets, ids, and sales as a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.builders import a_pricing_item
from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.catalog.model import SHARED, PricingItem
from tollgate.catalog.ports import CatalogRepository
from tollgate.fees.platform import Sales
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.secrets import Secrets


class ScriptedSales(Sales):
    """What sellers have sold, as a test says."""

    def __init__(self) -> None:
        self.sold: dict[str, int] = {}

    def of_month(self, tenant: str, seller: str, currency: str, month: str) -> int:
        return self.sold.get(seller, 0)


class MemoryCatalog(CatalogRepository):
    def __init__(self, items: Iterable[PricingItem] = ()) -> None:
        self._items = {(item.tenant, item.code): item for item in (a_pricing_item(), *items)}

    def find(self, tenant: str, code: str) -> PricingItem | None:
        return self._items.get((tenant, code)) or self._items.get((SHARED, code))

    def put(self, item: PricingItem) -> None:
        self._items[item.tenant, item.code] = item


class MemorySignatures:
    """Spent signatures, with the time until which each is remembered."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], tuple[int, str]] = {}

    def use(self, service: str, signature: str, *, now: int, until: int, bound_to: str = "") -> None:
        held_until, key = self._spent.get((service, signature), (now - 1, ""))
        if held_until >= now and (not bound_to or key != bound_to):
            raise SignatureUsed("this signature was used before")
        self._spent[service, signature] = (until, bound_to)


class MemorySecrets(Secrets):
    """Secrets that a test can change while it runs."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: str) -> Mapping[str, Any]:
        return self.values.get(name, {})


class CountingIds(IdFactory):
    """1, 2, 3."""

    def __init__(self) -> None:
        self._made = 0

    def new(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self._made}"
