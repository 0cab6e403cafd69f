"""Payments with their events, on the core table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import EventItem, ExpectedItem, Item, PaymentItem, ReferenceItem
from tollgate.adapters.dynamodb.listing import PaymentListing
from tollgate.adapters.dynamodb.payment_mapping import from_item, to_item
from tollgate.adapters.dynamodb.store import DynamoWrite, Raw, Table
from tollgate.kernel.access import Viewer
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import PaymentChanged, PaymentExists, PaymentExpected, ReferenceTaken
from tollgate.payments.model import Change, Payment
from tollgate.payments.ports import Page, PaymentKey, PaymentRepository

EXPECTED = "expected"


class DynamoPayments(PaymentRepository):
    """A payment is one item; its events lie beside it under the same partition key."""

    def __init__(self, core: Table) -> None:
        self._core = core
        self._listing = PaymentListing(core)

    def get(self, key: PaymentKey) -> Payment | None:
        raw = self._core.get(keys.payment(key.tenant, key.id))
        return from_item(raw) if raw and raw["kind"]["S"] == "payment" else None

    def create(self, change: Change, *, expected: bool = False) -> tuple[Write, ...]:
        free = Item.kind == EXPECTED if expected else Item.pk.does_not_exist()
        return (self._core.put(to_item(change.payment), free, _taken), self._append(change.event))

    def expect(self, key: PaymentKey) -> Write:
        pk, sk = keys.payment(key.tenant, key.id)
        item = ExpectedItem(pk=pk, sk=sk, kind=EXPECTED)
        return self._core.put(item, Item.pk.does_not_exist() | (Item.kind == EXPECTED), _taken)

    def update(self, change: Change) -> tuple[Write, ...]:
        version, parked = change.payment.version - 1, PaymentItem.parked
        # Events that were parked meanwhile leave the version as it is, and must not be overlooked.
        unchanged = (PaymentItem.version == version) & (parked.exists() if change.unparks else parked.does_not_exist())
        return (self._core.put(to_item(change.payment), unchanged, _changed), self._append(change.event))

    def flag(self, payment: Payment) -> Write:
        return self._core.put(to_item(replace(payment, parked=True)), PaymentItem.version == payment.version, _changed)

    def _append(self, event: Event) -> DynamoWrite:
        pk, sk = keys.event(event.tenant, event.aggregate_type, event.aggregate_id, event.sequence)
        item = EventItem(
            pk=pk,
            sk=sk,
            kind="event",
            type=event.type,
            body=event.to_json(),
            hour_shard=keys.hour_shard_of(event),
            sk_event=keys.event_place(event),
        )
        return self._core.put(item, EventItem.pk.does_not_exist(), lambda _: _gap(event))

    def point(self, payment: Payment, reference: str) -> Write:
        pk, sk = keys.reference(payment.provider, reference)
        item = ReferenceItem(pk=pk, sk=sk, kind="reference", tenant=payment.tenant, payment_id=payment.id)
        ours = (ReferenceItem.tenant == payment.tenant) & (ReferenceItem.payment_id == payment.id)
        free_or_ours = ReferenceItem.pk.does_not_exist() | ours
        return self._core.put(item, free_or_ours, lambda _: ReferenceTaken(reference))

    def find(self, provider: str, reference: str) -> PaymentKey | None:
        raw = self._core.get(keys.reference(provider, reference))
        return PaymentKey(raw["tenant"]["S"], raw["payment_id"]["S"]) if raw else None

    def history(self, key: PaymentKey) -> tuple[dict[str, Any], ...]:
        pk, _ = keys.payment(key.tenant, key.id)
        return tuple(json.loads(raw["body"]["S"]) for raw in self._core.query_all(pk, "EVENT#"))

    def list(self, viewer: Viewer, *, since: datetime, until: datetime, limit: int, cursor: str | None) -> Page:
        return self._listing.page(viewer, since=since, until=until, limit=limit, cursor=cursor)


def _taken(raw: Raw | None) -> Exception:
    """DynamoDB returns the item with the failed condition, so nobody reads again."""
    if raw is None:
        return LookupError("the payment is gone")
    key = raw["pk"]["S"]
    return PaymentExpected(f"events wait for {key}") if raw["kind"]["S"] == EXPECTED else PaymentExists(from_item(raw))


def _changed(raw: Raw | None) -> Exception:
    return PaymentChanged(from_item(raw)) if raw else LookupError("the payment is gone")


def _gap(event: Event) -> Exception:
    return AssertionError(f"event {event.sequence} of {event.aggregate_id} exists although its aggregate is older")
