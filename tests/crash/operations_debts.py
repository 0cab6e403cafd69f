"""Operations that charge what is owed for a period of ours: by plan, because somebody asks, and with another method."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.crash.operations_failover import KILLING
from tests.crash.operations_renewals import PATIENCE, STALLED
from tests.crash.operations_subscriptions import AT_ITS_PROVIDER, LESS, PRICE, stands, taken
from tests.support.crashing import Operation
from tests.support.crashing_faults import CRASH_AFTER
from tests.support.crashing_renewals import (
    BROKE,
    BROKE_ONCE,
    EXPIRED,
    GOOD,
    OVER,
    ago,
    give_own_plan,
    pay_now,
    pay_with,
    save,
    steady,
    step,
    steps,
    subscription,
    sweep,
    until_settled,
)
from tests.support.crashing_seen import Seen, payment_id
from tests.support.crashing_world import World
from tollgate.subscriptions import events
from tollgate.subscriptions.dunning import RETRIES
from tollgate.subscriptions.model import GRACE

# --- what they are prepared with ---


def _owing(world: World) -> None:
    """Another try would be paid."""
    _late(world, BROKE_ONCE, OVER)


def _owing_for_long(world: World) -> None:
    _late(world, BROKE_ONCE, RETRIES[0] + OVER)


def owing_in_vain(world: World) -> None:
    _late(world, BROKE, RETRIES[0] + OVER)


def _owing_with_a_broken_card(world: World) -> None:
    """Its user has found another, which is saved."""
    _late(world, BROKE, OVER)
    world.purchase.sources = {"stripe": save(world, GOOD)}


def _out_of_patience(world: World) -> None:
    """All that was planned is done, at once since it is late: its user was reminded, as another card would help."""
    _late(world, EXPIRED, GRACE + OVER)
    step(world)


def _at_the_last_moment(world: World) -> None:
    """At the same time its user has found another card."""
    _out_of_patience(world)
    world.purchase.sources = {"stripe": save(world, GOOD)}


def _late(world: World, card: str, since: timedelta) -> None:
    """The renewal was declined so long ago, and all that Stripe told of it has come."""
    steady(world, "renewer", "dunning_step", "subscription_api")
    with ago(world, since):
        give_own_plan(world, card)
        sweep(world)
        world.flow()
    of = subscription(world)
    assert of is not None
    assert of.debt is not None, of


# --- whoever asks, and asks again ---


def _pay_again(world: World) -> None:
    until_settled(world, pay_now)


def _take(world: World) -> None:
    pay_with(world, world.purchase.sources["stripe"])


def _take_again(world: World) -> None:
    until_settled(world, _take)


def _take_for_long(world: World) -> None:
    """Its user asks meanwhile, and until it is settled. What is over takes no card."""
    _take(world)
    of = subscription(world)
    if of is not None and of.is_open:
        _take_again(world)


def _step_and_take(world: World) -> None:
    """It is given up meanwhile, unless it is being charged."""
    step(world)
    _take_for_long(world)


# --- how it should end ---


def recovered(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated", "grace_started", "grace_ended", "renewed")
    yield from taken(seen, PRICE, PRICE)
    yield from tried(seen, 2)


def _recovered_with_another(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated", "grace_started", "card_given", "grace_ended", "renewed")
    yield from taken(seen, PRICE, PRICE)
    yield from tried(seen, 2)


def tried_in_vain(seen: Seen) -> Iterator[str]:
    """Once, and counted in the plan."""
    yield from stands(seen, "past_due", "activated", "grace_started", "payment_failed")
    yield from tried(seen, 2)
    of = subscription(seen)
    if of is None or of.debt is None or (of.debt.attempts, of.debt.dunned_until) != (2, of.debt.since + RETRIES[0]):
        yield f"it is not dunned as planned: {of and of.debt}"


def _given_up(seen: Seen) -> Iterator[str]:
    for image in seen.of("subscription"):
        told = [each["type"] for each in seen.events(payment_id(image))]
        if told.count(events.REMINDED) != 1 or told[-2:] != [events.GRACE_ENDED, events.FAILED]:
            yield f"told {told}"
    yield from tried(seen, 1)


def _paid_or_given_up(seen: Seen) -> Iterator[str]:
    """Whatever came first: what is given up was not charged, and what was charged is not given up."""
    paid = len(seen.money) == 2
    end = ("card_given", "grace_ended", "renewed") if paid else ("grace_ended", "failed")
    of = subscription(seen)
    given = () if paid or of is None or of.setup is None else ("card_given",)
    status, said = ("active" if paid else "unpaid"), ("activated", "grace_started", "reminded")
    yield from stands(seen, status, *said, *given, *end)
    yield from taken(seen, PRICE, *([PRICE] if paid else []))


def tried(seen: Seen, times: int) -> Iterator[str]:
    """A bank was asked so often for the period; besides, it was for the first."""
    if len(seen.charges) != 1 + times:
        yield f"a bank was asked for {seen.charges}"


DEBTS = (
    Operation(
        "renewal debt, paid",
        prepare=_owing,
        act=pay_now,
        retry=_pay_again,
        settled=recovered,
        faults=AT_ITS_PROVIDER,
        waits=PATIENCE,
    ),
    Operation(
        "renewal debt, paid with another method",
        prepare=_owing_with_a_broken_card,
        act=_take,
        retry=_take_again,
        settled=_recovered_with_another,
        faults=AT_ITS_PROVIDER,
        waits=PATIENCE,
    ),
    Operation(
        "renewal dunning, paid",
        prepare=_owing_for_long,
        act=step,
        retry=steps,
        settled=recovered,
        faults=LESS,
        waits=PATIENCE,
    ),
    Operation(
        "renewal dunning, declined",
        prepare=owing_in_vain,
        act=step,
        retry=steps,
        onward=steps,
        settled=tried_in_vain,
        faults=AT_ITS_PROVIDER,
        waits=PATIENCE,
    ),
    Operation(
        "renewal dunning, given up",
        prepare=_out_of_patience,
        act=step,
        retry=steps,
        settled=_given_up,
        faults=LESS,
        waits=PATIENCE,
    ),
    Operation(
        "renewal dunning, given up while it is paid",
        prepare=_at_the_last_moment,
        act=step,
        retry=_take_for_long,
        onward=steps,
        settled=_paid_or_given_up,
        faults=(*STALLED, CRASH_AFTER),
        waits=PATIENCE,
    ),
    Operation(
        "renewal debt, given up while it is paid",
        prepare=_at_the_last_moment,
        act=_take,
        retry=_step_and_take,
        onward=steps,
        settled=_paid_or_given_up,
        faults=(*STALLED, *KILLING),
        waits=PATIENCE,
    ),
)
