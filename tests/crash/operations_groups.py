"""Operations of groups that pay together: made, contributed to, out of time, and called off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import ModuleType

from tests.crash.operations_charges import GOOD
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_failover import SEVERE, steady
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT, Purchase, of_its_payment
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN
from tollgate.checkout.opening import CheckoutOpening
from tollgate.group_payments.contributing import CONTRIBUTE
from tollgate.group_payments.shares import share_id
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.ids import derived

FUNCTION, STEP = "group_payment_api", "group_payment_step"
DECLINED = {"stripe": "pm_card_chargeDeclined"}
PRICE, MINUTES = 5_000, 10
# Nobody has paid; where the reconciler has looked, the time is over.
_UNPAID = ("collecting", "expired")
# When the reconciler asks what has become of a charge, and how long after that it is sure; in seconds.
_TRIES = 2
PATIENCE = (6 * 60, 90 * 60, 26 * 60 * 60, 26 * 60 * 60)


def group_of(world: World) -> str:
    """The id that follows from who makes it."""
    return derived("grp", TENANT, world.purchase.user, "group.create", world.purchase.made_under)


# --- organizers and members ---


def _create_once(world: World, members: int = 2) -> Answer:
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


def _create(world: World) -> None:
    _create_once(world)


def _insist_on_creating(world: World) -> None:
    first = world.until_answered(lambda: _create_once(world))
    assert first.status == 201, first
    assert _create_once(world).body == first.body


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
    """Another member, with a key of their own."""
    mine = world.purchase
    friend = _paying(world, replace(mine, key=Purchase().key, answers=[], refusals=[]), GOOD, number)
    world.purchase = friend
    try:
        assert _contribute_once(world, number).body["outcome"] == "authorized"
    finally:
        world.purchase = mine
    mine.beside.add(friend.payment)


def _cancel_once(world: World) -> Answer:
    return world.call("POST", f"/api/v1/group-payments/{group_of(world)}/cancel", {}, {}, FUNCTION)


def cancel(world: World) -> None:
    _cancel_once(world)


def _insist_on_cancelling(world: World) -> None:
    answer = world.until_answered(lambda: _cancel_once(world))
    assert answer.status == 200, answer


# --- machines and queues ---


def step(world: World) -> None:
    """What it raises, the machine tries again."""
    with suppress(RetryableError):
        world.invoke(STEP, {"tenant": TENANT, "group": group_of(world)})


def _step_again(world: World) -> None:
    for _ in range(_TRIES):
        step(world)


# --- what they are prepared with ---


def _of_groups(instance: ModuleType) -> CheckoutOpening:
    opening: CheckoutOpening = instance.api.contributing._opening
    return opening


def _nobody(world: World) -> None:
    steady(world, FUNCTION, _of_groups)


def _paying(world: World, purchase: Purchase, sources: dict[str, str], number: int) -> Purchase:
    caller = f"{group_of(world)}/{share_id(group_of(world), number)}"
    return replace(purchase, operation=CONTRIBUTE, sources=dict(sources), caller=caller)


def a_group(world: World, members: int, sources: dict[str, str] = GOOD) -> None:
    """The client will pay the first share."""
    steady(world, FUNCTION, _of_groups)
    assert _create_once(world, members).status == 201
    world.purchase = _paying(world, world.purchase, sources, 1)


def _group(members: int, sources: dict[str, str] = GOOD) -> Callable[[World], None]:
    return lambda world: a_group(world, members, sources)


def half_held(world: World) -> None:
    """Of one of two it is set aside."""
    a_group(world, 2)
    insist_on_contributing(world)
    world.flow()


def _half_held_and_out_of_time(world: World) -> None:
    half_held(world)
    world.clock.advance(MINUTES * 60)


# --- how it should end ---


def group_is(seen: Seen, *states: str) -> Iterator[str]:
    found = [image["state"]["S"] for image in seen.of("group")]
    if found not in [[state] for state in states]:
        yield f"{found}, and should be {' or '.join(states)}"


def shares_are(seen: Seen, *states: str) -> Iterator[str]:
    """In any order."""
    found = sorted(image["state"]["S"] for image in seen.of("group_share"))
    if found != sorted(states):
        yield f"shares are {found}, and should be {states}"


def _made(seen: Seen) -> Iterator[str]:
    yield from group_is(seen, *_UNPAID)
    if len(seen.of("group_share")) != 2 or seen.of("payment"):
        yield f"{len(seen.of('group_share'))} shares, and {len(seen.of('payment'))} payments"


def completed(seen: Seen) -> Iterator[str]:
    yield from group_is(seen, "completed")
    if seen.refunds or {each.state for each in seen.charges} != {"taken"}:
        yield f"{seen.charges}, and {seen.refunds} went back"


def _completed_or_never_charged(seen: Seen) -> Iterator[str]:
    """Where Stripe only repeats a failure of its own, nobody was charged, and the share can be paid anew."""
    if seen.charges:
        yield from completed(seen)
    else:
        yield from group_is(seen, *_UNPAID)


def _held_or_let_go(seen: Seen) -> Iterator[str]:
    """For as long as the group has time; nothing of it is ever taken."""
    stands = [image["state"]["S"] for image in seen.of("group")] + [each.state for each in seen.charges]
    if stands not in (["partially_paid", "held"], ["expired", "ended"], *([state] for state in _UNPAID)):
        yield f"{stands}"


def _declined(seen: Seen) -> Iterator[str]:
    yield from group_is(seen, *_UNPAID)
    if any(each.state != "ended" for each in seen.charges):
        yield f"{seen.charges}"


def let_go(state: str) -> Callable[[Seen], Iterator[str]]:
    """The group has failed, and nobody was charged."""

    def settled(seen: Seen) -> Iterator[str]:
        yield from group_is(seen, state)
        if seen.money or any(each.state != "ended" for each in seen.charges):
            yield f"{seen.charges}"

    return settled


GROUPS = (
    Operation("a group is made", _create, _nobody, _insist_on_creating, settled=_made, faults=BRIEF),
    Operation(
        "a share is set aside",
        contribute,
        _group(2),
        insist_on_contributing,
        settled=_held_or_let_go,
        faults=BRIEF,
        waits=PATIENCE,
    ),
    Operation(
        "the last share is paid",
        contribute,
        _group(1),
        insist_on_contributing,
        settled=_completed_or_never_charged,
        faults=SEVERE,
        waits=PATIENCE,
    ),
    Operation(
        "a share is declined",
        contribute,
        _group(1, DECLINED),
        insist_on_contributing,
        settled=_declined,
        faults=BRIEF,
        waits=PATIENCE,
    ),
    Operation(
        "a group is out of time",
        step,
        _half_held_and_out_of_time,
        _step_again,
        settled=let_go("expired"),
        faults=BRIEF,
    ),
    Operation(
        "a group is called off",
        cancel,
        half_held,
        _insist_on_cancelling,
        settled=let_go("cancelled"),
        faults=BRIEF,
    ),
)
