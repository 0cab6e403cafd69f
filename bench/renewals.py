"""Subscriptions that we charge, whose period is over: as many as are wanted, of as many users."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bench.shop import Shop
from bench.stock_of_plans import as_item
from tests.support.requests import context
from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.catalog.model import Interval
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Capture, LineItem, Payment, Report, open_payment
from tollgate.payments.model import Change as PaymentChange
from tollgate.payments.values import Billing
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.activation import activated
from tollgate.subscriptions.model import Change, State, Subscription, Terms
from tollgate.subscriptions.periods import later

TENANT = "demo"
PLAN = Terms("gold_month", "Gold, monthly", "gold", Money(3_999, "USD"), Interval.MONTH)

# Does something as the operation of this name: what it costs is told apart from the rest.
type Step = Callable[[str, Callable[[], Any]], Any]


def renew(shop: Shop, step: Step) -> None:
    """One subscription by itself, after another by which the instance has read what it reads once."""
    settings = Settings.from_environment(os.environ)
    storage, now = open_storage(settings), clock_for(settings.clock_file).now()
    source = saved_method(shop)
    for name in ("", "renewal"):
        of = due(f"{name} {now.isoformat()}", source, now - timedelta(minutes=1))
        for item in of.items(storage):
            storage.core.call("PutItem", {"TableName": storage.core.name, "Item": item})
        told = step(name, partial(sweep, shop, of.lane)) if name else sweep(shop, of.lane)
        assert told["done"] == {"renewed": 1}, told


def sweep(shop: Shop, *lanes: int) -> dict[str, Any]:
    """A run of the renewer."""
    told: dict[str, Any] = shop.deployed.function("renewer").handler({"lanes": list(lanes)}, context())
    return told


def saved_method(shop: Shop) -> str:
    """A card that Stripe keeps for a customer."""
    stripe = shop.stripe.client.v1
    customer = stripe.customers.create(params={})
    return f"{customer.id}/{stripe.payment_methods.attach('pm_card_visa', params={'customer': customer.id}).id}"


@dataclass(frozen=True, slots=True)
class Due:
    """One whose first period is over, with what it came from."""

    told: tuple[Change, Change]
    paid: tuple[PaymentChange, PaymentChange]

    @property
    def lane(self) -> int:
        of = self.told[-1].subscription
        return int(keys.renewal_shard_of(keys.subscription(of.tenant, of.id)[0])[-2:])

    def items(self, storage: Storage) -> Iterator[dict[str, Any]]:
        """As they are stored, and counted already."""
        for event in (*(each for told in self.told for each in told.events), *(each.event for each in self.paid)):
            yield as_item(event_items.append(storage.core, event), seen=True)
        subscription, *_, seat = DynamoSubscriptions(storage.core).create(self.told[-1])
        yield from (as_item(subscription), as_item(seat))
        yield as_item(DynamoPayments(storage.core).create(self.paid[-1])[0])


def due(name: str, source: str, since: datetime) -> Due:
    """One that is due since then."""
    start, id_ = later(since, PLAN.interval, -1), derived("sub", "due", name)
    pending = Subscription(
        id=id_,
        tenant=TENANT,
        owner=f"member-{id_[4:12]}",
        terms=PLAN,
        state=State.PENDING,
        version=0,
        created_at=start,
        updated_at=start,
        payment=derived("pay", "due", name),
        client_reference="order-2026-0001234",
    )
    ordered, paid = pending.order(start, None), _paid(pending, start)
    first = replace(paid[-1].payment, billing=Billing(id_, source=source))
    begun = activated(ordered.subscription, first, start)
    assert begun is not None
    return Due((ordered, begun), paid)


def _paid(of: Subscription, at: datetime) -> tuple[PaymentChange, PaymentChange]:
    draft = Payment(
        id=of.payment,
        tenant=of.tenant,
        owner=of.owner,
        amount=of.terms.unit,
        items=(LineItem(of.terms.code, of.terms.name, 1, of.terms.unit),),
        method="card",
        provider="stripe",
        state=PaymentState.PENDING,
        version=0,
        created_at=at,
        updated_at=at,
        fingerprint="f" * 22,
        direct=True,
    )
    opened = open_payment(draft, None)
    capture = Capture(f"pi_{of.payment}", of.terms.unit, at)
    taken = opened.payment.apply(Report(Fact.CAPTURED, at, capture=capture), at)
    assert isinstance(taken, PaymentChange)
    return opened, taken


def many(count: int, source: str, since: datetime) -> Iterator[Due]:
    """All due within the same ten minutes."""
    for number in range(count):
        yield due(str(number), source, since + timedelta(milliseconds=number * 600_000 // count))
