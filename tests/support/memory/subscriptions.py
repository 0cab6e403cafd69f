"""Subscriptions in memory, with the seats that they take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.memory import events, lists
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal, due
from tollgate.adapters.dynamodb import keys
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import epoch
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import ReferenceTaken
from tollgate.subscriptions.errors import AlreadySubscribed, SubscriptionChanged, SubscriptionExists
from tollgate.subscriptions.model import AGGREGATE, Change, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository, SubscriptionsPage
from tollgate.subscriptions.renewing import DueRenewals

SUBSCRIPTION, SEAT, POINTER = "subscription", "seat", "subscription_reference"


class MemorySubscriptions(SubscriptionRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, key: SubscriptionKey) -> Subscription | None:
        found: Subscription | None = self._store.items.get((SUBSCRIPTION, key.tenant, key.id))
        return found

    def find(self, provider: str, reference: str) -> SubscriptionKey | None:
        found: SubscriptionKey | None = self._store.items.get((POINTER, provider, reference))
        return found

    def create(self, change: Change) -> Sequence[Write]:
        of = change.subscription

        def taken(stored: Subscription | None) -> Refusal:
            return SubscriptionExists(stored) if stored else None

        def occupied(stored: str | None) -> Refusal:
            return AlreadySubscribed(stored) if stored else None

        return (_put(of, taken), *_said(change), MemoryWrite(_seat(of), of.id, occupied))

    def update(self, change: Change) -> Sequence[Write]:
        of = change.subscription

        def moved(stored: Subscription | None) -> Refusal:
            return _changed(stored, change.before)

        def vacated(stored: str | None) -> Refusal:
            return None if stored == of.id else AssertionError("an open subscription had no seat")

        left = (MemoryWrite(_seat(of), "", vacated),) if change.vacates else ()
        return (_put(of, moved), *_said(change), *left)

    def flag(self, subscription: Subscription) -> Write:
        revision = subscription.revision
        flagged = replace(subscription, parked=True, revision=revision + 1)
        return _put(flagged, lambda stored: _changed(stored, revision))

    def point(self, subscription: Subscription, reference: str) -> Write:
        key = SubscriptionKey(subscription.tenant, subscription.id)

        def refuse(stored: SubscriptionKey | None) -> Refusal:
            return None if stored in (None, key) else ReferenceTaken(reference)

        return MemoryWrite((POINTER, subscription.provider, reference), key, refuse)

    def look_again(self, subscription: Subscription, at: datetime) -> Write:
        place = _place(subscription)

        def refuse(stored: Subscription | None) -> Refusal:
            return _changed(stored, subscription.revision if place in self._store.due else -1)

        return MemoryWrite(place, lambda stored: stored, refuse, due(at))

    def history(self, key: SubscriptionKey, *, limit: int) -> tuple[dict[str, Any], ...]:
        found = [event for _, event in self._store.under(events.EVENT, key.tenant, AGGREGATE, key.id)]
        newest = sorted(found, key=lambda event: event.sequence, reverse=True)
        return tuple(event.envelope() for event in newest[:limit])

    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> SubscriptionsPage:
        ours = [each for _, each in self._store.under(SUBSCRIPTION, viewer.tenant) if viewer.sees(each.owner)]
        bound_to = (SUBSCRIPTION, viewer.tenant, viewer.user)
        return SubscriptionsPage(*lists.page(ours, _listed_at, limit, cursor, bound_to))


def _put(of: Subscription, refuse: Any) -> Write:
    return MemoryWrite(_place(of), of, refuse, due(of.due_at))


class MemoryDueRenewals(DueRenewals):
    """In the lanes of the real one."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def due(self, lane: int, now: datetime) -> Iterator[SubscriptionKey]:
        with self._store.lock:
            ours = [(at, of) for place, of in self._store.under(SUBSCRIPTION) if (at := self._store.due.get(place))]
            found = sorted((at, of.tenant, of.id) for at, of in ours if of.is_renewed_here and at <= epoch(now))
        for _, tenant, id_ in found:
            if keys.renewal_shard_of(keys.subscription(tenant, id_)[0]) == keys.renewal_shard(lane):
                yield SubscriptionKey(tenant, id_)


def _said(change: Change) -> Sequence[Write]:
    return [events.append(each) for each in change.events]


def _changed(stored: Subscription | None, revision: int) -> Refusal:
    if stored is None:
        return LookupError("the subscription is gone")
    return None if stored.revision == revision else SubscriptionChanged(stored)


def _place(of: Subscription) -> Place:
    return (SUBSCRIPTION, of.tenant, of.id)


def _seat(of: Subscription) -> Place:
    return (SEAT, of.tenant, of.owner, of.terms.product)


def _listed_at(of: Subscription) -> str:
    return lists.listed_at(of.created_at, of.id)
