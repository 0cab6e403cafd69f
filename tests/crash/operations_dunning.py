"""Operations that charge what is owed of a subscription: because somebody asks for it, and by plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from types import ModuleType

from tests.crash.operations_subscriptions import (
    AT_ITS_PROVIDER,
    FUNCTION,
    LESS,
    PRICE,
    all_is_told,
    past_due,
    stands,
    taken,
    tried,
)
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT
from tests.support.crashing_images import as_subscription
from tests.support.crashing_seen import Seen, payment_id
from tests.support.crashing_subscribers import RENEWED, give_plan
from tests.support.crashing_world import World
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import TollgateError
from tollgate.subscriptions import events
from tollgate.subscriptions.dunning import RETRIES, Dunning
from tollgate.subscriptions.model import GRACE
from tollgate.subscriptions.ports import SubscriptionKey

# --- users ---


def _pay_debt(world: World) -> None:
    """What is owed, with the card of the moment, under one key however often it is asked."""
    viewer, purchase = Viewer(TENANT, world.purchase.user), world.purchase

    def pay(instance: ModuleType) -> None:
        with suppress(TollgateError):
            instance.api.desk.pay(viewer, purchase.subscription, purchase.key, None)

    world.within(FUNCTION, pay)


def _pay_again(world: World) -> None:
    """For as long as Stripe may be ill."""
    for _ in range(3):
        _pay_debt(world)


# --- the plan of tries ---


def _step(world: World) -> None:
    """One step of dunning. Where it fails, it runs again."""
    key = SubscriptionKey(TENANT, world.purchase.subscription)
    invoice = world.stripe.invoices()[-1].reference

    def step(instance: ModuleType) -> None:
        desk = instance.api.desk
        dunning = Dunning(desk._subscriptions, desk._recorder, desk._collection, desk._clock)
        with suppress(TollgateError):
            dunning.step(key, invoice)

    world.within(FUNCTION, step)


def _step_again(world: World) -> None:
    """For as long as a provider may be ill."""
    for _ in range(3):
        _step(world)


# --- what they are prepared with ---


def _owing(world: World) -> None:
    """Another try would be paid."""
    _late(world, RENEWED, declines=1)


def _due_for_a_try(world: World) -> None:
    _late(world, RETRIES[0] + RENEWED, declines=1)


def _due_for_another_in_vain(world: World) -> None:
    _late(world, RETRIES[0] + RENEWED, declines=9)


def _out_of_patience(world: World) -> None:
    """All that was planned is done, at once since it is late: its user was reminded, as another card would help."""
    _late(world, GRACE + RENEWED, declines=9, why="expired_card")
    _step(world)


def _late(world: World, since: timedelta, declines: int, why: str = "insufficient_funds") -> None:
    """Stripe has told that it could not charge the renewal; all else that it tells comes later."""
    world.subscribed = ("invoice.payment_failed",)
    give_plan(world, renewed=since, declines=declines, why=why)
    world.deliver_all()
    world.inbox.drain()


# --- how it should end ---


def _recovered(seen: Seen) -> Iterator[str]:
    if _nobody_knows(seen):
        yield from past_due(seen)
        return
    yield from stands(seen, "active", "activated", "grace_started", "grace_ended", "renewed")
    yield from taken(seen, PRICE, PRICE)
    yield from tried(seen, 2)


def _tried_in_vain(seen: Seen) -> Iterator[str]:
    if _nobody_knows(seen):
        yield from past_due(seen)
        return
    yield from stands(seen, "past_due", "activated", "grace_started", "payment_failed")
    yield from tried(seen, 2)
    for image in seen.of("subscription"):
        debt = as_subscription(image).debt
        if debt is None or debt.dunned_until != debt.since + RETRIES[0]:
            yield f"{debt} is not dunned as planned"


def _nobody_knows(seen: Seen) -> bool:
    """Where Stripe repeats a stored 500 under both keys of a try, for as long as it keeps them."""
    return seen.fault is not None and seen.fault.name == "provider answers 500 twice" and seen.invoices[-1].tries == 1


def _given_up(seen: Seen) -> Iterator[str]:
    for image in seen.of("subscription"):
        told = [each["type"] for each in seen.events(payment_id(image))]
        if told.count(events.REMINDED) != 1 or told[-2:] != [events.GRACE_ENDED, events.FAILED]:
            yield f"told {told}"
    yield from tried(seen, 1)


DUNNING = (
    Operation(
        "subscription debt, paid",
        prepare=_owing,
        act=_pay_debt,
        retry=_pay_again,
        onward=all_is_told,
        settled=_recovered,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription dunning, paid",
        prepare=_due_for_a_try,
        act=_step,
        retry=_step_again,
        settled=_recovered,
        faults=LESS,
    ),
    Operation(
        "subscription dunning, declined",
        prepare=_due_for_another_in_vain,
        act=_step,
        retry=_step_again,
        settled=_tried_in_vain,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription dunning, given up",
        prepare=_out_of_patience,
        act=_step,
        retry=_step_again,
        settled=_given_up,
        faults=AT_ITS_PROVIDER,
    ),
)
