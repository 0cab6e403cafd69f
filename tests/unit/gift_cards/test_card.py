"""What can become of a card, change by change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW
from tests.support.gift_cards import a_card, a_draft_card
from tollgate.gift_cards.errors import (
    GiftCardExpired,
    GiftCardFrozen,
    GiftCardNotUsable,
    GiftCardSpent,
    InsufficientGiftCardBalance,
)
from tollgate.gift_cards.model import GRACE, MOST_HOLDS, CardChange, CardState, GiftCard, Hold
from tollgate.kernel.errors import TollgateError

LATER = NOW + timedelta(days=400)
CANCELLED, REFUNDING, EXPIRED, ACTIVE = CardState.CANCELLED, CardState.REFUNDING, CardState.EXPIRED, CardState.ACTIVE
HELD = (Hold("hld_1", 3_000),)


def made(change: CardChange | None) -> CardChange:
    assert change is not None
    return change


def test_a_card_is_ordered_and_can_be_spent_once_it_is_paid() -> None:
    ordered = a_draft_card().order(NOW)
    assert (ordered.event.type, ordered.event.sequence, ordered.card.status) == (
        "payments.gift_card.ordered",
        1,
        "pending",
    )
    assert ordered.card.available == 0
    paid = made(ordered.card.activate(NOW, 365))
    assert (paid.event.type, paid.card.version, paid.card.available, paid.card.status) == (
        "payments.gift_card.activated",
        2,
        10_000,
        "active",
    )
    assert paid.card.expires_at == paid.card.due_at == NOW + timedelta(days=365)
    assert paid.card.activate(NOW, 365) is None
    assert made(ordered.card.cancel("expired", NOW)).card.status == "cancelled"
    assert paid.card.cancel("expired", NOW) is None


def test_a_card_that_was_given_up_is_a_card_all_the_same_once_it_is_paid() -> None:
    given_up = made(a_draft_card().order(NOW).card.cancel("expired", NOW)).card
    assert made(given_up.activate(NOW, 365)).card.status == "active"


def test_a_part_is_used_and_the_rest_is_left() -> None:
    change = a_card().use(2_500, "user-2", "order-7", NOW)
    assert (change.card.available, change.card.version, change.card.amount) == (7_500, 3, 10_000)
    assert dict(change.event.data) == {
        "gift_card_id": a_card().id,
        "status": "active",
        "amount": 10_000,
        "available": 7_500,
        "held": 0,
        "currency": "USD",
        "used": 2_500,
        "reference": "order-7",
        "user_id": "user-2",
    }
    assert change.traced("trace-1").event.trace == "trace-1"
    assert a_card().use(10_000, None, None, NOW).card.status == "spent"


def test_redeeming_takes_all_that_is_available_and_leaves_what_is_held() -> None:
    change = a_card(available=2_599, holds=HELD).redeem("user-2", 10, NOW)
    card = change.card
    assert (card.available, card.held, card.status, card.redeemed_by, card.redeemed_at) == (
        0,
        3_000,
        "redeemed",
        "user-2",
        NOW,
    )
    assert {name: change.event.data[name] for name in ("user_id", "redeemed", "votes")} == {
        "user_id": "user-2",
        "redeemed": 2_599,
        "votes": 259,
    }


Request = Callable[[GiftCard], object]
REQUESTS: dict[str, Request] = {
    "use": lambda card: card.use(1, "user-2", None, NOW),
    "redeem": lambda card: card.redeem("user-2", 10, NOW),
    "hold": lambda card: card.hold("hld_9", 1, "pay_9", "user-2", NOW),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"state": CardState.PENDING}, GiftCardNotUsable),
        ({"state": REFUNDING}, GiftCardNotUsable),
        ({"state": CANCELLED}, GiftCardNotUsable),
        ({"state": EXPIRED, "available": 0}, GiftCardExpired),
        ({"expires_at": NOW}, GiftCardExpired),
        ({"frozen": True}, GiftCardFrozen),
        ({"available": 0}, GiftCardSpent),
        ({"available": -5}, GiftCardSpent),
        ({"redeemed_by": "user-3"}, GiftCardSpent),
    ],
)
def test_what_cannot_be_spent_is_refused_by_name(
    request_: Request, fields: dict[str, Any], refusal: type[TollgateError]
) -> None:
    with pytest.raises(refusal):
        request_(a_card(**fields))


def test_whoever_redeemed_a_card_may_spend_what_came_back_to_it() -> None:
    came_back = a_card(redeemed_by="user-2", available=500)
    assert came_back.use(500, "user-2", None, NOW).card.status == "redeemed"
    assert came_back.redeem("user-2", 10, NOW).event.data["redeemed"] == 500
    with pytest.raises(GiftCardSpent):
        came_back.use(1, None, None, NOW)


def test_more_than_is_left_is_refused_with_what_is() -> None:
    for ask in (lambda: a_card().use(10_001, None, None, NOW), lambda: a_card().hold("h", 10_001, "pay_1", None, NOW)):
        with pytest.raises(InsufficientGiftCardBalance) as refused:
            ask()
        assert refused.value.available == 10_000


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_is_never_taken(amount: int) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        a_card().use(amount, None, None, NOW)


def test_a_hold_is_captured_or_released_and_never_again() -> None:
    held = a_card().hold("hld_1", 3_000, "pay_2", "user-2", NOW)
    assert (held.card.available, held.card.held, held.card.status) == (7_000, 3_000, "active")
    assert (held.event.data["hold_id"], held.event.data["hold"], held.event.data["payment_id"]) == (
        "hld_1",
        3_000,
        "pay_2",
    )
    for end, left in ((held.card.capture, 7_000), (held.card.release, 10_000)):
        after = made(end("hld_1", NOW)).card
        assert (after.available, after.held) == (left, 0)
        assert after.capture("hld_1", NOW) is None
        assert after.release("hld_1", NOW) is None
    with pytest.raises(ValueError, match="held already"):
        held.card.hold("hld_1", 1, "pay_2", "user-2", NOW)


def test_a_card_of_which_all_is_held_is_not_spent() -> None:
    assert a_card().hold("hld_1", 10_000, "pay_2", None, NOW).card.status == "active"


def test_only_so_many_holds_fit_on_a_card() -> None:
    card = a_card()
    for number in range(MOST_HOLDS):
        card = card.hold(f"hld_{number}", 1, "pay_2", None, NOW).card
    with pytest.raises(GiftCardNotUsable):
        card.hold("hld_x", 1, "pay_2", None, NOW)


@pytest.mark.parametrize("state", [EXPIRED, ACTIVE])
def test_value_that_comes_back_to_an_expired_card_can_be_spent_for_a_while(state: CardState) -> None:
    """Also where it has expired and nobody has noted it."""
    expired = a_card(state=state, available=0, holds=HELD)
    for change in (made(expired.release("hld_1", LATER)), expired.restore(3_000, "ref_1", LATER)):
        card = change.card
        assert (card.state, card.available, card.expires_at) == (ACTIVE, 3_000, LATER + GRACE)
        assert card.spendable("user-2", LATER) == 3_000


def test_value_that_comes_back_in_time_changes_no_date() -> None:
    assert a_card().restore(500, "ref_1", NOW).card.expires_at == a_card().expires_at


def test_what_is_captured_leaves_an_expired_card_expired() -> None:
    assert made(a_card(state=EXPIRED, available=0, holds=HELD).capture("hld_1", LATER)).card.state is EXPIRED


def test_a_frozen_card_can_be_spent_again_once_it_is_free() -> None:
    frozen = made(a_card(holds=HELD).freeze("boss", "reported stolen", NOW))
    assert (frozen.card.status, frozen.event.data["by"], frozen.event.data["reason"]) == (
        "frozen",
        "boss",
        "reported stolen",
    )
    assert frozen.card.freeze("boss", "again", NOW) is None
    assert made(frozen.card.release("hld_1", NOW)).card.available == 13_000
    free = made(frozen.card.unfreeze("boss", "found", NOW)).card
    assert free.status == "active"
    assert free.unfreeze("boss", "again", NOW) is None


def test_a_card_expires_once_it_is_due_with_what_is_available_and_not_what_is_held() -> None:
    card = a_card(holds=HELD)
    assert card.expire(NOW) is None
    change = made(card.expire(LATER))
    assert (change.card.state, change.card.available, change.card.held) == (EXPIRED, 0, 3_000)
    assert change.event.data["expired_amount"] == 10_000
    assert change.card.expire(LATER) is None
    assert a_card(available=0).expire(LATER) is None
    assert a_card(state=REFUNDING).expire(LATER) is None


@pytest.mark.parametrize(
    ("before", "delta", "under_way", "in_full", "state", "type_"),
    [
        (ACTIVE, 0, True, False, REFUNDING, "refunding"),
        (REFUNDING, 10_000, False, True, CANCELLED, "cancelled"),
        (ACTIVE, 10_000, False, True, CANCELLED, "cancelled"),
        (REFUNDING, 0, False, False, ACTIVE, "reinstated"),
        (REFUNDING, 4_000, False, False, ACTIVE, "reinstated"),
        (ACTIVE, 4_000, False, False, ACTIVE, "adjusted"),
        (CANCELLED, -10_000, False, False, ACTIVE, "reinstated"),
        (CANCELLED, 500, False, True, CANCELLED, "adjusted"),
        (EXPIRED, 4_000, False, False, EXPIRED, "adjusted"),
        (EXPIRED, 0, True, False, REFUNDING, "refunding"),
    ],
)
def test_the_money_it_was_bought_with_goes_back_and_comes_again(
    before: CardState, delta: int, under_way: bool, in_full: bool, state: CardState, type_: str
) -> None:
    change = made(a_card(state=before).reversed(delta, NOW, under_way=under_way, gone_in_full=in_full))
    assert (change.card.state, change.card.available) == (state, 10_000 - delta)
    assert (change.event.type, change.event.data["reversed"]) == (f"payments.gift_card.{type_}", delta)


def test_what_changes_nothing_is_no_change() -> None:
    assert a_card().reversed(0, NOW, under_way=False, gone_in_full=False) is None
    assert a_card(state=REFUNDING).reversed(0, NOW, under_way=True, gone_in_full=False) is None
    assert a_card(state=CANCELLED).reversed(0, NOW, under_way=False, gone_in_full=True) is None


def test_a_card_that_was_never_paid_for_does_not_come_to_life_by_a_refund() -> None:
    unpaid = a_draft_card(state=CANCELLED, version=2)
    assert unpaid.reversed(-10_000, NOW, under_way=False, gone_in_full=False) is None


def test_money_that_goes_back_after_it_was_spent_leaves_less_than_nothing_and_somebody_looks() -> None:
    spent = a_card(available=1_000)
    gone = made(spent.reversed(10_000, LATER, under_way=False, gone_in_full=True)).card
    assert (gone.available, gone.due_at, gone.status) == (-9_000, LATER, "cancelled")
    back = made(gone.reversed(-10_000, LATER, under_way=False, gone_in_full=False)).card
    assert (back.available, back.state, back.expires_at) == (1_000, ACTIVE, LATER + GRACE)


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, a_card().expires_at),
        ({"frozen": True}, a_card().expires_at),
        ({"available": 0}, None),
        ({"available": -1}, NOW),
        ({"state": EXPIRED, "available": 0}, None),
        ({"state": REFUNDING}, None),
        ({"state": CANCELLED}, None),
        ({"state": CANCELLED, "available": -1}, NOW),
    ],
)
def test_a_card_says_when_somebody_must_look(fields: dict[str, Any], due: object) -> None:
    assert a_card(**fields).due_at == due


def test_strangers_know_of_what_can_be_spent_only() -> None:
    assert a_card().is_open(NOW)
    assert a_card(available=0).is_open(NOW)
    closed: list[dict[str, Any]] = [{"state": REFUNDING}, {"state": EXPIRED}, {"frozen": True}, {"expires_at": NOW}]
    assert not any(a_card(**fields).is_open(NOW) for fields in closed)


def test_no_event_and_no_text_of_it_tells_who_it_is_for() -> None:
    card = a_draft_card(recipient_email="anna@example.com", message="for you", sender_name="Ben")
    for change in (card.order(NOW), replace(a_card(), message="for you").use(1, None, None, NOW)):
        told = change.event.to_json() + repr(change)
        assert not any(secret in told for secret in ("anna@example.com", "for you", "Ben"))
    assert card.masked == "****-****-WXYZ"
