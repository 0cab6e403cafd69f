"""Operations of groups that pay together: made, contributed to, out of time, and called off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import ModuleType

from tests.crash.operations_charges import GOOD
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_failover import KILLING, SEVERE, steady
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT
from tests.support.crashing_faults import CRASH_AFTER, CRASH_BEFORE, STALLED_AFTER, STALLED_BEFORE
from tests.support.crashing_groups import (
    FUNCTION,
    cancel,
    contribute,
    cover,
    create,
    create_once,
    group_of,
    insist_on_cancelling,
    insist_on_contributing,
    insist_on_covering,
    insist_on_creating,
    insist_with_a_friend,
    paying,
)
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tollgate.checkout.opening import CheckoutOpening
from tollgate.group_payments.contributing import COVER
from tollgate.kernel.errors import RetryableError

STEP = "group_payment_step"
DECLINED = {"stripe": "pm_card_chargeDeclined"}
MINUTES = 10
# Whoever does something else meanwhile, or after a death.
RACED = (CRASH_BEFORE, CRASH_AFTER, STALLED_BEFORE, STALLED_AFTER)
# Nobody has paid; where the reconciler has looked, the time is over.
_UNPAID = ("collecting", "expired")
# When the reconciler asks what has become of a charge, and how long after that it is sure; in seconds.
_TRIES = 2
PATIENCE = (6 * 60, 90 * 60, 26 * 60 * 60, 26 * 60 * 60)


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


def a_group(world: World, members: int, sources: dict[str, str] = GOOD) -> None:
    """The client will pay the first share."""
    steady(world, FUNCTION, _of_groups)
    assert create_once(world, members).status == 201
    world.purchase = paying(world, world.purchase, sources, 1)


def _group(members: int, sources: dict[str, str] = GOOD) -> Callable[[World], None]:
    return lambda world: a_group(world, members, sources)


def _nobody_has_paid(world: World) -> None:
    a_group(world, 2)
    world.purchase = replace(world.purchase, operation=COVER, caller=f"{group_of(world)}/all")


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
    Operation("a group is made", create, _nobody, insist_on_creating, settled=_made, faults=BRIEF),
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
        "the last two shares are paid at once",
        contribute,
        _group(2),
        insist_with_a_friend,
        settled=completed,
        faults=RACED,
        waits=PATIENCE,
    ),
    Operation(
        "all shares are paid by one",
        cover,
        _nobody_has_paid,
        insist_on_covering,
        settled=completed,
        faults=KILLING,
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
        insist_on_cancelling,
        settled=let_go("cancelled"),
        faults=BRIEF,
    ),
)
