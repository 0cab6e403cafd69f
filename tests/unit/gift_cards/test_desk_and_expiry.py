"""What admins see and do, and cards whose time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.gift_cards import CardWorld
from tests.support.stores import InMemory
from tollgate.gift_cards.errors import GiftCardNotFound
from tollgate.gift_cards.model import Hold
from tollgate.kernel.ids import derived


@pytest.fixture
def world() -> CardWorld:
    return CardWorld()


def breakage(world: CardWorld) -> int:
    assert isinstance(world.store, InMemory)
    posted = [each.entry for each in world.store.store.of("journal")]
    return sum(each.amount for entry in posted for each in entry.postings if each.account == "breakage")


@pytest.mark.parametrize("id_", ["gft_x", "pay_1", "", "gft_#", derived("gft", "nobody's")])
def test_a_card_that_is_not_there_is_not_found(world: CardWorld, id_: str) -> None:
    with pytest.raises(GiftCardNotFound):
        world.desk.card("demo", id_)
    with pytest.raises(GiftCardNotFound):
        world.desk.history("demo", id_, limit=5, cursor=None)
    with pytest.raises(GiftCardNotFound):
        world.desk.freeze("demo", id_, "boss", "a reason")
    assert world.expiry.expire("demo", id_) is None


def test_a_card_is_its_tenants_own(world: CardWorld) -> None:
    _, card = world.sold()
    assert world.desk.card("demo", card.id) == card
    with pytest.raises(GiftCardNotFound):
        world.desk.card("other", card.id)


def test_freezing_twice_is_freezing_once(world: CardWorld) -> None:
    _, card = world.sold()
    frozen = world.desk.freeze("demo", card.id, "boss", "reported stolen")
    assert frozen.status == "frozen"
    assert world.desk.freeze("demo", card.id, "boss", "reported stolen") == frozen == world.card(card.id)
    free = world.desk.unfreeze("demo", card.id, "boss", "found")
    assert world.desk.unfreeze("demo", card.id, "boss", "found") == free
    kinds = [str(each["type"]).rpartition(".")[2] for each in _history(world, card.id)]
    assert kinds == ["unfrozen", "frozen", "activated", "ordered"]


def test_freezing_holds_whatever_happens_meanwhile(world: CardWorld) -> None:
    assert isinstance(world.store, InMemory)
    code, card = world.sold()
    unit_of_work = world.store.unit_of_work

    def elsewhere(_: int) -> None:
        unit_of_work.before = lambda _: None
        world.use(code, 1)

    unit_of_work.before = elsewhere
    frozen = world.desk.freeze("demo", card.id, "boss", "reported stolen")
    assert (frozen.status, frozen.available, frozen.version) == ("frozen", 9_999, 4)


def test_a_history_is_read_in_pages(world: CardWorld) -> None:
    code, card = world.sold()
    for _ in range(3):
        world.use(code, 1)
    assert [each["sequence"] for each in _history(world, card.id, limit=2)] == [5, 4, 3, 2, 1]


def _history(world: CardWorld, id_: str, limit: int = 50) -> list[dict[str, object]]:
    seen, cursor = list[dict[str, object]](), None
    while True:
        page = world.desk.history("demo", id_, limit=limit, cursor=cursor)
        seen += [dict(each) for each in page.events]
        if (cursor := page.cursor) is None:
            return seen


def test_what_is_left_on_an_expired_card_is_income_once(world: CardWorld) -> None:
    code, card = world.sold()
    world.use(code, 4_000)
    assert world.expiry.expire("demo", card.id) == world.card(card.id)
    assert world.card(card.id).status == "active"
    world.clock.advance(timedelta(days=365))
    for _ in range(2):
        expired = world.expiry.expire("demo", card.id)
        assert expired is not None
        assert (expired.status, expired.available) == ("expired", 0)
    assert breakage(world) == 6_000


def test_value_that_came_back_expires_in_its_own_time(world: CardWorld) -> None:
    _, card = world.sold()
    world.put(replace(card, available=8_000, holds=(Hold("hld_1", 2_000),)))
    world.clock.advance(timedelta(days=365))
    world.expiry.expire("demo", card.id)
    released = world.card(card.id).release("hld_1", world.clock.now())
    assert released is not None
    world.store.unit_of_work.commit(*world.store.gift_cards.update(released))
    world.expiry.expire("demo", card.id)
    assert breakage(world) == 8_000
    world.clock.advance(timedelta(days=30))
    world.expiry.expire("demo", card.id)
    assert breakage(world) == 10_000


def test_a_card_that_is_used_while_it_is_looked_at_expires_with_what_is_left(world: CardWorld) -> None:
    assert isinstance(world.store, InMemory)
    _, card = world.sold()
    world.clock.advance(timedelta(days=365))
    unit_of_work = world.store.unit_of_work

    def elsewhere(_: int) -> None:
        unit_of_work.before = lambda _: None
        captured = world.card(card.id)
        world.put(replace(captured, available=4_000))

    unit_of_work.before = elsewhere
    expired = world.expiry.expire("demo", card.id)
    assert expired is not None
    assert expired.version == 4
    assert breakage(world) == 4_000


def test_credit_is_the_users_own(world: CardWorld) -> None:
    code, _ = world.sold()
    world.redeem(code)
    assert world.desk.credit("demo", "user-2", "USD") == 10_000
    for tenant, user, currency in (("demo", "user-3", "USD"), ("other", "user-2", "USD"), ("demo", "user-2", "EUR")):
        assert world.desk.credit(tenant, user, currency) == 0
