"""Users whose plan we charge, with a method that is saved at Stripe, and the runs of whatever charges them.

They are posted as those of `crashing_subscribers`, so that a period is over at once; their first was charged at Stripe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from tests.support import crashing_billing as stripe_billing
from tests.support.crashing_billing import Plan
from tests.support.crashing_client import TENANT
from tests.support.crashing_images import as_subscription
from tests.support.crashing_seen import Seen, look
from tests.support.crashing_subscribers import GOLD, post_plan
from tests.support.crashing_world import World
from tollgate.adapters.dynamodb import keys
from tollgate.catalog.model import Interval
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.payments.values import Billing, Capture
from tollgate.routing.circuit import Circuit, Window
from tollgate.subscriptions.model import LIVE, State, Subscription, Terms
from tollgate.subscriptions.ordering import OPERATION
from tollgate.subscriptions.periods import later

# As in config/pricing.yaml.
SILVER = Terms("silver_month", "Silver, monthly", "silver", Money(1_999, "USD"), Interval.MONTH, trial_days=14)
# What is saved.
GOOD, BROKE, EXPIRED = "pm_card_visa", "pm_card_simulatedRenewalInsufficientFunds", "pm_card_simulatedRenewalExpired"
BROKE_ONCE, SLOW = "pm_card_simulatedRenewalDeclinedOnce", "pm_card_simulatedProcessing"
OVER = timedelta(hours=2)
# Between two runs of whatever takes up what was put off, in seconds; and as many as a day may need.
PAUSE, MOST_RUNS = 16 * 60, 10


def give_own_plan(world: World, card: str = GOOD, over: timedelta = OVER) -> None:
    """The first period of the user's plan was over as long ago as that; the card is for the periods that follow."""
    world.purchase.operation = OPERATION
    start = later(_now(world) - over, GOLD.interval, -1)
    source, purchase = save(world, card), world.purchase
    plan = Plan(TENANT, purchase.payment, purchase.subscription, GOLD.name, GOLD.unit.amount, GOLD.interval.value)
    first = save(world, GOOD)
    intent = world.stripe.heard(lambda work: stripe_billing.charge(work, plan, first, start))
    billing = Billing(purchase.subscription, source=source)
    post_plan(world, GOLD, start, billing, Capture(intent, GOLD.unit, start), direct=True)


def give_own_trial(world: World) -> None:
    """As long ago the user's trial was over, for which nothing was taken."""
    world.purchase.operation = OPERATION
    start = _now(world) - OVER - timedelta(days=SILVER.trial_days)
    billing = Billing(world.purchase.subscription, source=save(world, GOOD))
    post_plan(world, SILVER, start, billing, Capture(f"trial_{world.purchase.key}", Money(0, "USD"), start))


def save(world: World, method: str) -> str:
    """Such a method, saved at Stripe, as we name it."""
    return world.stripe.heard(lambda work: stripe_billing.save(work, method))


def _now(world: World) -> datetime:
    return datetime.fromtimestamp(world.clock.now(), UTC).replace(microsecond=0)


@contextmanager
def ago(world: World, time: timedelta) -> Iterator[None]:
    """What happens has happened as long ago as that."""
    world.clock.advance(-time.total_seconds())
    try:
        yield
    finally:
        world.clock.advance(time.total_seconds())


# --- what charges ---


def steady(world: World, *functions: str) -> None:
    """What instances know of Stripe's health is fresh, and good, as in other operations."""
    for modules in (world.deployed.modules, world.others):
        for health in (_health(modules[each]) for each in functions if each in modules):
            health._windows = {each: Window() for each in health._providers}
            health._known = {each: Circuit(each) for each in health._providers}
            health._read_at = time.monotonic()


def _health(instance: ModuleType) -> Any:
    if hasattr(instance, "renewer"):
        own: Any = instance.renewer._sweep._renewals._own
    else:
        own = (instance.api.desk if hasattr(instance, "api") else instance.stepper._dunning)._collection._own()
    return own._opening._drafting._router._circuits


def sweep(world: World) -> None:
    """One run of the renewer, of the lane in which the subscription is. Where it fails, the next run comes."""
    pk, _ = keys.subscription(TENANT, world.purchase.subscription)
    lane = int(keys.renewal_shard_of(pk).partition("#")[2])
    with suppress(Exception):
        world.invoke("renewer", {"lanes": [lane]})


def sweeps(world: World) -> None:
    """The next runs, for as long as it is due."""
    _until(world, sweep, lambda of: is_due(of, world))


def is_due(of: Subscription, world: World) -> bool:
    """Whether the renewer has something to do with it yet."""
    waits = of.charging is not None or (of.period is not None and of.period.end <= _now(world))
    return waits and of.state in LIVE and of.state is not State.PAST_DUE


def step(world: World) -> None:
    """One step of dunning, of what is owed, or was. Where it fails, it is made again."""
    given = {"tenant": TENANT, "subscription": world.purchase.subscription, "invoice": owed(world)}
    with suppress(Exception):
        world.invoke("dunning_step", given)


def steps(world: World) -> None:
    """As often as the state machine makes it that fails, and then each hour."""
    for _ in range(4):
        step(world)
        world.clock.advance(PAUSE)


def owed(world: World) -> str:
    """The invoice whose grace has begun."""
    told = look(world).events(world.purchase.subscription)
    return str(next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started")))


def pay_now(world: World) -> None:
    """What is owed, with the method of the moment, under one key however often it is asked."""
    _ask(world, lambda desk, viewer: desk.pay(viewer, world.purchase.subscription, world.purchase.key, None))


def pay_with(world: World, source: str) -> None:
    """What is owed, with another method, as a service asks for it."""
    _ask(world, lambda desk, viewer: desk.take(viewer, world.purchase.subscription, {"stripe": source}, None))


def cancel(world: World, when: str) -> int:
    """The user ends it; the status of the answer."""
    path = f"/subscriptions/{world.purchase.subscription}/cancel"
    return world.call("POST", path, {"when": when}, function="subscription_api").status


def until_settled(world: World, act: Callable[[World], object]) -> None:
    """Asked again until nothing is owed any more; whoever asks is patient."""
    act(world)
    _until(world, act, lambda of: of.debt is not None)


def _ask(world: World, ask: Callable[..., object]) -> None:
    viewer = Viewer(TENANT, world.purchase.user)

    def asking(instance: ModuleType) -> None:
        with suppress(TollgateError):
            ask(instance.api.desk, viewer)

    world.within("subscription_api", asking)


def _until(world: World, act: Callable[[World], object], goes_on: Callable[[Subscription], bool]) -> None:
    for _ in range(MOST_RUNS):
        of = subscription(world)
        if of is None or not goes_on(of):
            return
        world.clock.advance(PAUSE)
        act(world)


def subscription(of: World | Seen) -> Subscription | None:
    """The user's, as it stands."""
    images = (of if isinstance(of, Seen) else look(of)).of("subscription")
    return next(map(as_subscription, images), None)
