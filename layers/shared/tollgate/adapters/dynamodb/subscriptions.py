"""Subscriptions with their events, on the core table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import cursors, event_items, keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import Item, ReferenceItem
from tollgate.adapters.dynamodb.places import Group, Partition, Range, newest, place_of
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.adapters.dynamodb.subscription_items import SeatItem, SubscriptionItem
from tollgate.adapters.dynamodb.subscription_mapping import from_item, to_item
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import epoch
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import ReferenceTaken
from tollgate.subscriptions.errors import AlreadySubscribed, SubscriptionChanged, SubscriptionExists
from tollgate.subscriptions.model import AGGREGATE, Change, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository, SubscriptionsPage

# Before and past every place in a list: places begin with a year.
_START, _END = "0", "9999"
_ABSENT = Prepared(Item.pk.does_not_exist())
_FREE = Prepared(SeatItem.subscription.does_not_exist() | (SeatItem.subscription == ""))
_AS_READ = Prepared(SubscriptionItem.revision == 0)
_FREE_OR_OURS = Prepared(
    ReferenceItem.pk.does_not_exist() | ((ReferenceItem.tenant == "") & (ReferenceItem.payment_id == ""))
)


class DynamoSubscriptions(SubscriptionRepository):
    """A subscription is one item, with its events beside it; the seat is an item of its own."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, key: SubscriptionKey) -> Subscription | None:
        raw = self._core.get(keys.subscription(key.tenant, key.id))
        return from_item(raw) if raw else None

    def find(self, provider: str, reference: str) -> SubscriptionKey | None:
        raw = self._core.get(keys.subscription_reference(provider, reference))
        return SubscriptionKey(raw["tenant"]["S"], raw["payment_id"]["S"]) if raw else None

    def create(self, change: Change) -> tuple[Write, ...]:
        of = change.subscription
        pk, sk = keys.seat(of.tenant, of.owner, of.terms.product)
        seat = SeatItem(pk=pk, sk=sk, kind="seat", subscription=of.id)
        return (
            self._core.put(to_item(of), _ABSENT.holding(), _taken),
            *self._said(change),
            self._core.put(seat, _FREE.holding(of.id), _occupied),
        )

    def update(self, change: Change) -> tuple[Write, ...]:
        of = change.subscription
        put = self._core.put(to_item(of), _AS_READ.holding(change.before), _changed)
        left = (self._leave(of),) if change.vacates else ()
        return (put, *self._said(change), *left)

    def flag(self, subscription: Subscription) -> Write:
        revision = subscription.revision
        item = to_item(replace(subscription, parked=True, revision=revision + 1))
        return self._core.put(item, _AS_READ.holding(revision), _changed)

    def point(self, subscription: Subscription, reference: str) -> Write:
        pk, sk = keys.subscription_reference(subscription.provider, reference)
        whose = {"tenant": subscription.tenant, "payment_id": subscription.id}
        item = ReferenceItem(pk=pk, sk=sk, kind="subscription_reference", **whose)
        free_or_ours = _FREE_OR_OURS.holding(subscription.tenant, subscription.id)
        return self._core.put(item, free_or_ours, lambda _: ReferenceTaken(reference))

    def look_again(self, subscription: Subscription, at: datetime) -> Write:
        later = [SubscriptionItem.due_at.set(epoch(at))]
        unchanged = (SubscriptionItem.revision == subscription.revision) & SubscriptionItem.due.exists()
        return self._core.update(keys.subscription(subscription.tenant, subscription.id), later, unchanged, _changed)

    def history(self, key: SubscriptionKey, *, limit: int) -> tuple[dict[str, Any], ...]:
        pk, _ = keys.event(key.tenant, AGGREGATE, key.id, 0)
        request = {
            "TableName": self._core.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": "EVENT#"}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        return tuple(json.loads(raw["body"]["S"]) for raw in self._core.call("Query", request)["Items"])

    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> SubscriptionsPage:
        bound_to = ["subscriptions", viewer.tenant, viewer.user]
        wanted = Range(_START, cursors.decode(cursor, bound_to) if cursor else _END)
        raws, unseen = newest(self._core, [_group(viewer)], wanted, limit + 1)
        shown = raws[:limit]
        after = place_of(shown[-1]) if len(raws) > limit else unseen
        return SubscriptionsPage(tuple(map(from_item, shown)), cursors.encode(bound_to, after) if after else None)

    def _said(self, change: Change) -> tuple[Write, ...]:
        return tuple(event_items.append(self._core, each) for each in change.events)

    def _leave(self, of: Subscription) -> Write:
        """Whoever was here has left, whatever stands there now."""
        key = keys.seat(of.tenant, of.owner, of.terms.product)
        return self._core.update(key, [SeatItem.subscription.remove()], SeatItem.subscription == of.id, _vacated)


def _group(viewer: Viewer) -> Group:
    if viewer.user is not None:
        return Group(_START, [Partition("by_owner", "owner_key", keys.subscriptions_of(viewer.tenant, viewer.user))])
    shards = keys.subscriptions_shards(viewer.tenant)
    return Group(_START, [Partition("by_day", "day_shard", shard) for shard in shards])


def _taken(raw: Raw | None) -> Exception:
    return SubscriptionExists(from_item(raw)) if raw else LookupError("the subscription is gone")


def _occupied(raw: Raw | None) -> Exception:
    return AlreadySubscribed(raw["subscription"]["S"]) if raw else LookupError("the seat is gone")


def _changed(raw: Raw | None) -> Exception:
    return SubscriptionChanged(from_item(raw)) if raw else LookupError("the subscription is gone")


def _vacated(raw: Raw | None) -> Exception:
    return AssertionError(f"an open subscription had no seat: {raw}")
