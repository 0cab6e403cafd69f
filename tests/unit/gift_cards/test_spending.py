"""A card pays once for each key, whatever is retried, and never more than is left."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.gift_cards import HOLDER, CardWorld, a_redemption, a_use
from tests.support.memory.idempotency import IDEMPOTENCY
from tests.support.stores import InMemory
from tollgate.gift_cards.errors import (
    GiftCardExpired,
    GiftCardFrozen,
    GiftCardNotFound,
    GiftCardSpent,
    InsufficientGiftCardBalance,
)
from tollgate.gift_cards.ports import customer_of
from tollgate.gift_cards.spending import MAX_ATTEMPTS
from tollgate.kernel.errors import ConcurrentChange, Forbidden, ValidationFailed, WriteOutcomeUnknown
from tollgate.kernel.idempotency import IdempotencyKeyReused, Response

KEY = "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"


@pytest.fixture
def world() -> CardWorld:
    return CardWorld()


def body(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response.body)
    return found


def entries(world: CardWorld, kind: str) -> list[dict[str, int]]:
    assert isinstance(world.store, InMemory)
    posted = [each.entry for each in world.store.store.of("journal")]
    return [{each.account: each.amount for each in entry.postings} for entry in posted if entry.kind == kind]


def test_a_use_takes_its_amount_and_is_the_tenants_sale(world: CardWorld) -> None:
    code, card = world.sold()
    response = world.use(code, 2_500, reference="order-7", trace="trace-1")
    assert response.status == 200
    assert body(response) == {
        "success": True,
        "giftCardId": card.id,
        "used": 2_500,
        "balance": 7_500,
        "held": 0,
        "currency": "USD",
        "status": "active",
        "reference": "order-7",
    }
    assert world.card(card.id).available == 7_500
    assert entries(world, "gift_card_used") == [{"gift_card_liability": -2_500, "seller_available:tenant": 2_500}]
    newest = world.store.gift_cards.history("demo", card.id, limit=1, cursor=None).events[0]
    assert (newest["type"], newest["trace"]) == ("payments.gift_card.used", "trace-1")


def test_redeeming_gives_all_of_it_as_credit_with_votes(world: CardWorld) -> None:
    code, card = world.sold()
    response = world.redeem(code)
    assert body(response) == {
        "success": True,
        "giftCardId": card.id,
        "credited": 10_000,
        "currency": "USD",
        "votes": 1_000,
        "balance": 0,
        "redeemedAt": "2026-11-05T12:00:00.000Z",
    }
    assert world.card(card.id).status == "redeemed"
    assert world.desk.credit("demo", "user-2", "USD") == 10_000
    customer = customer_of("demo", "user-2")
    assert entries(world, "gift_card_redeemed") == [
        {"gift_card_liability": -10_000, f"customer_credit:{customer}": 10_000}
    ]


@pytest.mark.parametrize("amount", [2_500, 10_000])
def test_a_use_that_is_sent_again_is_answered_as_before_and_takes_nothing(world: CardWorld, amount: int) -> None:
    """Also where it has left nothing on the card."""
    code, card = world.sold()
    first = world.use(code, amount, KEY)
    again = world.use(code, amount, KEY)
    assert again == first.replay()
    assert world.card(card.id).available == 10_000 - amount


def test_a_redemption_that_is_sent_again_is_answered_as_before(world: CardWorld) -> None:
    code, _ = world.sold()
    assert world.redeem(code, KEY) == replace(world.redeem(code, KEY), replayed=False)
    assert world.desk.credit("demo", "user-2", "USD") == 10_000


def test_a_key_is_good_for_one_wish(world: CardWorld) -> None:
    code, _ = world.sold()
    other, _ = world.sold("2")
    world.use(code, 2_500, KEY)
    for wish in (a_use(code, 2_600, KEY), a_use(other, 2_500, KEY)):
        with pytest.raises(IdempotencyKeyReused):
            world.spending.use(wish)
    world.use(code, 7_500)
    with pytest.raises(IdempotencyKeyReused):
        world.use(code, 100, KEY)
    assert world.use(code, 2_500, KEY).replayed


def test_a_key_is_the_callers_own(world: CardWorld) -> None:
    code, card = world.sold()
    world.use(code, 100, KEY)
    world.use(code, 100, KEY, asker=replace(HOLDER, caller="user-3"))
    assert world.card(card.id).available == 9_800


def test_what_a_use_did_is_not_done_again_when_its_answer_is_forgotten(world: CardWorld) -> None:
    assert isinstance(world.store, InMemory)
    code, card = world.sold()
    world.use(code, 2_500, KEY)
    world.store.store.items = {
        place: value for place, value in world.store.store.items.items() if place[0] != IDEMPOTENCY
    }
    again = world.use(code, 2_500, KEY)
    assert (again.replayed, body(again)["used"], body(again)["balance"]) == (True, 2_500, 7_500)
    with pytest.raises(IdempotencyKeyReused):
        world.use(code, 2_600, KEY)
    assert world.card(card.id).available == 7_500


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [({"frozen": True}, GiftCardFrozen), ({"available": 0}, GiftCardSpent), ({"redeemed_by": "x"}, GiftCardSpent)],
)
def test_what_cannot_be_spent_is_refused_and_leaves_no_record(
    world: CardWorld, fields: dict[str, Any], refusal: type[Exception]
) -> None:
    code, card = world.sold()
    world.put(replace(card, **fields))
    for ask in (lambda: world.use(code, 1, KEY), lambda: world.redeem(code, KEY)):
        with pytest.raises(refusal):
            ask()
    assert isinstance(world.store, InMemory)
    assert world.store.store.of(IDEMPOTENCY) == []


def test_an_expired_card_is_refused_before_anybody_has_noted_it(world: CardWorld) -> None:
    code, _ = world.sold()
    world.clock.advance(timedelta(days=365))
    with pytest.raises(GiftCardExpired):
        world.use(code, 1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"amount": 0}, "amount"), ({"amount": -5}, "amount"), ({"currency": "EUR"}, "currency")],
)
def test_a_wish_that_makes_no_sense_is_refused_by_its_field(
    world: CardWorld, fields: dict[str, Any], field: str
) -> None:
    code, _ = world.sold()
    with pytest.raises(ValidationFailed) as refused:
        world.spending.use(replace(a_use(code, 100), **fields))
    assert [each.field for each in refused.value.errors] == [field]


def test_more_than_is_left_is_refused_and_what_is_left_is_told(world: CardWorld) -> None:
    code, _ = world.sold()
    with pytest.raises(InsufficientGiftCardBalance) as refused:
        world.use(code, 10_001)
    assert refused.value.available == 10_000


def test_nobody_redeems_for_nobody(world: CardWorld) -> None:
    code, _ = world.sold()
    with pytest.raises(Forbidden):
        world.redeem(code, asker=replace(HOLDER, user=None))


def test_a_card_of_one_tenant_is_none_at_another(world: CardWorld) -> None:
    code, _ = world.sold()
    with pytest.raises(GiftCardNotFound):
        world.use(code, 1, asker=replace(HOLDER, tenant="other"))


def meanwhile(world: CardWorld, code: str, times: int) -> None:
    """Somebody else uses a cent of the card before each of the next commits."""
    assert isinstance(world.store, InMemory)
    unit_of_work = world.store.unit_of_work
    left = [times]

    def elsewhere(_: int) -> None:
        if left[0]:
            left[0] -= 1
            before, unit_of_work.before = unit_of_work.before, lambda _: None
            world.use(code, 1)
            unit_of_work.before = before

    unit_of_work.before = elsewhere


def test_who_loses_a_race_decides_anew_on_what_is_left(world: CardWorld) -> None:
    code, card = world.sold()
    meanwhile(world, code, 3)
    assert body(world.use(code, 9_000))["balance"] == 997
    assert world.card(card.id).available == 997


def test_who_loses_a_race_for_the_last_of_it_is_refused(world: CardWorld) -> None:
    code, card = world.sold()
    meanwhile(world, code, 1)
    with pytest.raises(InsufficientGiftCardBalance):
        world.use(code, 10_000)
    assert world.card(card.id).available == 9_999


def test_who_loses_every_race_may_come_again(world: CardWorld) -> None:
    code, card = world.sold()
    meanwhile(world, code, MAX_ATTEMPTS)
    with pytest.raises(ConcurrentChange):
        world.use(code, 5_000)
    assert world.card(card.id).available == 10_000 - MAX_ATTEMPTS


def test_a_use_whose_answer_was_lost_is_found_by_its_key(world: CardWorld) -> None:
    assert isinstance(world.store, InMemory)
    code, card = world.sold()
    unit_of_work = world.store.unit_of_work
    lose = WriteOutcomeUnknown("lost")
    unit_of_work.after = lambda _: _raise(lose)
    with pytest.raises(WriteOutcomeUnknown):
        world.use(code, 10_000, KEY)
    unit_of_work.after = lambda _: None
    assert world.use(code, 10_000, KEY).replayed
    assert world.card(card.id).available == 0


def test_nothing_that_is_stored_or_answered_holds_the_code(world: CardWorld) -> None:
    assert isinstance(world.store, InMemory)
    code, _ = world.sold()
    answers = [world.use(code, 100, body={"amount": 100, "code": code}), world.spending.redeem(a_redemption(code))]
    kept = repr([world.store.store.items, answers])
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_the_code_is_no_part_of_what_tells_one_wish_from_another(world: CardWorld) -> None:
    """Written with or without dashes it is the same wish."""
    code, card = world.sold()
    plain = code.replace("-", "").lower()
    world.use(code, 100, KEY, body={"amount": 100, "code": code})
    assert world.use(plain, 100, KEY, body={"amount": 100, "code": plain}).replayed
    assert world.card(card.id).available == 9_900


def test_every_wish_has_an_event_of_its_own_in_order(world: CardWorld) -> None:
    code, card = world.sold()
    for _ in range(3):
        world.use(code, 1, str(uuid.uuid4()))
    events = world.store.gift_cards.history("demo", card.id, limit=9, cursor=None).events
    assert [each["sequence"] for each in events] == [5, 4, 3, 2, 1]


def _raise(error: Exception) -> None:
    raise error
