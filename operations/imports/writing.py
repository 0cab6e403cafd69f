"""Storing what was imported, each record in one transaction; or only finding out what would come of that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Protocol

from operations.imports.drafting import Draft, DraftPurchase, DraftSubscription
from tollgate.adapters.dynamodb.imports import AlreadyImported, DynamoImports, Mark
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.store import Table
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.errors import ReferenceTaken
from tollgate.payments.ports import PaymentKey
from tollgate.subscriptions.errors import AlreadySubscribed
from tollgate.subscriptions.ports import SubscriptionKey


class Writing(Protocol):
    """Takes drafts from several threads at once, of which no two claim the same."""

    def write(self, draft: Draft) -> None:
        """Raises `AlreadyImported`, `AlreadySubscribed`, `ReferenceTaken`; `SubscriptionExists`, `PaymentExists` or
        `PaymentExpected` where something else has its id.
        """


class Storing:
    """The mark comes first: of several conditions that do not hold, the first is told."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork, now: datetime) -> None:
        self._imports, self._payments = DynamoImports(core), DynamoPayments(core)
        self._subscriptions = DynamoSubscriptions(core)
        self._unit_of_work = unit_of_work
        self._now = now

    def write(self, draft: Draft) -> None:
        mark = self._imports.note(_mark(draft), self._now)
        self._unit_of_work.commit(mark, *self._writes(draft))

    def _writes(self, draft: Draft) -> Sequence[Write]:
        if isinstance(draft, DraftPurchase):
            point = self._payments.point(draft.change.payment, draft.record.reference)
            return (*self._payments.create(draft.change), point)
        of = draft.change.subscription
        points = [self._subscriptions.point(of, of.reference)] if of.reference else []
        return (*self._subscriptions.create(draft.change), *points)


class Rehearsing:
    """Reads what a transaction would be refused for, and remembers what it would have stored."""

    def __init__(self, core: Table) -> None:
        self._imports, self._payments = DynamoImports(core), DynamoPayments(core)
        self._subscriptions = DynamoSubscriptions(core)
        self._marks: dict[str, str] = {}
        self._seats: dict[tuple[str, str, str], str] = {}
        self._references: set[tuple[str, str, str]] = set()
        self._lock = Lock()

    def write(self, draft: Draft) -> None:
        id_ = f"{draft.record.tenant} {draft.record.id}"
        if id_ in self._marks:
            raise AlreadyImported(self._marks[id_])
        if isinstance(draft, DraftSubscription):
            self._subscribe(draft)
        else:
            self._buy(draft)
        with self._lock:
            self._marks[id_] = draft.record.fingerprint

    def _subscribe(self, draft: DraftSubscription) -> None:
        of = draft.change.subscription
        seat = (of.tenant, of.owner, of.terms.product)
        if standing := self._seats.get(seat) or self._imports.seat(*seat):
            raise AlreadySubscribed(standing)
        if of.reference:
            whose = self._subscriptions.find(of.provider, of.reference)
            free = whose in (None, SubscriptionKey(of.tenant, of.id))
            self._refer("subscription", of.provider, of.reference, free=free)
        with self._lock:
            self._seats[seat] = of.id

    def _buy(self, draft: DraftPurchase) -> None:
        of = draft.record
        whose = self._payments.find(of.provider, of.reference)
        self._refer("payment", of.provider, of.reference, free=whose in (None, PaymentKey(of.tenant, of.id)))

    def _refer(self, kind: str, provider: str, reference: str, *, free: bool) -> None:
        with self._lock:
            if not free or (kind, provider, reference) in self._references:
                raise ReferenceTaken(reference)
            self._references.add((kind, provider, reference))


def _mark(draft: Draft) -> Mark:
    of = draft.record
    return Mark(of.tenant, of.id, of.legacy_id, of.fingerprint)
