"""Operations that order a plan with a saved method, which is charged at once and for each period."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crash.invariants_of_reversals import key_is_spent
from tests.crash.operations_renewals import PATIENCE
from tests.crash.operations_subscriptions import AT_ITS_PROVIDER, LESS, PRICE, stands, taken
from tests.support.crashing import Operation
from tests.support.crashing_renewals import GOOD, save, steady
from tests.support.crashing_seen import Seen
from tests.support.crashing_subscribers import GOLD
from tests.support.crashing_world import World
from tests.support.deployment import PLATFORM_TOKEN, Answer
from tollgate.subscriptions.ordering import OPERATION

PLATFORM, REFUSED = "platform", "pm_card_chargeCustomerFail"


def _order_once(world: World) -> Answer:
    """A service orders it for its user."""
    purchase = world.purchase
    wanted = {"pricingItemCode": GOLD.code, "provider": "stripe", "sources": purchase.sources, "userId": purchase.user}
    who = {"authorization": "", "x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
    headers = {**who, "idempotency-key": purchase.key}
    return purchase.hear(world.call("POST", "/subscriptions", wanted, headers, "subscription_api"))


def _order(world: World) -> None:
    _order_once(world)


def _insist(world: World) -> None:
    """With the same key until there is an answer, and once more."""
    world.until_answered(lambda: _order_once(world))
    _order_once(world)


def _buyer(world: World) -> None:
    _with(world, GOOD)


def _broken_buyer(world: World) -> None:
    _with(world, REFUSED)


def _with(world: World, card: str) -> None:
    steady(world, "subscription_api")
    world.purchase.operation, world.purchase.service = OPERATION, PLATFORM
    world.purchase.sources = {"stripe": save(world, card)}


def _active(seen: Seen) -> Iterator[str]:
    if key_is_spent(seen) and not seen.charges:
        yield from stands(seen, "expired", "expired")
        return
    yield from stands(seen, "active", "activated")
    yield from taken(seen, PRICE)


def _never_begun(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "expired", "expired")
    yield from taken(seen)


ORDERS = (
    Operation(
        "renewal order, charged at once",
        prepare=_buyer,
        act=_order,
        retry=_insist,
        onward=_order,
        settled=_active,
        faults=AT_ITS_PROVIDER,
        waits=PATIENCE,
    ),
    Operation(
        "renewal order, declined",
        prepare=_broken_buyer,
        act=_order,
        retry=_insist,
        onward=_order,
        settled=_never_begun,
        faults=LESS,
        waits=PATIENCE,
    ),
)
