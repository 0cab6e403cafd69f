"""Prices and settings: the tenant's own first, and at most a minute old."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_pricing_item, priced, usd
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import catalog as adapter
from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.catalog_items import to_item
from tollgate.catalog.desk import CatalogDesk
from tollgate.catalog.errors import PricingItemExists, PricingItemMovedOn
from tollgate.catalog.model import Asked, Changes, Interval, ItemChange, ItemKey, PricingItem
from tollgate.catalog.ports import Selection
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.money import Money
from tollgate.payments.errors import InvalidCursor


def stock(store: Store, code: str = "poster", **fields: Any) -> PricingItem:
    change = priced(code, **fields)
    store.unit_of_work.commit(*store.catalog.create(change))
    return change.item


def dearer(item: PricingItem, amount: int = 9) -> ItemChange:
    change = item.changed(Changes(amount=amount), Asked("service:tests"), NOW)
    assert change is not None
    return change


def codes(store: Store, tenant: str = "demo", limit: int = 100, **selection: Any) -> list[tuple[str, str]]:
    """Whose items of which codes a list has, read page by page."""
    found: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = store.catalog.list(tenant, Selection(**selection), limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += [(item.tenant, item.code) for item in page.items]
        if (cursor := page.cursor) is None:
            return found


PLAIN: dict[str, Any] = {"name": "Café 🎟", "unit": Money(1500, "JPY"), "active": False}
PLAN: dict[str, Any] = {
    "product": "gold",
    "interval": Interval.YEAR,
    "trial_days": 14,
    "risk": Risk.HIGH,
    "references": {"stripe": "price_1", "segpay": "1:2"},
}


@pytest.mark.parametrize("fields", [PLAIN, PLAN])
def test_an_item_comes_back_as_it_was_stored(store: Store, fields: dict[str, Any]) -> None:
    item = stock(store, "a.b:c-d", tenant="demo", **fields)
    assert store.catalog.find("demo", "a.b:c-d") == store.catalog.get(item.key) == item
    change = item.withdrawn(Asked("service:tests"), NOW)
    assert change is not None
    store.unit_of_work.commit(*store.catalog.update(change))
    assert store.catalog.get(item.key) == change.item


def test_an_item_that_was_stored_before_plans_were_is_sold_once_and_can_be_changed(dynamo: OnDynamo) -> None:
    old = a_pricing_item("poster", tenant="demo")
    dynamo.unit_of_work.commit(dynamo.core.put(to_item(old), None, lambda _: AssertionError()))
    raw = dynamo.core.get(keys.pricing_item("demo", "poster"))
    assert raw is not None
    assert set(raw) == {"pk", "sk", "kind", "tenant", "code", "name", "amount", "currency", "active"}
    assert dynamo.catalog.get(old.key) == old
    change = dearer(old)
    dynamo.unit_of_work.commit(*dynamo.catalog.update(change))
    assert dynamo.catalog.get(old.key) == change.item
    with pytest.raises(PricingItemMovedOn):
        dynamo.unit_of_work.commit(*dynamo.catalog.update(change))


def test_what_is_not_sold_is_not_found(store: Store) -> None:
    stock(store, tenant="other")
    assert store.catalog.find("demo", "poster") is None
    assert store.catalog.find("demo", "nothing") is None
    assert store.catalog.get(ItemKey("demo", "poster")) is None


@pytest.mark.parametrize("active", [True, False])
def test_the_tenants_own_item_goes_before_the_shared_one_switched_off_or_not(store: Store, active: bool) -> None:
    own, shared = stock(store, tenant="demo", unit=usd(1), active=active), stock(store)
    assert store.catalog.find("demo", "poster") == own
    assert store.catalog.find("other", "poster") == shared


def test_an_item_is_made_once_and_changed_in_turn_with_its_events(store: Store) -> None:
    item = stock(store)
    with pytest.raises(PricingItemExists) as exists:
        store.unit_of_work.commit(*store.catalog.create(priced("poster", unit=usd(7))))
    assert exists.value.item == item
    change = dearer(item)
    store.unit_of_work.commit(*store.catalog.update(change))
    with pytest.raises(PricingItemMovedOn) as moved:
        store.unit_of_work.commit(*store.catalog.update(dearer(item, 8)))
    assert moved.value.item == store.catalog.get(item.key) == change.item
    told = [json.loads(each.body) for each in store.event_log.between(NOW, NOW + timedelta(seconds=1))]
    assert sorted((each["sequence"], each["data"]["amount"]) for each in told) == [(1, 2500), (2, 9)]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_a_list_has_a_tenants_own_items_then_the_shared_ones_in_whose_place_it_has_none(
    store: Store, limit: int
) -> None:
    for tenant, code in (("demo", "b"), ("*", "a"), ("*", "b"), ("demo", "B-2"), ("*", "c"), ("other", "d")):
        stock(store, code, tenant=tenant)
    assert codes(store, "demo", limit) == [("demo", "B-2"), ("demo", "b"), ("*", "a"), ("*", "c")]
    assert codes(store, "*", limit) == [("*", "a"), ("*", "b"), ("*", "c")]


def test_a_list_has_what_is_selected_and_of_what_was_withdrawn_nothing_unasked(store: Store) -> None:
    month, year = Interval.MONTH, Interval.YEAR
    stock(store, "a", product="gold", interval=month)
    stock(store, "b", product="gold", interval=year, active=False)
    stock(store, "c")
    # Switched off, it stays in the shared one's place, wherever it is listed itself.
    for tenant, active in (("*", True), ("demo", False)):
        stock(store, "d", tenant=tenant, active=active)
    gone = stock(store, "e").withdrawn(Asked("service:tests"), NOW)
    assert gone is not None
    store.unit_of_work.commit(*store.catalog.update(gone))

    def listed(**selection: Any) -> str:
        return "".join(code for _, code in codes(store, limit=1, **selection))

    assert (listed(), listed(withdrawn=True)) == ("dabc", "dabce")
    assert (listed(active=True), listed(active=False), listed(active=False, withdrawn=True)) == ("ac", "db", "dbe")
    assert (listed(product="gold"), listed(interval=year), listed(product="c", interval=month)) == ("ab", "b", "")


def test_a_page_examines_no_more_than_it_may_and_the_list_goes_on(
    dynamo: OnDynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_AT_ONCE", 3)
    monkeypatch.setattr(adapter, "_QUERIES_PER_PAGE", 2)
    made = [priced(f"c{number}", tenant="demo") for number in range(8)]
    dynamo.unit_of_work.commit(*(write for each in made for write in dynamo.catalog.create(each)))
    stock(dynamo, "last", product="gold")
    page = dynamo.catalog.list("demo", Selection(product="gold"), limit=5, cursor=None)
    assert (page.items, page.cursor is not None) == ((), True)
    assert codes(dynamo, product="gold") == [("*", "last")]
    assert len(codes(dynamo)) == 9


def test_a_cursor_is_of_the_list_that_gave_it(store: Store) -> None:
    for code in ("a", "b"):
        stock(store, code, tenant="demo")
    cursor = store.catalog.list("demo", Selection(), limit=1, cursor=None).cursor
    assert cursor is not None
    for tenant, wrong in (("other", cursor), ("*", cursor), ("demo", "nonsense"), ("demo", f"{cursor}x" * 3)):
        with pytest.raises(InvalidCursor):
            store.catalog.list(tenant, Selection(), limit=1, cursor=wrong)


@pytest.mark.parametrize("place", [["demo", "other", "a"], ["demo", "demo", "a#b"], ["demo", "demo", 7], ["demo"], 7])
def test_a_cursor_that_was_made_up_leads_nowhere_else(dynamo: OnDynamo, place: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    with pytest.raises(InvalidCursor):
        dynamo.catalog.list("demo", Selection(), limit=1, cursor=cursor)


def test_of_many_who_change_an_item_at_once_nobodys_change_is_lost(racing_store: Store) -> None:
    item = stock(racing_store, unit=usd(1))
    wanted = [Changes(amount=2), Changes(name="Poster"), Changes(risk=Risk.HIGH), Changes(active=False)] * 2

    def change(changes: Changes) -> PricingItem:
        sibling = racing_store.sibling()
        desk = CatalogDesk(sibling.catalog, sibling.unit_of_work, FixedClock(NOW))
        return desk.change(item.key, changes, Asked("service:tests"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, wanted))
    after = racing_store.catalog.get(item.key)
    assert after is not None
    assert (after.unit, after.name, after.risk, after.active) == (usd(2), "Poster", Risk.HIGH, False)
    told = [json.loads(each.body) for each in racing_store.event_log.between(NOW, NOW + timedelta(seconds=1))]
    assert sorted(each["sequence"] for each in told) == list(range(1, after.version + 1)) == [1, 2, 3, 4, 5]


def test_a_new_price_is_seen_within_a_minute(dynamo: OnDynamo) -> None:
    time = [0.0]
    other = dynamo.sibling(monotonic=lambda: time[0])
    item = stock(dynamo, unit=usd(1))
    assert other.catalog.find("demo", "poster") == item
    change = dearer(item)
    dynamo.unit_of_work.commit(*dynamo.catalog.update(change))
    assert other.catalog.find("demo", "poster") == item
    time[0] = 60.0
    assert other.catalog.find("demo", "poster") == change.item


def test_a_tenant_has_its_own_origins_and_those_of_every_tenant(dynamo: OnDynamo) -> None:
    dynamo.tenants.put("*", ["https://checkout.example"])
    dynamo.tenants.put("demo", ["https://shop.example", "http://127.0.0.1:3000"])
    assert dynamo.tenants.return_origins("demo") == {
        "https://checkout.example",
        "https://shop.example",
        "http://127.0.0.1:3000",
    }
    assert dynamo.tenants.return_origins("other") == {"https://checkout.example"}


def test_a_tenant_without_settings_has_no_origins(dynamo: OnDynamo) -> None:
    assert dynamo.tenants.return_origins("demo") == frozenset()


def test_origins_that_were_taken_away_are_gone(dynamo: OnDynamo) -> None:
    dynamo.tenants.put("demo", ["https://shop.example"])
    dynamo.tenants.put("demo", [])
    assert dynamo.tenants.return_origins("demo") == frozenset()
