"""Gift cards in the store: one version after the other, found by their ids in one read, and nowhere their codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bench.units import item_bytes, write_units
from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.calls import Calls, counted_calls
from tests.support.gift_cards import HOLDER, CardWorld, a_card, a_draft_card, a_redemption, a_use
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.gift_cards.errors import CodeTaken, GiftCardChanged
from tollgate.gift_cards.guessing import door_of_user
from tollgate.gift_cards.model import CardState, GiftCard, Hold
from tollgate.gift_cards.ports import customer_of
from tollgate.kernel.ids import derived
from tollgate.payments.errors import InvalidCursor
from tollgate.reconciliation.ports import DueGiftCard

FULL = a_card(
    "full",
    tenant="a-tenant-of-32-characters-at-most",
    frozen=True,
    message="Happy birthday, and many of them! " * 5,
    sender_name="Somebody with a rather long name",
    recipient_email="somebody.with.a.long.name@mail.example.com",
    buyer="auth0|0123456789abcdef01234567",
    holds=tuple(Hold(derived("hld", str(number)), 2_500) for number in range(2)),
    redeemed_by="auth0|76543210fedcba9876543210",
    redeemed_at=NOW,
)


def stored(store: Store, card: GiftCard) -> GiftCard:
    """A card as it stands, with some event of its version."""
    change = replace(card, version=card.version - 1).with_event(card.updated_at, "payments.gift_card.ordered")
    store.unit_of_work.commit(*store.gift_cards.create(change))
    return change.card


def test_a_card_comes_back_as_it_was(store: Store) -> None:
    cards = store.gift_cards
    for card in (a_draft_card(version=1), FULL, a_card("3", available=-500, state=CardState.CANCELLED)):
        assert cards.get(card.tenant, stored(store, card).id) == card
        assert cards.get("other", card.id) is None


def test_an_id_is_given_once_and_versions_follow_one_another(store: Store) -> None:
    cards, first = store.gift_cards, stored(store, a_card())
    with pytest.raises(CodeTaken) as taken:
        stored(store, replace(first, buyer="another"))
    assert taken.value.card == first
    used = first.use(100, "user-2", None, NOW)
    store.unit_of_work.commit(*cards.update(used))
    for writes in (cards.update(used), cards.update(first.use(1, None, None, NOW)), [cards.look_again(first, NOW)]):
        with pytest.raises(GiftCardChanged) as changed:
            store.unit_of_work.commit(*writes)
        assert changed.value.card == used.card
    assert cards.get("demo", first.id) == used.card


def test_a_card_that_is_not_there_is_not_changed(store: Store) -> None:
    missing = a_card()
    for write in (
        store.gift_cards.update(missing.use(1, None, None, NOW))[0],
        store.gift_cards.look_again(missing, NOW),
    ):
        with pytest.raises(LookupError):
            store.unit_of_work.commit(write)
    assert store.gift_cards.get("demo", missing.id) is None


def test_one_look_sees_those_cards_and_counters_that_are_there(store: Store) -> None:
    first, second = stored(store, a_card("1")), stored(store, a_card("2"))
    door, quiet = door_of_user("demo", "user-2"), door_of_user("demo", "user-3")
    counts = store.guesses.note("demo", [door], NOW)
    seen = store.gift_cards.look("demo", [first.id, second.id, a_card("3").id], [door, quiet])
    assert seen.cards == {first.id: first, second.id: second}
    assert seen.guesses == counts
    nobodys = store.gift_cards.look("other", [first.id], [door])
    assert (nobodys.cards, nobodys.guesses) == ({}, {})


def test_a_card_is_due_when_it_expires_and_at_once_where_more_went_back_than_was_left(store: Store) -> None:
    cards, card = store.gift_cards, stored(store, a_card())
    assert list(store.due.due(NOW + timedelta(days=364))) == []
    assert list(store.due.due(NOW + timedelta(days=365))) == [DueGiftCard("demo", card.id)]
    short = card.reversed(10_001, NOW, under_way=False, gone_in_full=True)
    assert short is not None
    store.unit_of_work.commit(*cards.update(short))
    assert list(store.due.due(NOW)) == [DueGiftCard("demo", card.id)]
    store.unit_of_work.commit(cards.look_again(short.card, NOW + timedelta(hours=1)))
    assert list(store.due.due(NOW + timedelta(minutes=59))) == []
    assert cards.get("demo", card.id) == short.card
    store.unit_of_work.commit(cards.look_again(short.card, None))
    assert list(store.due.due(NOW + timedelta(days=999))) == []
    short = short.card.reversed(1, NOW, under_way=False, gone_in_full=True)
    assert short is not None
    store.unit_of_work.commit(*cards.update(short))
    assert list(store.due.due(NOW)) == [DueGiftCard("demo", card.id)]
    back = short.card.reversed(-2, NOW, under_way=False, gone_in_full=True)
    assert back is not None
    store.unit_of_work.commit(*cards.update(back))
    assert list(store.due.due(NOW + timedelta(days=999))) == []


def test_a_card_that_is_not_due_is_not_put_off(store: Store) -> None:
    card = stored(store, a_card(available=0))
    with pytest.raises(GiftCardChanged):
        store.unit_of_work.commit(store.gift_cards.look_again(card, NOW))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 50])
def test_a_history_is_read_from_its_end_in_pages(store: Store, limit: int) -> None:
    world = CardWorld(store)
    code, card = world.sold()
    for _ in range(2):
        world.use(code, 1)
    seen, cursor = list[Any](), None
    while True:
        page = store.gift_cards.history("demo", card.id, limit=limit, cursor=cursor)
        seen += page.events
        assert 1 <= len(page.events) <= limit
        if (cursor := page.cursor) is None:
            break
    assert [each["sequence"] for each in seen] == [4, 3, 2, 1]
    assert seen[-1]["type"] == "payments.gift_card.ordered"


def test_a_cursor_is_good_for_the_history_that_gave_it(store: Store) -> None:
    world = CardWorld(store)
    (_, card), (_, other) = world.sold("1"), world.sold("2")
    cursor = store.gift_cards.history("demo", card.id, limit=1, cursor=None).cursor
    for id_, wrong in ((other.id, cursor), (card.id, "x"), (card.id, "W10"), (card.id, "bnVsbA")):
        with pytest.raises(InvalidCursor):
            store.gift_cards.history("demo", id_, limit=1, cursor=wrong)
    nobodys = store.gift_cards.history("other", card.id, limit=9, cursor=None)
    assert (nobodys.events, nobodys.cursor) == ((), None)


def test_of_fifty_who_use_thirty_of_a_hundred_three_do(racing_store: Store) -> None:
    code, card = CardWorld(racing_store).sold()
    results = race(racing_store, 50, lambda store, _: CardWorld(store).use(code, 3_000))
    assert kinds(results) == {"Response": 3, "InsufficientGiftCardBalance": 47}
    left = racing_store.gift_cards.get("demo", card.id)
    assert left is not None
    assert (left.available, left.version) == (1_000, 5)


def test_of_fifty_redemptions_by_many_one_pays(racing_store: Store) -> None:
    code, card = CardWorld(racing_store).sold()

    def redeem(store: Store, number: int) -> object:
        asker = replace(HOLDER, user=f"user-{number}", caller=f"user-{number}", ip=None)
        return CardWorld(store).redeem(code, asker=asker)

    results = race(racing_store, 50, redeem)
    assert kinds(results) == {"Response": 1, "GiftCardSpent": 49}
    winner = next(number for number, each in enumerate(results) if type(each).__name__ == "Response")
    credit = [racing_store.credits.get("demo", "USD", customer_of("demo", f"user-{number}")) for number in range(50)]
    assert credit == [10_000 if number == winner else 0 for number in range(50)]
    assert CardWorld(racing_store).card(card.id).redeemed_by == f"user-{winner}"


def test_of_fifty_tries_of_one_use_one_pays_and_all_are_answered_alike(racing_store: Store) -> None:
    code, card = CardWorld(racing_store).sold()
    key = "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"
    results = race(racing_store, 50, lambda store, _: CardWorld(store).use(code, 10_000, key))
    assert kinds(results) == {"Response": 50}
    assert len({each.body for each in results}) == 1
    assert [each.replayed for each in results].count(False) == 1
    assert CardWorld(racing_store).card(card.id).available == 0


# --- what only the adapter promises ---


def units(dynamo: OnDynamo, calls: Calls) -> int:
    """What the writes cost, by the items as they are stored."""
    total = 0
    for name, request in zip(calls.made, calls.requests, strict=True):
        writes = request["TransactItems"] if name == "dynamodb.TransactWriteItems" else []
        for ((_, write),) in (each.items() for each in writes):
            fields = write.get("Key") or write["Item"]
            raw = dynamo.core.get((fields["pk"]["S"], fields["sk"]["S"]))
            assert raw is not None
            total += write_units(item_bytes(raw), transactional=True)
    return total


def test_a_use_is_two_calls_and_eight_write_units(dynamo: OnDynamo) -> None:
    world = CardWorld(dynamo)
    code, _ = world.sold()
    with counted_calls() as calls:
        world.spending.use(a_use(code, 2_500, reference="order-7", trace="1-67891233-abcdef012345678912345678"))
    assert calls.made == ["dynamodb.BatchGetItem", "dynamodb.TransactWriteItems"]
    assert units(dynamo, calls) == 8


def test_a_redemption_is_two_calls_and_ten_write_units(dynamo: OnDynamo) -> None:
    world = CardWorld(dynamo)
    code, _ = world.sold()
    with counted_calls() as calls:
        world.spending.redeem(a_redemption(code, trace="1-67891233-abcdef012345678912345678"))
    assert calls.made == ["dynamodb.BatchGetItem", "dynamodb.TransactWriteItems"]
    assert units(dynamo, calls) == 10


def test_a_look_is_one_consistent_call_however_many_keys_and_doors(dynamo: OnDynamo) -> None:
    with counted_calls() as calls:
        dynamo.gift_cards.look("demo", [a_card("1").id, a_card("2").id], HOLDER.doors)
    assert calls.made == ["dynamodb.BatchGetItem"]
    ((_, asked),) = calls.requests[0]["RequestItems"].items()
    assert (asked["ConsistentRead"], len(asked["Keys"])) == (True, 4)


def test_a_replay_and_a_refusal_write_nothing(dynamo: OnDynamo) -> None:
    world = CardWorld(dynamo)
    code, _ = world.sold()
    wish = a_use(code, 10_000)
    world.spending.use(wish)
    with counted_calls() as calls:
        assert world.spending.use(wish).replayed
    assert calls.made == ["dynamodb.BatchGetItem", "dynamodb.GetItem"]


def test_a_card_with_a_message_and_holds_is_below_a_kilobyte(dynamo: OnDynamo) -> None:
    stored(dynamo, FULL)
    raw = dynamo.core.get(keys.gift_card(FULL.tenant, FULL.id))
    assert raw is not None
    assert item_bytes(raw) <= 1024


def test_no_item_holds_a_code(dynamo: OnDynamo) -> None:
    world = CardWorld(dynamo)
    code, card = world.sold()
    world.use(code, 100, body={"amount": 100, "code": code})
    found = dynamo.core.query_all(keys.gift_card("demo", card.id)[0], "")
    assert len(found) == 4
    assert not any(text in repr(found) for text in (code, code.replace("-", "")))
