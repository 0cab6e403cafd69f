"""What the rooms need beside the store: prices, spent signatures, secrets, ids, and sales as a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.builders import a_pricing_item
from tests.support.memory import events
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal
from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.catalog.errors import PricingItemExists, PricingItemMovedOn
from tollgate.catalog.events import AGGREGATE
from tollgate.catalog.model import SHARED, ItemChange, ItemKey, PricingItem
from tollgate.catalog.ports import ItemsPage, PricingItemRepository, Selection
from tollgate.fees.platform import Sales
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.secrets import Secrets
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import InvalidCursor


class ScriptedSales(Sales):
    """What sellers have sold, as a test says."""

    def __init__(self) -> None:
        self.sold: dict[str, int] = {}

    def of_month(self, tenant: str, seller: str, currency: str, month: str) -> int:
        return self.sold.get(seller, 0)


class MemoryCatalog(PricingItemRepository):
    """Without a store of its own choice, one in which concert tickets are sold."""

    def __init__(self, items: Iterable[PricingItem] = (), store: MemoryStore | None = None) -> None:
        self._store = store or MemoryStore()
        for item in items if store else (a_pricing_item(), *items):
            self.put(item)

    def put(self, item: PricingItem) -> None:
        """As a test wants it, in the place of what is there."""
        with self._store.lock:
            self._store.apply(MemoryWrite(_place(item.key), item, lambda _: None))

    def find(self, tenant: str, code: str) -> PricingItem | None:
        return self.get(ItemKey(tenant, code)) or self.get(ItemKey(SHARED, code))

    def get(self, key: ItemKey) -> PricingItem | None:
        found: PricingItem | None = self._store.items.get(_place(key))
        return found

    def list(self, tenant: str, selection: Selection, *, limit: int, cursor: str | None) -> ItemsPage:
        own = {item.code for _, item in self._store.under(AGGREGATE, tenant)}
        found = [item for _, item in self._store.under(AGGREGATE) if item.tenant in (tenant, SHARED)]
        listed = [item for item in found if item.tenant == tenant or item.code not in own]
        listed = sorted(filter(selection.takes, listed), key=lambda item: (item.tenant == SHARED, item.code))
        seen = _opened(cursor, tenant) if cursor else 0
        after = f"{tenant} {seen + limit}" if len(listed) > seen + limit else None
        return ItemsPage(tuple(listed[seen : seen + limit]), after)

    def create(self, change: ItemChange) -> tuple[Write, ...]:
        def refuse(stored: PricingItem | None) -> Refusal:
            return PricingItemExists(stored) if stored else None

        return (MemoryWrite(_place(change.item.key), change.item, refuse), events.append(change.event))

    def update(self, change: ItemChange) -> tuple[Write, ...]:
        def refuse(stored: PricingItem | None) -> Refusal:
            if stored is None:
                return LookupError("the pricing item is gone")
            return None if stored.version == change.item.version - 1 else PricingItemMovedOn(stored)

        return (MemoryWrite(_place(change.item.key), change.item, refuse), events.append(change.event))


def _place(key: ItemKey) -> Place:
    return (AGGREGATE, key.tenant, key.code)


def _opened(cursor: str, tenant: str) -> int:
    of, _, seen = cursor.partition(" ")
    if of != tenant or not seen.isdecimal():
        raise InvalidCursor("cursor belongs to another list")
    return int(seen)


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
