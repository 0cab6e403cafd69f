"""Operations on what is set aside for groups: taken, let go, come too late, and what goes back once it was taken."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crash.operations_charges import CHALLENGED, INTENTS
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.crash.operations_failover import SEVERE
from tests.crash.operations_groups import (
    MINUTES,
    PATIENCE,
    RACED,
    a_group,
    completed,
    group_is,
    let_go,
    shares_are,
    step,
)
from tests.support.crashing import Operation
from tests.support.crashing_faults import CRASH_AFTER
from tests.support.crashing_groups import PRICE, cancel, contribute, friend_contributes, insist_on_contributing
from tests.support.crashing_holds import will_not_pay
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tollgate.group_payments.model import TAKEN_WITHIN

CAPTURES = "stripe.POST /v1/payment_intents/{id}/capture"


# --- queues, and whoever comes in between ---


def _take(world: World) -> None:
    world.captures.deliver()


def _give_back(world: World) -> None:
    world.returns.deliver()


def _call_off(world: World) -> None:
    """If it is not complete; whatever can be let go is let go at once."""
    cancel(world)
    world.core.drain()
    world.returns.deliver()


def _take_and_answer(world: World) -> None:
    """Also the client comes back."""
    _take(world)
    insist_on_contributing(world)


def _confirm(world: World) -> None:
    """A buyer passes the bank's challenge, if it leads anywhere still."""
    for each in world.stripe.charges():
        if each.state == "open":
            world.stripe.authenticate(each.reference)


def _time_passes(world: World) -> None:
    """The group has no more of it."""
    world.clock.advance(MINUTES * 60 + TAKEN_WITHIN.total_seconds())
    step(world)


# --- what they are prepared with ---


def _all_set_aside(world: World) -> None:
    """That nothing is missing was told, and nobody has taken it."""
    a_group(world, 2)
    friend_contributes(world, 2)
    world.flow()
    insist_on_contributing(world)
    world.core.drain()


def _all_set_aside_and_a_bank_that_will_not_pay(world: World) -> None:
    """Whose payment comes second: the other is taken by then."""
    _all_set_aside(world)
    last = max(world.stripe.charges(), key=lambda charge: charge.payment)
    will_not_pay(world.stripe, last.reference)


def _two_of_three_to_let_go(world: World) -> None:
    """The group has expired, and who lets go has not heard of it."""
    a_group(world, 3)
    friend_contributes(world, 2)
    insist_on_contributing(world)
    world.flow()
    _time_passes(world)
    world.core.drain()


def _taken_and_to_give_back(world: World) -> None:
    """One was taken, another bank did not pay, and now the time is over."""
    _all_set_aside_and_a_bank_that_will_not_pay(world)
    world.flow()
    _time_passes(world)
    world.core.drain()


def _set_aside_at_the_last_moment(world: World) -> None:
    """The function died with Stripe's answer, and the webhook waits. Meanwhile the time was over, and who lets go found
    nothing that could be.
    """
    a_group(world, 1)
    world.die_at(INTENTS, CRASH_AFTER, contribute)
    world.deliver_all()
    world.inbox.look()
    _time_passes(world)
    world.core.drain()
    _give_back(world)


def _out_of_time_while_the_bank_asks(world: World) -> None:
    """The group has expired, and the buyer still has the bank's page."""
    a_group(world, 1, CHALLENGED)
    insist_on_contributing(world)
    world.flow()
    _time_passes(world)
    world.core.drain()


def _set_aside_too_late(world: World) -> None:
    """That is told, and nobody has let go of it."""
    _set_aside_at_the_last_moment(world)
    world.inbox.drain()
    world.core.drain()


def _taken_at_the_last_moment(world: World) -> None:
    """Stripe has taken it, and the function died with its answer: its webhook waits. Meanwhile the time was over."""
    a_group(world, 1)
    insist_on_contributing(world)
    world.core.drain()
    world.die_at(CAPTURES, CRASH_AFTER, _take)
    world.deliver_all()
    world.inbox.look()
    _time_passes(world)


# --- how it should end ---


def _taken(seen: Seen) -> Iterator[str]:
    yield from completed(seen)
    yield from shares_are(seen, "paid", "paid")


def _one_was_taken_and_went_back(seen: Seen) -> Iterator[str]:
    yield from group_is(seen, "expired")
    yield from shares_are(seen, "refunded", "pending")
    yield from _went_back(seen, PRICE)


def _one_was_taken_and_went_back_or_none(seen: Seen) -> Iterator[str]:
    """Whoever takes goes on past a share that Stripe does not answer for, and the other bank may be the first to."""
    if seen.money:
        yield from _one_was_taken_and_went_back(seen)
    else:
        yield from group_is(seen, "expired")
        yield from shares_are(seen, "released", "pending")


def _went_back_unwanted(seen: Seen) -> Iterator[str]:
    yield from group_is(seen, "expired")
    yield from shares_are(seen, "refunded")
    yield from _went_back(seen, PRICE)


def _complete_or_nobody_has_paid(seen: Seen) -> Iterator[str]:
    """Whoever comes first."""
    if [image["state"]["S"] for image in seen.of("group")] == ["completed"]:
        yield from _taken(seen)
    else:
        yield from group_is(seen, "cancelled")
        yield from _went_back(seen, sum(each.amount for each in seen.money))


def _went_back(seen: Seen, amount: int) -> Iterator[str]:
    taken, back = sum(each.amount for each in seen.money), sum(each.amount for each in seen.refunds)
    if (taken, back) != (amount, amount):
        yield f"{taken} was taken, and {back} went back, of {amount}"


GROUP_HOLDS = (
    Operation("what is set aside is taken", _take, _all_set_aside, faults=SEVERE, settled=_taken, waits=PATIENCE),
    Operation(
        "what is set aside is taken, and one bank will not pay",
        _take,
        _all_set_aside_and_a_bank_that_will_not_pay,
        faults=BRIEF,
        onward=_time_passes,
        settled=_one_was_taken_and_went_back_or_none,
        waits=PATIENCE,
    ),
    Operation(
        "a group is called off while it is taken",
        _take,
        _all_set_aside,
        _call_off,
        faults=RACED,
        settled=_complete_or_nobody_has_paid,
    ),
    Operation(
        "what is set aside is let go",
        _give_back,
        _two_of_three_to_let_go,
        faults=SEVERE,
        settled=let_go("expired"),
        waits=PATIENCE,
    ),
    Operation(
        "a page at the bank is called off while its buyer confirms",
        _give_back,
        _out_of_time_while_the_bank_asks,
        _confirm,
        faults=RACED,
        settled=let_go("expired"),
        waits=PATIENCE,
    ),
    Operation(
        "what was paid for a group goes back",
        _give_back,
        _taken_and_to_give_back,
        faults=SEVERE,
        settled=_one_was_taken_and_went_back,
        waits=PATIENCE,
    ),
    Operation(
        "a share is set aside too late",
        apply,
        _set_aside_at_the_last_moment,
        insist_on_contributing,
        faults=BRIEF,
        settled=let_go("expired"),
        waits=PATIENCE,
    ),
    Operation(
        "what was set aside too late is let go",
        _take,
        _set_aside_too_late,
        _take_and_answer,
        faults=BRIEF,
        settled=let_go("expired"),
        waits=PATIENCE,
    ),
    Operation(
        "a share is paid too late",
        apply,
        _taken_at_the_last_moment,
        faults=BRIEF,
        settled=_went_back_unwanted,
        waits=PATIENCE,
    ),
)
