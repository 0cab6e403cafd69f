"""What a pricing item may be, what may become of it, and what is told of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_pricing_item, usd
from tests.support.memory.store import MemoryUnitOfWork
from tests.support.stores import InMemory
from tollgate.catalog.desk import CatalogDesk
from tollgate.catalog.errors import PricingItemChanged, PricingItemExists, PricingItemMovedOn, PricingItemNotFound
from tollgate.catalog.model import CODE, SHARED, Asked, Changes, Interval, ItemKey, PricingItem, key_of
from tollgate.catalog.rules import PROVIDERS
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import ConcurrentChange, ValidationFailed
from tollgate.kernel.events import Event
from tollgate.kernel.money import Money

BY = Asked("service:tests", "trace-1")
PLAN = a_pricing_item("gold_month", tenant="demo", product="gold", interval=Interval.MONTH, trial_days=14)
NAMES = st.from_regex(CODE, fullmatch=True)


class Catalog:
    """A desk with what it has stored, and a clock that goes on with each change."""

    def __init__(self) -> None:
        self.clock, self.store = FixedClock(NOW), InMemory()
        self.desk = CatalogDesk(self.store.catalog, self.store.unit_of_work, self.clock)

    def told(self) -> list[Event]:
        return [event for event in self.store.store.of("event") if isinstance(event, Event)]

    def later(self) -> None:
        self.clock.advance(timedelta(minutes=1))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


def refused(catalog: Catalog, **fields: Any) -> set[str]:
    with pytest.raises(ValidationFailed) as caught:
        catalog.desk.create(a_pricing_item(**fields), BY)
    assert not catalog.told()
    return {error.field for error in caught.value.errors}


# --- ids ---


@given(st.just(SHARED) | NAMES, NAMES)
def test_an_id_leads_to_its_item_and_no_two_items_share_one(tenant: str, code: str) -> None:
    key = ItemKey(tenant, code)
    assert key_of(key.id) == key
    assert key.id == a_pricing_item(code, tenant=tenant).id


@pytest.mark.parametrize(
    "text", ["", "prc_", "prc_demo", "prc_demo~", "prc_*~a", "prc_a~b~c", "prc_a#b~c", "prc_~a\n", "~a"]
)
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    assert key_of(text) is None


# --- what an item may be ---


@pytest.mark.parametrize(
    ("unit", "good"),
    [
        (Money(0, "USD"), False),
        (Money(1, "USD"), True),
        (Money(10**11, "USD"), True),
        (Money(10**11 + 1, "USD"), False),
        (Money(10**9, "JPY"), True),
        (Money(10**9 + 1, "JPY"), False),
        (Money(10**12, "KWD"), True),
        (Money(10**12 + 1, "KWD"), False),
    ],
)
def test_a_price_is_at_most_so_many_whole_units_whatever_the_currencys_minor_one_is(
    catalog: Catalog, unit: Money, good: bool
) -> None:
    if good:
        assert catalog.desk.create(a_pricing_item(unit=unit), BY).is_new
    else:
        assert refused(catalog, unit=unit) == {"amount"}


def test_whatever_is_wrong_with_an_item_is_named(catalog: Catalog) -> None:
    assert refused(catalog, code="a b", product="a#b") == {"code", "product"}
    assert refused(catalog, trial_days=1) == {"trialDays"}
    assert refused(catalog, trial_days=731, interval=Interval.YEAR) == {"trialDays"}
    assert refused(catalog, trial_days=-1, interval=Interval.YEAR) == {"trialDays"}
    assert refused(catalog, references={"stripe": "price_1", "nobody": "1", "balance": "2"}) == {
        "references.nobody",
        "references.balance",
    }
    assert {"stripe", "segpay", "square", "paypal", "mock"} <= PROVIDERS


def test_an_item_gives_access_to_itself_unless_it_is_said_to_what() -> None:
    assert a_pricing_item("poster").product == "poster"
    assert PLAN.product == "gold"


# --- making and changing ---


def test_the_same_item_is_made_once_and_another_not_in_its_place(catalog: Catalog) -> None:
    first, again = catalog.desk.create(PLAN, BY), catalog.desk.create(PLAN, BY)
    assert (first.is_new, again.is_new, again.item) == (True, False, first.item)
    for other in (replace(PLAN, unit=usd(1)), replace(PLAN, interval=Interval.YEAR), replace(PLAN, active=False)):
        with pytest.raises(PricingItemExists):
            catalog.desk.create(other, BY)
    assert len(catalog.told()) == 1


def test_a_change_is_stored_and_told_and_none_where_nothing_changes(catalog: Catalog) -> None:
    key = catalog.desk.create(PLAN, BY).item.key
    catalog.later()
    changes = Changes("Gold", 4_900, False, Risk.HIGH, 0, {"stripe": "price_1"})
    after = catalog.desk.change(key, changes, BY)
    assert after == catalog.desk.find(key) == catalog.desk.change(key, changes, BY)
    assert (after.name, after.unit, after.active, after.risk) == ("Gold", usd(4_900), False, Risk.HIGH)
    assert (after.trial_days, after.references, after.version) == (0, {"stripe": "price_1"}, 2)
    assert (after.created_at, after.updated_at) == (NOW, catalog.clock.now())
    created, changed = catalog.told()
    assert [created.type, changed.type] == ["payments.pricing_item.created", "payments.pricing_item.changed"]
    assert [(each.tenant, each.aggregate_id, each.sequence) for each in (created, changed)] == [
        ("demo", "prc_demo~gold_month", 1),
        ("demo", "prc_demo~gold_month", 2),
    ]
    assert (created.data["amount"], changed.data["amount"], changed.data["by"]) == (2_500, 4_900, "service:tests")
    assert changed.trace == "trace-1"


def test_what_a_change_would_make_wrong_is_refused_and_stays(catalog: Catalog) -> None:
    item = catalog.desk.create(a_pricing_item(), BY).item
    for wrong in (Changes(trial_days=7), Changes(amount=10**13), Changes(references={"nobody": "1"})):
        with pytest.raises(ValidationFailed):
            catalog.desk.change(item.key, wrong, BY)
    assert catalog.desk.find(item.key) == item


def test_a_change_of_a_version_that_has_passed_is_refused(catalog: Catalog) -> None:
    key = catalog.desk.create(PLAN, BY).item.key
    assert catalog.desk.change(key, Changes(amount=1), BY, version=1).version == 2
    with pytest.raises(PricingItemChanged):
        catalog.desk.change(key, Changes(amount=2), BY, version=1)
    assert catalog.desk.find(key).unit == usd(1)


def test_what_is_withdrawn_is_kept_and_can_be_sold_again(catalog: Catalog) -> None:
    key = catalog.desk.create(PLAN, BY).item.key
    gone = catalog.desk.withdraw(key, BY)
    assert (gone.active, gone.withdrawn_at, catalog.desk.withdraw(key, BY)) == (False, NOW, gone)
    with pytest.raises(PricingItemExists, match="withdrawn"):
        catalog.desk.create(PLAN, BY)
    assert catalog.desk.change(key, Changes(name="Gold"), BY).withdrawn_at == NOW
    back = catalog.desk.change(key, Changes(active=True), BY)
    assert (back.active, back.withdrawn_at) == (True, None)
    assert [event.type.rpartition(".")[2] for event in catalog.told()] == ["created", "withdrawn", "changed", "changed"]


def test_what_is_not_there_can_be_neither_seen_nor_changed(catalog: Catalog) -> None:
    key = ItemKey("demo", "nothing")
    for ask in (
        lambda: catalog.desk.find(key),
        lambda: catalog.desk.change(key, Changes(amount=1), BY),
        lambda: catalog.desk.withdraw(key, BY),
    ):
        with pytest.raises(PricingItemNotFound):
            ask()


def test_who_is_always_overtaken_is_told_to_come_again(catalog: Catalog) -> None:
    item = catalog.desk.create(PLAN, BY).item

    class Overtaken(MemoryUnitOfWork):
        def commit(self, *writes: Any) -> None:
            raise PricingItemMovedOn(item)

    desk = CatalogDesk(catalog.store.catalog, Overtaken(catalog.store.store), catalog.clock)
    with pytest.raises(ConcurrentChange):
        desk.change(item.key, Changes(amount=1), BY)


# --- the configuration ---


def test_a_declared_item_is_made_then_left_then_changed(catalog: Catalog) -> None:
    dearer = replace(PLAN, unit=usd(9_900))
    assert [catalog.desk.declare(each, BY) for each in (PLAN, PLAN, dearer, dearer)] == [True, False, True, False]
    assert [event.data["amount"] for event in catalog.told()] == [2_500, 9_900]
    assert catalog.desk.withdraw(PLAN.key, BY).active is False
    assert catalog.desk.declare(dearer, BY)
    assert catalog.desk.find(PLAN.key).active


def test_a_declared_item_stays_what_it_is(catalog: Catalog) -> None:
    catalog.desk.declare(PLAN, BY)
    other = replace(PLAN, unit=Money(2_500, "EUR"), interval=None, trial_days=0, product="silver")
    with pytest.raises(ValidationFailed) as caught:
        catalog.desk.declare(other, BY)
    assert {error.field for error in caught.value.errors} == {"currency", "interval", "product"}
    assert len(catalog.told()) == 1


def test_an_item_that_was_stored_before_there_were_events_gets_its_first(catalog: Catalog) -> None:
    catalog.store.catalog.put(PLAN)
    assert [catalog.desk.declare(PLAN, BY) for _ in range(2)] == [True, False]
    old = PricingItem("demo", "poster", "Poster", usd(1))
    catalog.store.catalog.put(old)
    assert catalog.desk.change(old.key, Changes(amount=2), BY).version == 1
    assert [(event.type, event.sequence) for event in catalog.told()] == [("payments.pricing_item.created", 1)] * 2
