"""Payments with their events, on the core table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import ExpectedItem, Item, PaymentItem, ReferenceItem
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.listing import PaymentListing, Stretch
from tollgate.adapters.dynamodb.payment_mapping import from_item, to_item
from tollgate.adapters.dynamodb.store import DynamoWrite, Raw, Table
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import epoch
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import PaymentChanged, PaymentExists, PaymentExpected, ReferenceTaken
from tollgate.payments.model import Change, Payment
from tollgate.payments.ports import EVERY_PAYMENT, Page, PaymentKey, PaymentRepository, Selection

EXPECTED = "expected"

_ABSENT, _EXPECTED = Prepared(Item.pk.does_not_exist()), Prepared(Item.kind == EXPECTED)
_PARKED = Prepared((PaymentItem.version == 0) & PaymentItem.parked.exists())
_NOT_PARKED = Prepared((PaymentItem.version == 0) & PaymentItem.parked.does_not_exist())
_FREE_OR_OURS = Prepared(
    ReferenceItem.pk.does_not_exist() | ((ReferenceItem.tenant == "") & (ReferenceItem.payment_id == ""))
)


class DynamoPayments(PaymentRepository):
    """A payment is one item; its events lie beside it under the same partition key."""

    def __init__(self, core: Table) -> None:
        self._core = core
        self._journal = DynamoJournal(core)
        self._listing = PaymentListing(core)

    def get(self, key: PaymentKey) -> Payment | None:
        raw = self._core.get(keys.payment(key.tenant, key.id))
        return from_item(raw) if raw and raw["kind"]["S"] == "payment" else None

    def create(self, change: Change, *, expected: bool = False) -> tuple[Write, ...]:
        free = _EXPECTED.holding(EXPECTED) if expected else _ABSENT.holding()
        return (self._core.put(to_item(change.payment), free, _taken), *self._beside(change))

    def create_through(self, changes: Sequence[Change]) -> tuple[Write, ...]:
        put = self._core.put(to_item(changes[-1].payment), _ABSENT.holding(), _taken)
        return (put, *(write for change in changes for write in self._beside(change)))

    def expect(self, key: PaymentKey) -> Write:
        pk, sk = keys.payment(key.tenant, key.id)
        item = ExpectedItem(pk=pk, sk=sk, kind=EXPECTED)
        return self._core.put(item, Item.pk.does_not_exist() | (Item.kind == EXPECTED), _taken)

    def update(self, change: Change) -> tuple[Write, ...]:
        # Events that were parked meanwhile leave the version as it is, and must not be overlooked.
        unchanged = _PARKED if change.unparks else _NOT_PARKED
        return (
            self._core.put(to_item(change.payment), unchanged.holding(change.payment.version - 1), _changed),
            *self._beside(change),
        )

    def flag(self, payment: Payment) -> Write:
        return self._core.put(to_item(replace(payment, parked=True)), PaymentItem.version == payment.version, _changed)

    def look_again(self, payment: Payment, at: datetime | None) -> Write:
        key = keys.payment(payment.tenant, payment.id)
        later = [PaymentItem.due.set(keys.due_shard_of(key[0])), PaymentItem.due_at.set(epoch(at))] if at else None
        never = [PaymentItem.due.remove(), PaymentItem.due_at.remove()]
        return self._core.update(key, later or never, PaymentItem.version == payment.version, _changed)

    def page(self, payment: Payment) -> str | None:
        raw = self._core.get(keys.reference(payment.provider, payment.session.reference)) if payment.session else None
        return str(raw["page"]["S"]) if raw and "page" in raw else None

    def point(self, payment: Payment, reference: str, page: str | None = None) -> Write:
        pk, sk = keys.reference(payment.provider, reference)
        item = ReferenceItem(pk=pk, sk=sk, kind="reference", tenant=payment.tenant, payment_id=payment.id, page=page)
        free_or_ours = _FREE_OR_OURS.holding(payment.tenant, payment.id)
        return self._core.put(item, free_or_ours, lambda _: ReferenceTaken(reference))

    def find(self, provider: str, reference: str) -> PaymentKey | None:
        raw = self._core.get(keys.reference(provider, reference))
        return PaymentKey(raw["tenant"]["S"], raw["payment_id"]["S"]) if raw else None

    def history(self, key: PaymentKey) -> tuple[dict[str, Any], ...]:
        pk, _ = keys.payment(key.tenant, key.id)
        return tuple(json.loads(raw["body"]["S"]) for raw in self._core.query_all(pk, "EVENT#"))

    def unchanged(self, payment: Payment) -> Write:
        pk, sk = keys.payment(payment.tenant, payment.id)
        request = {
            "TableName": self._core.name,
            "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(payment.version)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return DynamoWrite("ConditionCheck", request, _changed)

    def list(
        self,
        viewer: Viewer,
        *,
        since: datetime,
        until: datetime,
        limit: int,
        cursor: str | None,
        selection: Selection = EVERY_PAYMENT,
    ) -> Page:
        stretch = Stretch(since, until, cursor)
        return self._listing.page(viewer, stretch, limit, selection)

    def _beside(self, change: Change) -> tuple[Write, ...]:
        return (
            event_items.append(self._core, change.event),
            *(self._journal.append(entry) for entry in change.entries),
        )


def _taken(raw: Raw | None) -> Exception:
    """DynamoDB returns the item with the failed condition, so nobody reads again."""
    if raw is None:
        return LookupError("the payment is gone")
    key = raw["pk"]["S"]
    return PaymentExpected(f"events wait for {key}") if raw["kind"]["S"] == EXPECTED else PaymentExists(from_item(raw))


def _changed(raw: Raw | None) -> Exception:
    return PaymentChanged(from_item(raw)) if raw else LookupError("the payment is gone")
