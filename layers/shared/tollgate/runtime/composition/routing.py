"""Who takes a sale, and what is known of the providers' health: the same for all rooms of a function."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tollgate.adapters.dynamodb.routing import DynamoCircuits, DynamoRules
from tollgate.adapters.providers.watched import WatchedCharges, WatchedProvider
from tollgate.checkout.drafting import BALANCE
from tollgate.checkout.ports import CheckoutProvider
from tollgate.checkout.ways import Charges, Pages, Ways
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import IdFactory
from tollgate.routing.desk import RoutingDesk
from tollgate.routing.health import Health
from tollgate.routing.router import Router
from tollgate.runtime.composition.providers import make_charges
from tollgate.runtime.composition.storage import Storage
from tollgate.runtime.observability import ProviderHealthWatch
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Routing:
    """`providers` are those that were given, each watched; `ways` are those to their money."""

    router: Router
    desk: RoutingDesk
    providers: dict[str, CheckoutProvider]
    ways: Ways


def make_routing(
    settings: Settings, storage: Storage, providers: dict[str, CheckoutProvider], clock: Clock, ids: IdFactory
) -> Routing:
    """Prefers the default provider of the deployment. What is paid with tenders alone is nobody's to choose, and nobody
    is asked for it.
    """
    asked = {name: each for name, each in providers.items() if name != BALANCE}
    health = Health(
        providers=tuple(asked),
        circuits=DynamoCircuits(storage.core),
        unit_of_work=storage.unit_of_work,
        watch=ProviderHealthWatch(),
        clock=clock,
        ids=ids,
        monotonic=time.monotonic,
    )
    rules = DynamoRules(storage.core)
    router = Router([each.offer for each in asked.values()], settings.default_provider, rules, health)
    watched = {name: WatchedProvider(each, health) if name in asked else each for name, each in providers.items()}
    charges = {
        name: each if name == BALANCE else WatchedCharges(name, each, health)
        for name, each in make_charges(providers).items()
    }
    ways = Ways(Pages(watched), Charges(charges))
    return Routing(router, RoutingDesk(router, health, rules, storage.unit_of_work, clock), watched, ways)
