"""Groups that pay together: who makes them, pays their shares, and calls them off."""

from __future__ import annotations

from dataclasses import replace

from tests.support.crashing_client import TENANT, Purchase, of_its_payment
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN
from tollgate.group_payments.contributing import CONTRIBUTE
from tollgate.group_payments.shares import share_id
from tollgate.kernel.ids import derived

FUNCTION = "group_payment_api"
PRICE = 5_000


def group_of(world: World) -> str:
    """The id that follows from who makes it."""
    return derived("grp", TENANT, world.purchase.user, "group.create", world.purchase.made_under)


def create_once(world: World, members: int = 2) -> Answer:
    body = {
        "eventId": "evt_1",
        "ticketSelections": [{"ticketTypeId": "seat", "quantity": members, "price": PRICE}],
        "members": [
            {"email": f"friend{number}@example.com", "name": f"Friend {number}", "ticketCount": 1}
            for number in range(1, members + 1)
        ],
    }
    headers = {"idempotency-key": world.purchase.made_under}
    return world.call("POST", "/api/v1/group-payments/create", body, headers, FUNCTION)


def create(world: World) -> None:
    create_once(world)


def insist_on_creating(world: World) -> None:
    first = world.until_answered(lambda: create_once(world))
    assert first.status == 201, first
    assert create_once(world).body == first.body


def _contribute_once(world: World, number: int = 1) -> Answer:
    """A member's share, by default the first's."""
    purchase = world.purchase
    path = f"/api/v1/group-payments/{group_of(world)}/contribute/{share_id(group_of(world), number)}"
    body = {"sources": purchase.sources, "returnUrl": f"{ORIGIN}/thanks"}
    answer = world.call("POST", path, body, {"idempotency-key": purchase.key}, FUNCTION)
    return purchase.hear(of_its_payment(answer))


def contribute(world: World) -> None:
    _contribute_once(world)


def insist_on_contributing(world: World) -> None:
    """With the same key until there is an answer, and once more. Stripe is back by then."""
    world.stripe.down = False
    world.until_answered(lambda: _contribute_once(world))
    _contribute_once(world)


def friend_contributes(world: World, number: int) -> None:
    """Another member, with a key of their own, and once."""
    mine = world.purchase
    if mine.beside:
        return
    friend = paying(world, replace(mine, key=Purchase().key, answers=[], refusals=[]), mine.sources, number)
    world.purchase = friend
    try:
        assert _contribute_once(world, number).body["outcome"] == "authorized"
    finally:
        world.purchase = mine
    mine.beside.add(friend.payment)


def insist_with_a_friend(world: World) -> None:
    """Both pay the last two shares."""
    friend_contributes(world, 2)
    insist_on_contributing(world)


def _cover_once(world: World) -> Answer:
    """All that nobody pays."""
    purchase = world.purchase
    body = {"sources": purchase.sources, "returnUrl": f"{ORIGIN}/thanks"}
    path = f"/api/v1/group-payments/{group_of(world)}/cover"
    answer = world.call("POST", path, body, {"idempotency-key": purchase.key}, FUNCTION)
    return purchase.hear(of_its_payment(answer))


def cover(world: World) -> None:
    _cover_once(world)


def insist_on_covering(world: World) -> None:
    world.until_answered(lambda: _cover_once(world))
    _cover_once(world)


def _cancel_once(world: World) -> Answer:
    return world.call("POST", f"/api/v1/group-payments/{group_of(world)}/cancel", {}, {}, FUNCTION)


def cancel(world: World) -> None:
    _cancel_once(world)


def insist_on_cancelling(world: World) -> None:
    answer = world.until_answered(lambda: _cancel_once(world))
    assert answer.status == 200, answer


def paying(world: World, purchase: Purchase, sources: dict[str, str], number: int) -> Purchase:
    """Who pays that share, and with what."""
    caller = f"{group_of(world)}/{share_id(group_of(world), number)}"
    return replace(purchase, operation=CONTRIBUTE, sources=dict(sources), caller=caller)
