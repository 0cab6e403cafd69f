"""The rooms of subscriptions on the store in memory, as functions' own composition has them
(`runtime/composition/subscribing`), and what is sold in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from tests.simulation.plan_adapters import SimulatedSubscriptions
from tests.simulation.plan_books import PlanBooks
from tests.support.builders import a_pricing_item, usd
from tests.support.stores import InMemory
from tollgate.catalog.model import Interval, PricingItem
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.service import CheckoutDesk
from tollgate.kernel.clock import Clock
from tollgate.kernel.money import Money
from tollgate.runtime.card_work import AdoptCards
from tollgate.subscriptions.charging import OwnCharges
from tollgate.subscriptions.desk import SubscriptionDesk
from tollgate.subscriptions.dunning import Dunning
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.notices import SubscriptionNotices
from tollgate.subscriptions.ordering import SubscriptionOrdering
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.providers import RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder
from tollgate.subscriptions.renewing import Renewals

# Of one product there are plans to change between, at another rhythm and at another price; of another a trial. One plan
# has a price at the provider, which stays as it is when ours becomes another.
_MADE_THERE = "price_of_odd"
_GOLD = a_pricing_item("gold_month", unit=usd(2_000), product="gold", interval=Interval.MONTH)
PLANS: tuple[PricingItem, ...] = (
    _GOLD,
    replace(_GOLD, code="gold_year", unit=usd(20_000), interval=Interval.YEAR),
    replace(_GOLD, code="gold_less", unit=usd(700)),
    a_pricing_item("trial", unit=usd(1_500), interval=Interval.MONTH, trial_days=3),
    a_pricing_item("abroad", unit=Money(3_001, "JPY"), interval=Interval.MONTH),
    a_pricing_item("odd", unit=usd(990), interval=Interval.MONTH, references={"stripe": _MADE_THERE}),
)


@dataclass(frozen=True)
class Subscribing:
    """What can be done with subscriptions, by whom."""

    recorder: SubscriptionRecorder
    providers: RecurringProviders
    collection: DebtCollection
    dunning: Dunning
    notices: SubscriptionNotices
    ordering: SubscriptionOrdering
    desk: SubscriptionDesk
    adopting: AdoptCards
    renewals: Renewals
    asked: Mapping[str, SimulatedSubscriptions]


def make_subscribing(
    stored: InMemory, books: Mapping[str, PlanBooks], opening: CheckoutOpening, checkouts: CheckoutDesk, clock: Clock
) -> Subscribing:
    """Every plan is on sale."""
    for plan in PLANS:
        stored.catalog.put(plan)
    for each in books.values():
        each.prices[_MADE_THERE] = {
            "currency": "usd",
            "unit_amount": PLANS[-1].unit.amount,
            "product": "prod_odd",
            "recurring": {"interval": "month", "interval_count": 1},
        }
    asked = {name: SimulatedSubscriptions(each) for name, each in books.items()}
    providers = RecurringProviders({name: partial(asked.__getitem__, name) for name in asked})
    invoiced, unit_of_work = InvoicedPayments(stored.payments), stored.unit_of_work
    recorder = SubscriptionRecorder(stored.subscriptions, invoiced, stored.parking, unit_of_work, clock)
    own = OwnCharges(opening, stored.payments, stored.subscriptions, clock)
    collection = DebtCollection(recorder, providers, stored.idempotency, clock, lambda: own)
    return Subscribing(
        recorder=recorder,
        providers=providers,
        collection=collection,
        dunning=Dunning(stored.subscriptions, recorder, collection, clock),
        notices=SubscriptionNotices(stored.subscriptions, recorder, providers, unit_of_work),
        ordering=SubscriptionOrdering(opening, checkouts, stored.subscriptions, stored.catalog, clock),
        desk=SubscriptionDesk(stored.subscriptions, recorder, providers, collection, stored.catalog, clock),
        adopting=AdoptCards(stored.subscriptions, collection),
        renewals=Renewals(stored.subscriptions, recorder, own, unit_of_work, clock),
        asked=asked,
    )
