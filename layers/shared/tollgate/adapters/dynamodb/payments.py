"""Payments with their events, on the core table."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import EventItem, PaymentItem, ReferenceItem
from tollgate.adapters.dynamodb.listing import PaymentListing
from tollgate.adapters.dynamodb.payment_mapping import from_item, to_item
from tollgate.adapters.dynamodb.store import DynamoWrite, Raw, Table
from tollgate.kernel.access import Viewer
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import PaymentChanged, PaymentExists, ReferenceTaken
from tollgate.payments.model import Change, Payment
from tollgate.payments.ports import Page, PaymentKey, PaymentRepository


class DynamoPayments(PaymentRepository):
    """A payment is one item; its events lie beside it under the same partition key."""

    def __init__(self, core: Table) -> None:
        self._core = core
        self._listing = PaymentListing(core)

    def get(self, key: PaymentKey) -> Payment | None:
        raw = self._core.get(keys.payment(key.tenant, key.id))
        return from_item(raw) if raw else None

    def create(self, change: Change) -> tuple[Write, ...]:
        absent = PaymentItem.pk.does_not_exist()
        return (
            self._core.put(to_item(change.payment), absent, _carrying(PaymentExists)),
            self._append(change.event),
        )

    def update(self, change: Change) -> tuple[Write, ...]:
        unchanged = PaymentItem.version == change.payment.version - 1
        return (
            self._core.put(to_item(change.payment), unchanged, _carrying(PaymentChanged)),
            self._append(change.event),
        )

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


def _carrying(error: Callable[[Payment], Exception]) -> Callable[[Raw | None], Exception]:
    """The error with the payment as it is stored; DynamoDB returns it with the failed condition, so nobody reads
    again.
    """

    def on_conflict(raw: Raw | None) -> Exception:
        return error(from_item(raw)) if raw else LookupError("the payment is gone")

    return on_conflict


def _gap(event: Event) -> Exception:
    return AssertionError(f"event {event.sequence} of {event.aggregate_id} exists although its aggregate is older")
