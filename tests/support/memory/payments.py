"""Payments with their events in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.memory import events, lists
from tests.support.memory.ledger import MemoryJournal
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal, due
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import PaymentChanged, PaymentExists, PaymentExpected, ReferenceTaken
from tollgate.payments.model import AGGREGATE, Change, Payment
from tollgate.payments.ports import EVERY_PAYMENT, Page, PaymentKey, PaymentRepository, Selection

PAYMENT, REFERENCE = "payment", "reference"
# Stands where a payment will be, for the events that wait for it.
EXPECTED = "expected"


class MemoryPayments(PaymentRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._journal = MemoryJournal(store)

    def get(self, key: PaymentKey) -> Payment | None:
        found = self._store.items.get((PAYMENT, key.tenant, key.id))
        return found if isinstance(found, Payment) else None

    def create(self, change: Change, *, expected: bool = False) -> tuple[Write, ...]:
        def refuse(stored: Any) -> Refusal:
            if isinstance(stored, Payment):
                return PaymentExists(stored)
            if stored == EXPECTED:
                return None if expected else PaymentExpected("events wait for it")
            return LookupError("the payment is gone") if expected else None

        return (_put(change.payment, refuse), *self._beside(change))

    def create_through(self, changes: Sequence[Change]) -> tuple[Write, ...]:
        def refuse(stored: Any) -> Refusal:
            return PaymentExists(stored) if stored else None

        beside = [write for change in changes for write in self._beside(change)]
        return (_put(changes[-1].payment, refuse), *beside)

    def expect(self, key: PaymentKey) -> Write:
        def refuse(stored: Any) -> Refusal:
            return PaymentExists(stored) if isinstance(stored, Payment) else None

        return MemoryWrite((PAYMENT, key.tenant, key.id), EXPECTED, refuse)

    def flag(self, payment: Payment) -> Write:
        return _put(replace(payment, parked=True), lambda stored: _changed(stored, payment.version))

    def update(self, change: Change) -> tuple[Write, ...]:
        def refuse(stored: Any) -> Refusal:
            # Events that were parked meanwhile leave the version as it is, and must not be overlooked.
            unseen = isinstance(stored, Payment) and stored.parked != change.unparks
            return PaymentChanged(stored) if unseen else _changed(stored, change.payment.version - 1)

        return (_put(change.payment, refuse), *self._beside(change))

    def look_again(self, payment: Payment, at: datetime | None) -> Write:
        return MemoryWrite(_place(payment), _same, lambda stored: _changed(stored, payment.version), due(at))

    def point(self, payment: Payment, reference: str, page: str | None = None) -> Write:
        target = PaymentKey(payment.tenant, payment.id)

        def refuse(stored: Any) -> Refusal:
            return None if stored is None or stored[0] == target else ReferenceTaken(reference)

        return MemoryWrite((REFERENCE, payment.provider, reference), (target, page), refuse)

    def page(self, payment: Payment) -> str | None:
        reference = payment.session.reference if payment.session else ""
        page: str | None = self._store.items.get((REFERENCE, payment.provider, reference), (None, None))[1]
        return page

    def find(self, provider: str, reference: str) -> PaymentKey | None:
        found: PaymentKey | None = self._store.items.get((REFERENCE, provider, reference), (None, None))[0]
        return found

    def history(self, key: PaymentKey) -> tuple[dict[str, Any], ...]:
        found = [event for _, event in self._store.under(events.EVENT, key.tenant, AGGREGATE, key.id)]
        return tuple(event.envelope() for event in sorted(found, key=lambda event: event.sequence))

    def unchanged(self, payment: Payment) -> Write:
        return MemoryWrite(_place(payment), _same, lambda stored: _changed(stored, payment.version))

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
        wanted = [
            each
            for _, each in self._store.under(PAYMENT, viewer.tenant)
            if isinstance(each, Payment)
            and viewer.sees(each.owner)
            and selection.takes(each)
            and to_iso(since) <= _listed_at(each)
        ]
        bound_to = (viewer.tenant, viewer.user)
        return Page(*lists.page(wanted, _listed_at, limit, cursor, bound_to, to_iso(until)))

    def _beside(self, change: Change) -> tuple[Write, ...]:
        return (events.append(change.event), *(self._journal.append(entry) for entry in change.entries))


def _put(payment: Payment, refuse: Any) -> Write:
    kept = replace(payment, session=replace(payment.session, url=None)) if payment.session else payment
    return MemoryWrite(_place(payment), kept, refuse, due(payment.due_at))


def _changed(stored: Any, version: int) -> Refusal:
    if not isinstance(stored, Payment):
        return LookupError("the payment is gone")
    return None if stored.version == version else PaymentChanged(stored)


def _same(stored: Any) -> Any:
    return stored


def _place(payment: Payment) -> Place:
    return (PAYMENT, payment.tenant, payment.id)


def _listed_at(payment: Payment) -> str:
    return lists.listed_at(payment.created_at, payment.id)
