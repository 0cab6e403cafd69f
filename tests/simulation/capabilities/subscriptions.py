"""Subscriptions: ordered, ended, kept after all, paused, changed, by those who have them; and plans that become dearer.
What is charged for them is in `renewals`, what is owed in `dunning`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

from tests.simulation.capabilities import subscription_promises as promises
from tests.simulation.capabilities.checkout import shown
from tests.simulation.capabilities.shortcuts import paid
from tests.simulation.capability import Action, Capability
from tests.simulation.rooms import BUYERS, TENANTS
from tests.simulation.subscribing import PLANS
from tests.simulation.world import Choices, Request, World
from tollgate.checkout.ports import CheckoutRequest
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.subscriptions.desk import ChangePlan, SubscriptionDesk
from tollgate.subscriptions.model import LIVE, Subscription
from tollgate.subscriptions.ordering import OrderSubscription

_PAGES = CheckoutRequest("https://shop.example/thanks", "https://shop.example/plans")
_OWNERS = tuple(product(TENANTS, BUYERS))
# How long users look at what a change would cost before they ask for it; past the last nobody lets them.
_LOOKING = tuple(timedelta(seconds=each) for each in (0, 0, 40, 800, 1_000))

type Wish = Callable[[SubscriptionDesk, Viewer, str], object]


def order(world: World, choices: Choices) -> Request:
    """Asked for the first time. Who has the product open already is refused, or gives up the page of before."""
    tenant, owner = choices.of(_OWNERS)
    plan = choices.of(PLANS).code
    wish = OrderSubscription(
        tenant=tenant,
        owner=owner,
        key=world.key(),
        body={"pricingItemCode": plan},
        plan=plan,
        request=_PAGES,
        method="card",
    )
    return world.ask("order", lambda: world.rooms.subscribing.ordering.order(wish))


def _subscribe(world: World, choices: Choices) -> None:
    """Ordered, paid, and heard of."""
    paid(world, order(world, choices))


def _pay_order(world: World, choices: Choices) -> None:
    """On a page that was shown; what is told of it arrives later."""
    known = shown(world)
    pages = [each for each in world.sessions() if each[1]["mode"] == "subscription" and each[1]["id"] in known]
    open_ = [each for each in pages if each[1]["status"] == "open"]
    if open_:
        books, page = choices.of(open_)
        books.pay(page, "card")


def one_of(
    world: World, choices: Choices, likely: Callable[[Subscription], bool] = lambda each: each.state in LIVE
) -> Subscription | None:
    """One of those that are stored; one of the likely ones, if there are any."""
    stored: list[Subscription] = world.rooms.stored.store.of("subscription")
    wanted = [each for each in stored if likely(each)] or stored
    return choices.of(wanted) if wanted else None


def wish_of(world: World, of: Subscription | None, wish: Wish) -> None:
    """Its user asks once, and is told what came of it."""
    if of is not None:
        try:
            wish(world.rooms.subscribing.desk, Viewer(of.tenant, of.owner), of.id)
        except TollgateError:
            return


def _end(world: World, choices: Choices) -> None:
    of, now = one_of(world, choices), choices.number(3) == 0
    wish_of(world, of, lambda desk, viewer, id_: desk.end(viewer, id_, now=now, trace=None))


def _keep(world: World, choices: Choices) -> None:
    of = one_of(world, choices, lambda each: each.ends_at is not None or each.is_paused)
    wish_of(world, of, lambda desk, viewer, id_: desk.keep(viewer, id_, None))


def _pause(world: World, choices: Choices) -> None:
    wish_of(world, one_of(world, choices), lambda desk, viewer, id_: desk.pause(viewer, id_, None))


def _change(world: World, choices: Choices) -> None:
    """Mostly to another plan of the same product, and as they saw it in a preview."""
    of = one_of(world, choices, lambda each: each.state in LIVE and each.terms.product == PLANS[0].product)
    if of is None:
        return
    plans = [each.code for each in PLANS if each.product == of.terms.product and each.code != of.terms.code]
    plan, seen_at = choices.of(plans or [PLANS[0].code]), world.clock.now()
    wish_of(world, of, lambda desk, viewer, id_: desk.preview(ChangePlan(viewer, id_, plan)))
    looking = choices.of(_LOOKING)
    if looking:
        world.advance(looking)
    at = seen_at if choices.number(2) == 0 else None
    wish_of(world, of, lambda desk, viewer, id_: desk.change(ChangePlan(viewer, id_, plan, at)))


def _reprice(world: World, choices: Choices) -> None:
    """For those who order from now on; what a provider knows the plan by stays as it was."""
    plan = choices.of((PLANS[-1], *PLANS))
    unit = Money(plan.unit.amount + choices.of((0, 100, 1)), plan.unit.currency)
    world.rooms.stored.catalog.put(replace(plan, unit=unit))


SUBSCRIPTIONS = Capability(
    "subscriptions",
    actions=(
        Action("order", 24, order),
        Action("pay_order", 20, _pay_order, outside=True),
        Action("subscribe", 60, _subscribe, outside=True),
        Action("end_plan", 18, _end),
        Action("keep_plan", 12, _keep),
        Action("pause_plan", 12, _pause),
        Action("change_plan", 24, _change),
        Action("reprice", 10, _reprice, outside=True),
    ),
    invariants=(
        promises.what_is_charged_is_one_payment,
        promises.what_is_paid_is_told_once,
        promises.who_is_subscribed_has_one_seat,
        promises.what_is_over_here_is_over_there,
        promises.a_subscription_stands_as_at_its_provider,
        promises.its_events_tell_how_it_stands,
        promises.who_has_paid_is_let_in,
        promises.late_money_is_held,
        promises.nothing_told_of_a_subscription_waits,
    ),
    apart=True,
)
