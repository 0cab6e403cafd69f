"""Pricing items on the core table, kept in memory for a minute so that pricing a basket costs no read."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence

from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.cache import Cache
from tollgate.adapters.dynamodb.catalog_items import PricingItemItem, from_item, to_item
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.catalog.errors import PricingItemExists, PricingItemMovedOn
from tollgate.catalog.model import CODE, SHARED, ItemChange, ItemKey, PricingItem
from tollgate.catalog.ports import ItemsPage, PricingItemRepository, Selection
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import InvalidCursor

# A page asks so often at most, for so many items at once, whatever it selects.
_QUERIES_PER_PAGE, _AT_ONCE = 10, 100


class DynamoCatalog(PricingItemRepository):
    """A tenant's items are one partition, and so are the shared ones. A price change is seen everywhere within the
    cache's minute.
    """

    def __init__(self, core: Table, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._cache: Cache[tuple[str, str], PricingItem | None] = Cache(self._read, monotonic)

    def find(self, tenant: str, code: str) -> PricingItem | None:
        return self._cache.get((tenant, code))

    def get(self, key: ItemKey) -> PricingItem | None:
        raw = self._core.get(keys.pricing_item(key.tenant, key.code))
        return from_item(raw) if raw else None

    def list(self, tenant: str, selection: Selection, *, limit: int, cursor: str | None) -> ItemsPage:
        at = _decode(cursor, tenant) if cursor else ItemKey(tenant, "")
        found: list[PricingItem] = []
        for _ in range(_QUERIES_PER_PAGE):
            items, more = self._some_after(at)
            wanted = self._not_taken(tenant, [each for each in items if selection.takes(each)])
            room = limit - len(found)
            found += wanted[:room]
            if len(wanted) > room:
                return ItemsPage(tuple(found), _encode(tenant, found[-1].key))
            if more:
                at = items[-1].key
            elif at.tenant != SHARED:
                at = ItemKey(SHARED, "")
            else:
                return ItemsPage(tuple(found), None)
        return ItemsPage(tuple(found), _encode(tenant, at))

    def create(self, change: ItemChange) -> tuple[Write, ...]:
        put = self._core.put(to_item(change.item), PricingItemItem.pk.does_not_exist(), _exists)
        return (put, event_items.append(self._core, change.event))

    def update(self, change: ItemChange) -> tuple[Write, ...]:
        before, version = change.item.version - 1, PricingItemItem.version
        as_before = version == before if before else PricingItemItem.pk.exists() & version.does_not_exist()
        put = self._core.put(to_item(change.item), as_before, _moved_on)
        return (put, event_items.append(self._core, change.event))

    def _read(self, key: tuple[str, str]) -> PricingItem | None:
        tenant, code = key
        raws = self._core.get_all([keys.pricing_item(tenant, code), keys.pricing_item(SHARED, code)])
        return min(map(from_item, raws), key=lambda item: item.tenant == SHARED, default=None)

    def _some_after(self, at: ItemKey) -> tuple[Sequence[PricingItem], bool]:
        """What follows in the same partition, and whether there is more of it. Nothing but items lies there."""
        pk, sk = keys.pricing_item(at.tenant, at.code)
        request = {
            "TableName": self._core.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk > :sk",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": sk}},
            "Limit": _AT_ONCE,
        }
        response = self._core.call("Query", request)
        return [from_item(raw) for raw in response["Items"]], "LastEvaluatedKey" in response

    def _not_taken(self, tenant: str, items: Sequence[PricingItem]) -> Sequence[PricingItem]:
        """Without shared ones in whose place the tenant has an item of its own, whether that is listed or not."""
        shared = [item for item in items if item.tenant != tenant]
        if not shared:
            return items
        own = self._core.get_all([keys.pricing_item(tenant, item.code) for item in shared], consistent=True)
        taken = {raw["code"]["S"] for raw in own}
        return [item for item in items if item.code not in taken]


def _exists(raw: Raw | None) -> Exception:
    return PricingItemExists(from_item(raw)) if raw else LookupError("the pricing item is gone")


def _moved_on(raw: Raw | None) -> Exception:
    return PricingItemMovedOn(from_item(raw)) if raw else LookupError("the pricing item is gone")


def _encode(tenant: str, at: ItemKey) -> str:
    """The place up to which a list was seen, bound to the tenant whose list it is."""
    text = json.dumps([tenant, at.tenant, at.code], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, tenant: str) -> ItemKey:
    try:
        of, owner, code = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = code == "" or CODE.fullmatch(code) is not None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or of != tenant or owner not in (tenant, SHARED):
        raise InvalidCursor("cursor belongs to another list")
    return ItemKey(owner, code)
