"""Prices and settings: the tenant's own first, and at most a minute old."""

from __future__ import annotations

import pytest

from tests.support.builders import a_pricing_item, usd
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.fees.providers import Risk
from tollgate.kernel.money import Money


def test_an_item_comes_back_as_it_was_stored(store: Store) -> None:
    item = a_pricing_item("a.b:c-d", tenant="demo", name="Café 🎟", unit=Money(1500, "JPY"), active=False)
    store.catalog.put(item)
    assert store.catalog.find("demo", "a.b:c-d") == item


@pytest.mark.parametrize("risk", Risk)
def test_how_risky_an_item_is_comes_back_too(store: Store, risk: Risk) -> None:
    store.catalog.put(a_pricing_item("poster", risk=risk))
    assert store.catalog.find("demo", "poster") == a_pricing_item("poster", risk=risk)


def test_an_item_that_was_stored_before_risks_were_is_of_low_risk(dynamo: OnDynamo) -> None:
    dynamo.catalog.put(a_pricing_item("poster"))
    raw = dynamo.core.get(keys.pricing_item("*", "poster"))
    assert raw is not None
    assert "risk" not in raw
    found = dynamo.catalog.find("demo", "poster")
    assert found is not None
    assert found.risk is Risk.LOW


def test_what_is_not_sold_is_not_found(store: Store) -> None:
    store.catalog.put(a_pricing_item("poster", tenant="other"))
    assert store.catalog.find("demo", "poster") is None
    assert store.catalog.find("demo", "nothing") is None


def test_the_tenants_own_item_goes_before_the_shared_one(store: Store) -> None:
    shared, own = a_pricing_item("poster"), a_pricing_item("poster", tenant="demo", unit=usd(1))
    store.catalog.put(own)
    store.catalog.put(shared)
    assert store.catalog.find("demo", "poster") == own
    assert store.catalog.find("other", "poster") == shared


def test_a_tenants_item_that_is_switched_off_still_goes_before_the_shared_one(store: Store) -> None:
    own = a_pricing_item("poster", tenant="demo", active=False)
    store.catalog.put(a_pricing_item("poster"))
    store.catalog.put(own)
    assert store.catalog.find("demo", "poster") == own


def test_putting_an_item_again_replaces_it(store: Store) -> None:
    store.catalog.put(a_pricing_item("poster"))
    store.catalog.put(a_pricing_item("poster", unit=usd(9)))
    assert store.catalog.find("demo", "poster") == a_pricing_item("poster", unit=usd(9))


def test_a_new_price_is_seen_within_a_minute(dynamo: OnDynamo) -> None:
    time = [0.0]
    other = dynamo.sibling(monotonic=lambda: time[0])
    dynamo.catalog.put(a_pricing_item("poster", unit=usd(1)))
    assert other.catalog.find("demo", "poster") == a_pricing_item("poster", unit=usd(1))
    dynamo.catalog.put(a_pricing_item("poster", unit=usd(2)))
    time[0] = 60.0
    assert other.catalog.find("demo", "poster") == a_pricing_item("poster", unit=usd(2))


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
