"""Operations that charge the periods of plans which no provider renews: swept when they are due, at Stripe."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crash.operations_charges import SURE_AFTER
from tests.crash.operations_failover import KILLING
from tests.crash.operations_subscriptions import AT_ITS_PROVIDER, LESS, PRICE, stands, taken
from tests.support.crashing import Operation
from tests.support.crashing_faults import FAULTS, STALLED_AFTER, STALLED_BEFORE
from tests.support.crashing_renewals import (
    BROKE,
    PAUSE,
    SILVER,
    SLOW,
    cancel,
    give_own_plan,
    give_own_trial,
    steady,
    sweep,
    sweeps,
)
from tests.support.crashing_seen import Seen
from tests.support.crashing_webhooks import SUBSCRIBED
from tests.support.crashing_world import World

# Within these a renewal was found out, or can be charged anew: when the reconciler runs, in seconds.
PATIENCE = (6 * 60, SURE_AFTER)
STALLED = (STALLED_BEFORE, STALLED_AFTER)

# --- what they are prepared with ---


def due(world: World) -> None:
    steady(world, "renewer")
    give_own_plan(world)


def _due_and_broke(world: World) -> None:
    steady(world, "renewer")
    give_own_plan(world, BROKE)


def _due_and_silent(world: World) -> None:
    """Nothing that Stripe tells comes before the end."""
    due(world)
    world.subscribed = ()


def _due_and_slow(world: World) -> None:
    steady(world, "renewer")
    give_own_plan(world, SLOW)


def _trial_over(world: World) -> None:
    steady(world, "renewer")
    give_own_trial(world)


def _due_to_end(world: World) -> None:
    due(world)
    assert cancel(world, "period_end") == 200


# --- whoever comes afterwards ---


def all_comes(world: World) -> None:
    """What Stripe told as well, and the next runs."""
    world.subscribed = SUBSCRIBED
    world.flow()
    sweeps(world)


def _taken_late(world: World) -> None:
    _decided(world, "succeeded")


def _refused_late(world: World) -> None:
    _decided(world, "failed")


def _decided(world: World, outcome: str) -> None:
    """Runs come and go before the bank says what becomes of it; nor can it be cancelled until then."""
    for _ in range(2):
        world.clock.advance(PAUSE)
        sweep(world)
        world.flow()
    waiting = [each.reference for each in world.stripe.charges() if each.state == "open"]
    assert not waiting or cancel(world, "now") == 409
    for each in waiting:
        world.stripe.decide(each, outcome)


def _cancel_and_sweep(world: World) -> None:
    """Its user ends it meanwhile; where it is being charged they hear so, and ask again."""
    if cancel(world, "now") == 200:
        return
    sweeps(world)
    world.flow()
    sweeps(world)
    assert cancel(world, "now") in (200, 409)


# --- how it should end ---


def renewed(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated", "renewed")
    yield from taken(seen, PRICE, PRICE)


def _declined(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "past_due", "activated", "grace_started")
    yield from taken(seen, PRICE)
    if [each.state for each in seen.charges].count("ended") != 1:
        yield f"a bank was asked otherwise than once: {seen.charges}"


def _begun(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated", "renewed")
    if [each.amount for each in seen.money] != [SILVER.unit.amount]:
        yield f"taken was {seen.money}"


def _over(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "cancelled", "activated", "cancelled", "ended")
    yield from taken(seen, PRICE)


def _renewed_or_not_and_over(seen: Seen) -> Iterator[str]:
    """Whatever came first: what is over was not charged, and what was charged is told."""
    charged = len(seen.money) == 2
    yield from stands(seen, "cancelled", "activated", *(["renewed"] if charged else []), "cancelled", "ended")
    yield from taken(seen, PRICE, *([PRICE] if charged else []))


RENEWALS = (
    Operation(
        "renewal",
        prepare=due,
        act=sweep,
        retry=sweeps,
        onward=all_comes,
        settled=renewed,
        faults=FAULTS,
        waits=PATIENCE,
    ),
    Operation(
        "renewal, two sweeps at once",
        prepare=due,
        act=sweep,
        onward=all_comes,
        settled=renewed,
        faults=STALLED,
        waits=PATIENCE,
    ),
    Operation(
        "renewal, next sweep late",
        prepare=_due_and_silent,
        act=sweep,
        onward=all_comes,
        settled=renewed,
        faults=KILLING,
        waits=PATIENCE,
    ),
    Operation(
        "renewal that is declined",
        prepare=_due_and_broke,
        act=sweep,
        retry=sweeps,
        onward=all_comes,
        settled=_declined,
        faults=AT_ITS_PROVIDER,
        waits=PATIENCE,
    ),
    Operation(
        "renewal after a trial",
        prepare=_trial_over,
        act=sweep,
        retry=sweeps,
        onward=all_comes,
        settled=_begun,
        faults=LESS,
        waits=PATIENCE,
    ),
    Operation(
        "renewal that is not wanted",
        prepare=_due_to_end,
        act=sweep,
        retry=sweeps,
        onward=all_comes,
        settled=_over,
        faults=AT_ITS_PROVIDER,
        waits=PATIENCE,
    ),
    Operation(
        "renewal, cancelled meanwhile",
        prepare=due,
        act=sweep,
        retry=_cancel_and_sweep,
        onward=all_comes,
        settled=_renewed_or_not_and_over,
        faults=(*LESS, STALLED_BEFORE),
        waits=PATIENCE,
    ),
    Operation(
        "renewal that takes its bank long",
        prepare=_due_and_slow,
        act=sweep,
        retry=_taken_late,
        onward=all_comes,
        settled=renewed,
        faults=LESS,
        waits=PATIENCE,
    ),
    Operation(
        "renewal that its bank refuses late",
        prepare=_due_and_slow,
        act=sweep,
        retry=_refused_late,
        onward=all_comes,
        settled=_declined,
        faults=LESS,
        waits=PATIENCE,
    ),
)
