"""Checkouts whose provider does not answer, where another makes the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.support.crashing import Operation
from tests.support.crashing_faults import CRASH_AFTER, FAULTS, STALLED_AFTER
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tollgate.checkout.opening import CheckoutOpening
from tollgate.routing.circuit import Circuit, Window

SESSIONS = "/v1/checkout/sessions"
# Whatever can become of a call to a provider, with what kills, or leaves everything open, at the others: the store's
# passing troubles are the same here as elsewhere.
SEVERE = tuple(fault for fault in FAULTS if fault in BRIEF or fault.provider is not None)
# The same again, with less: what befalls the process before a call leaves the world as after the call before it.
AGAIN = tuple(fault for fault in FAULTS if fault.provider is not None and not fault.name.endswith("before"))
# Of those, what befalls once the provider has done its work. Where it did none, no card was looked at.
_WORKED = ("crash", "stalled", "provider's answer", "provider answers 500 after")
DONE = tuple(fault for fault in AGAIN if fault.name.startswith(_WORKED))
_UNHEARD = tuple(fault for fault in FAULTS if fault.name == "provider's answer lost")
KILLING, OVERTAKEN = (CRASH_AFTER, *_UNHEARD), (CRASH_AFTER, STALLED_AFTER)


def _of_checkouts(instance: ModuleType) -> CheckoutOpening:
    opening: CheckoutOpening = instance.api.opening
    return opening


def steady(
    world: World,
    function: str = "checkout_api",
    opening_of: Callable[[ModuleType], CheckoutOpening] = _of_checkouts,
) -> None:
    """What instances know of the providers' health is fresh, and good: what came of the faults of earlier points must
    not choose the provider at this one. An instance has read the credentials of both, whichever it asked before.
    """
    world.within(function, lambda instance: _read_credentials(opening_of(instance)))
    for module in (world.deployed.modules.get(function), world.others.get(function)):
        if module is not None:
            health: Any = opening_of(module)._drafting._router._circuits
            health._windows = {each: Window() for each in health._providers}
            health._known = {each: Circuit(each) for each in health._providers}
            health._read_at = time.monotonic()


def _read_credentials(opening: CheckoutOpening) -> None:
    providers: Mapping[str, Any] = opening._ways.pages.providers
    for name, provider in providers.items():
        if name in ("stripe", "square"):
            getattr(provider._provider, "api", provider._provider)._secrets.get(f"{name}/api")


def _ask_while_down(world: World) -> None:
    world.stripe.down = True
    world.ask(world.purchase)


def _insist_while_down(world: World) -> None:
    """Stripe is back once there is an answer."""
    world.stripe.down = True
    world.insist(world.purchase)
    world.stripe.down = False


def _ask_while_silent(world: World) -> None:
    """Stripe makes a page, and nobody hears of it."""
    world.stripe.silence(SESSIONS)
    world.ask(world.purchase)


def _left_and_told(world: World) -> None:
    """Stripe's page, which nobody was shown, has expired since another was made; that was told, and is not applied."""
    steady(world)
    _ask_while_silent(world)
    world.flow()
    for page in world.stripe.pages():
        world.stripe.expire(page.reference)
    world.deliver_all()
    world.inbox.look()


def _insist(world: World) -> None:
    world.insist(world.purchase)


def _pay(world: World) -> None:
    """The buyer pays each page they were ever shown, wherever it is, and the client asks once more."""
    assert world.square is not None
    for answer in world.purchase.answers:
        if answer.body.get("checkoutUrl"):
            world.stripe.pay(answer.body["providerCheckoutSessionId"])
            world.square.pay(answer.body["providerCheckoutSessionId"])
    world.ask(world.purchase)


def _confirmed(seen: Seen) -> Iterator[str]:
    found = [image["state"]["S"] for image in seen.of("payment")]
    if found != ["confirmed"] or len(seen.money) != 1:
        yield f"the payment is {found}, with {seen.money}"


def _confirmed_elsewhere(seen: Seen) -> Iterator[str]:
    yield from _confirmed(seen)
    if {each.provider for each in seen.money} != {"square"}:
        yield f"it was taken in {seen.money}"


FAILOVER = (
    Operation(
        "checkout that fails over",
        prepare=steady,
        act=_ask_while_down,
        retry=_insist_while_down,
        onward=_pay,
        settled=_confirmed_elsewhere,
        faults=AGAIN,
    ),
    Operation(
        "checkout that fails over, provider silent",
        prepare=steady,
        act=_ask_while_silent,
        retry=_insist,
        onward=_pay,
        settled=_confirmed,
        faults=KILLING,
    ),
    Operation(
        "apply of what a left provider tells",
        prepare=_left_and_told,
        act=apply,
        onward=_pay,
        settled=_confirmed_elsewhere,
        faults=KILLING,
    ),
)
