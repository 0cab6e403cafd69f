"""Renewals that we charge ourselves: plans that a service orders with a saved method, which pays at first; runs of the
renewer, and long times without any; methods that turn bad, or into others.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from tests.simulation.capabilities import own_promises as promises
from tests.simulation.capabilities.renewals import go_on_until
from tests.simulation.capabilities.subscriptions import one_of, wish_of
from tests.simulation.capability import Action, Capability
from tests.simulation.rooms import BUYERS, PROVIDERS, TENANTS
from tests.simulation.subscribing import PLANS
from tests.simulation.world import BETWEEN_STEPS, START, Choices, World
from tests.support.memory.subscriptions import MemoryDueRenewals
from tollgate.adapters.dynamodb.renewals import LANES
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.kernel.errors import RetryableError
from tollgate.subscriptions.model import LIVE, Renewer, State, Subscription
from tollgate.subscriptions.ordering import OrderSubscription
from tollgate.subscriptions.renewing import RenewalRefused, Silence

_OWNERS = tuple(product(TENANTS, BUYERS))
_PLANS = tuple(each.code for each in PLANS if not each.trial_days and not each.references)
# Next year is not waited for, nor is what nobody counts any more.
_NEAR, _LAST = timedelta(days=40), START + timedelta(days=300)
_METHODS = ("pm_ok", "pm_ok", "pm_soft", "pm_hard", "pm_slow")
_TURNS = ("pm_soft", "pm_soft", "pm_hard", "pm_slow", "pm_refused", "pm_ok")


def _subscribe(world: World, choices: Choices) -> None:
    """With a method that is saved at one of the providers."""
    (tenant, owner), plan, provider = choices.of(_OWNERS), choices.of(_PLANS), choices.of(PROVIDERS)
    source = f"cus_{tenant}_{owner}/pm_ok"
    world.books[provider].turned.pop(source, None)
    wish = OrderSubscription(
        tenant=tenant,
        owner=owner,
        key=world.key(),
        body={"pricingItemCode": plan, "sources": {provider: source}},
        plan=plan,
        request=ChargeRequest({provider: source}, kept=True),
        method="card",
        provider=provider,
    )
    world.ask("order", lambda: world.rooms.subscribing.ordering.order(wish))


def _ours(each: Subscription) -> bool:
    return each.renewed_by is Renewer.PLATFORM and each.state in LIVE


def _sweep(world: World, _: Choices) -> None:
    sweep(world)


def sweep(world: World) -> None:
    """As the renewer does, lane by lane."""
    due = MemoryDueRenewals(world.rooms.stored.store)
    for lane in range(LANES):
        for key in list(due.due(lane, world.clock.now())):
            try:
                world.rooms.subscribing.renewals.renew(key, Silence())
            except (RetryableError, RenewalRefused):
                continue


def _period(world: World, choices: Choices) -> None:
    """Until one of them is due; a run may come at once, late, or not at all."""
    of = one_of(world, choices, lambda each: _ours(each) and each.state is not State.PAST_DUE)
    if of is None or not _ours(of) or of.period is None:
        return
    if of.period.end < min(world.clock.now() + _NEAR, _LAST):
        go_on_until(world, max(of.period.end, world.clock.now()) + BETWEEN_STEPS * (1 + choices.number(3)))
        if choices.number(3):
            sweep(world)


def _turn(world: World, choices: Choices) -> None:
    """What somebody's method comes to from now on."""
    of = one_of(world, choices, _ours)
    if of is not None and of.source and of.provider in world.books:
        world.books[of.provider].turned[of.source] = choices.of(_TURNS)


def _take(world: World, choices: Choices) -> None:
    """Another method, which may be no better; what is owed is charged to it."""
    of = one_of(world, choices, _ours)
    if of is not None and of.provider in world.books:
        source = f"cus_{of.tenant}_{of.owner}/{choices.of(_METHODS)}"
        world.books[of.provider].turned.pop(source, None)
        wish_of(world, of, lambda desk, viewer, id_: desk.take(viewer, id_, {of.provider: source}, None))


def _run_what_is_due(world: World) -> bool:
    stored = len(world.rooms.stored.store.stream)
    sweep(world)
    return len(world.rooms.stored.store.stream) > stored


OWN_RENEWALS = Capability(
    "own_renewals",
    actions=(
        Action("own_subscribe", 60, _subscribe),
        Action("own_period", 60, _period, outside=True),
        Action("sweep", 60, _sweep),
        Action("method_turns", 30, _turn, outside=True),
        Action("take_method", 24, _take),
    ),
    invariants=(
        promises.each_period_is_charged_once,
        promises.what_is_charged_is_told,
        promises.what_is_over_is_charged_no_more,
        promises.what_is_paid_is_what_they_have,
        promises.no_period_is_forgotten,
        promises.no_charge_is_on_its_way_for_ever,
    ),
    settle=_run_what_is_due,
    ours=True,
)
