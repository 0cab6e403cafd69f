"""Subscriptions that are there already, all of one user, each of a product of its own; as `stock`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.store import DynamoWrite
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.catalog.model import Interval
from tollgate.kernel.ids import derived, shard
from tollgate.payments.model import Payment
from tollgate.payments.values import Billing
from tollgate.runtime.composition.storage import Storage
from tollgate.subscriptions.activation import activated
from tollgate.subscriptions.model import State, Subscription, Terms


def as_item(write: Any, *, seen: bool = False) -> dict[str, Any]:
    """What a write would store."""
    assert isinstance(write, DynamoWrite)
    item: dict[str, Any] = write.request["Item"]
    return item | ({"counted": {"BOOL": True}} if seen else {})


def subscription_id(number: int) -> str:
    """Spread evenly, as payments are."""
    tries = (derived("sub", "stock", str(number), str(attempt)) for attempt in itertools.count())
    return next(id_ for id_ in tries if shard(id_, keys.DAY_SHARDS) == number % keys.DAY_SHARDS)


def items(storage: Storage, number: int, paid: Payment) -> Iterator[dict[str, Any]]:
    """One that a payment has begun, with its history and its seat."""
    ordered = _draft(number, paid).order(paid.created_at, None)
    billing = Billing(ordered.subscription.id, f"in_{paid.id}", None, f"sub_{paid.id}", f"cus_{paid.id}")
    begun = activated(ordered.subscription, replace(paid, billing=billing), paid.created_at)
    assert begun is not None
    for event in (*ordered.events, *begun.events):
        yield as_item(event_items.append(storage.core, event))
    subscription, *_, seat = DynamoSubscriptions(storage.core).create(begun)
    yield from (as_item(subscription), as_item(seat))


def _draft(number: int, paid: Payment) -> Subscription:
    terms = Terms("gold_month", "Gold, monthly", f"gold-{number:06}", paid.amount, Interval.MONTH)
    return Subscription(
        id=subscription_id(number),
        tenant=paid.tenant,
        owner=paid.owner,
        terms=terms,
        state=State.PENDING,
        version=0,
        created_at=paid.created_at,
        updated_at=paid.created_at,
        payment=paid.id,
        client_reference="order-2026-0001234",
    )
