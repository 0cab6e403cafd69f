"""Users who have a plan, since a while.

It is posted here as it would have been, in one transaction through the rooms' own adapters, and is as old at Stripe: so
that a period is over without a clock that moves by months, on which all that earlier points have left would come due.
Ordering one, and its first payment, are operations of their own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from tests.support.builders import a_draft
from tests.support.crashing_billing import Plan
from tests.support.crashing_client import TENANT
from tests.support.crashing_world import World
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.adapters.providers.stripe.transformers import instant
from tollgate.catalog.model import Interval
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change as PaymentChange
from tollgate.payments.model import LineItem, Payment, Report, open_payment
from tollgate.payments.values import Billing, Capture, Period
from tollgate.subscriptions.activation import activated
from tollgate.subscriptions.model import Change, State, Subscription, Terms
from tollgate.subscriptions.ordering import OPERATION
from tollgate.subscriptions.periods import later

# As in config/pricing.yaml. What each user has, and what they may change to.
GOLD = Terms("gold_month", "Gold, monthly", "gold", Money(3_999, "USD"), Interval.MONTH)
# Stripe charges a renewal an hour after its period has begun.
RENEWED = timedelta(hours=2)


def give_plan(
    world: World, *, renewed: timedelta | None = None, declines: int = 0, why: str = "insufficient_funds"
) -> None:
    """The user is in the middle of a first period; or that was over as long ago as `renewed`, which nobody has heard
    yet. The bank declines so many charges from then on.
    """
    world.purchase.operation = OPERATION
    now = datetime.fromtimestamp(world.clock.now(), UTC).replace(microsecond=0)
    start = now - timedelta(days=10) if renewed is None else later(now - renewed, GOLD.interval, -1)
    purchase = world.purchase
    plan = Plan(TENANT, purchase.payment, purchase.subscription, GOLD.name, GOLD.unit.amount, GOLD.interval.value)
    made, intent = world.stripe.subscribed(plan, start, [why] * declines)
    period = Period(start, instant(made["items"]["data"][0]["current_period_end"]))
    known = {"reference": made["id"], "customer": made["customer"]}
    billing = Billing(purchase.subscription, made["latest_invoice"], period, **known)
    post_plan(world, GOLD, start, billing, Capture(intent, GOLD.unit, start))


def post_plan(
    world: World, terms: Terms, start: datetime, billing: Billing, capture: Capture, *, direct: bool = False
) -> None:
    """A subscription, ordered and paid at once. What its provider calls it, and what has paid it, leads to it."""
    core, unit_of_work = _store(world.deployed.environment["CORE_TABLE"])
    payments, subscriptions, purchase = DynamoPayments(core), DynamoSubscriptions(core), world.purchase
    opened, paid = _payment(world, terms, billing, capture, direct=direct)
    subscription = Subscription(
        id=purchase.subscription,
        tenant=TENANT,
        owner=purchase.user,
        terms=terms,
        state=State.PENDING,
        version=0,
        created_at=start,
        updated_at=start,
        payment=purchase.payment,
    )
    ordered = subscription.order(start, None)
    begun = activated(ordered.subscription, paid.payment, start)
    assert begun is not None
    both = Change(0, begun.subscription, (*ordered.events, *begun.events))
    unit_of_work.commit(
        *payments.create_through([opened, paid]),
        payments.point(paid.payment, capture.reference),
        *subscriptions.create(both),
        *([subscriptions.point(both.subscription, billing.reference)] if billing.reference else []),
    )


def _payment(
    world: World, terms: Terms, billing: Billing, capture: Capture, *, direct: bool
) -> tuple[PaymentChange, PaymentChange]:
    purchase = world.purchase
    draft: Payment = a_draft(
        id=purchase.payment,
        owner=purchase.user,
        amount=capture.amount,
        items=(LineItem(terms.code, terms.name, 1, capture.amount),),
        created_at=capture.at,
        updated_at=capture.at,
        direct=direct,
        billing=replace(billing, invoice=None, period=None, reference=None, customer=None),
    )
    opened = open_payment(draft)
    paid = opened.payment.apply(Report(Fact.CAPTURED, capture.at, capture=capture, billing=billing), capture.at)
    assert isinstance(paid, PaymentChange)
    return opened, paid


@cache
def _store(table: str) -> tuple[Table, DynamoUnitOfWork]:
    """One client for all points of a world."""
    connection = connect()
    return Table(connection, table), DynamoUnitOfWork(connection)
