"""The ports in memory. Conditions hold as strictly as in the real store: a commit is atomic, under one lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.builders import a_pricing_item
from tests.support.memory import MemoryStore, MemoryWrite, Refusal
from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.catalog.model import SHARED, PricingItem
from tollgate.catalog.ports import CatalogRepository
from tollgate.fees.platform import Sales
from tollgate.inbox.model import Outcome, ProviderEvent
from tollgate.inbox.ports import AlreadySettled, InboxRepository
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.kernel.idempotency import AlreadyBegun, IdempotencyRecord, IdempotencyRepository, LeaseLost
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.secrets import Secrets
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import EntryExists
from tollgate.payments.errors import InvalidCursor, PaymentChanged, PaymentExists, PaymentExpected, ReferenceTaken
from tollgate.payments.model import Change, Payment
from tollgate.payments.ports import EVERY_PAYMENT, Page, ParkedEvents, PaymentKey, PaymentRepository, Selection

# Stands where a payment will be, for the events that wait for it.
EXPECTED = "expected"


class MemoryPayments(PaymentRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, key: PaymentKey) -> Payment | None:
        found = self._store.items.get(("payment", key.tenant, key.id))
        return found if isinstance(found, Payment) else None

    def create(self, change: Change, *, expected: bool = False) -> tuple[Write, ...]:
        def refuse(stored: Any) -> Refusal:
            if stored == EXPECTED:
                return None if expected else PaymentExpected("events wait for it")
            return PaymentExists(stored) if stored else None

        return (self._put(change.payment, refuse), self._append(change))

    def expect(self, key: PaymentKey) -> Write:
        def refuse(stored: Any) -> Refusal:
            return None if stored in (None, EXPECTED) else PaymentExists(stored)

        return MemoryWrite(("payment", key.tenant, key.id), EXPECTED, refuse)

    def flag(self, payment: Payment) -> Write:
        def refuse(stored: Any) -> Refusal:
            return None if stored.version == payment.version else PaymentChanged(stored)

        return self._put(replace(payment, parked=True), refuse)

    def update(self, change: Change) -> tuple[Write, ...]:
        def refuse(stored: Any) -> Refusal:
            if stored is None:
                return LookupError("the payment is gone")
            as_read = stored.version == change.payment.version - 1 and stored.parked == change.unparks
            return None if as_read else PaymentChanged(stored)

        entries = (_posted(entry) for entry in change.entries)
        return (self._put(change.payment, refuse), self._append(change), *entries)

    def look_again(self, payment: Payment, at: datetime | None) -> Write:
        def refuse(stored: Any) -> Refusal:
            return None if stored.version == payment.version else PaymentChanged(stored)

        return self._put(payment, refuse)

    def point(self, payment: Payment, reference: str, page: str | None = None) -> Write:
        target = PaymentKey(payment.tenant, payment.id)

        def refuse(stored: Any) -> Refusal:
            return None if stored is None or stored[0] == target else ReferenceTaken(reference)

        return MemoryWrite(("reference", payment.provider, reference), (target, page), refuse)

    def page(self, payment: Payment) -> str | None:
        reference = payment.session.reference if payment.session else ""
        page: str | None = self._store.items.get(("reference", payment.provider, reference), (None, None))[1]
        return page

    def find(self, provider: str, reference: str) -> PaymentKey | None:
        found: PaymentKey | None = self._store.items.get(("reference", provider, reference), (None, None))[0]
        return found

    def history(self, key: PaymentKey) -> tuple[dict[str, Any], ...]:
        events = [e for e in self._store.of("event") if (e.tenant, e.aggregate_id) == (key.tenant, key.id)]
        return tuple(event.envelope() for event in sorted(events, key=lambda event: event.sequence))

    def unchanged(self, payment: Payment) -> Write:
        def refuse(stored: Any) -> Refusal:
            return None if stored.version == payment.version else PaymentChanged(stored)

        return MemoryWrite(("payment", payment.tenant, payment.id), lambda stored: stored, refuse)

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
        upper = _opened_cursor(cursor, viewer) if cursor else to_iso(until)
        stored = [p for p in self._store.of("payment") if isinstance(p, Payment) and selection.takes(p)]
        seen = [p for p in stored if p.tenant == viewer.tenant and viewer.sees(p.owner)]
        wanted = sorted((p for p in seen if to_iso(since) <= _place(p) < upper), key=_place, reverse=True)
        after = f"{viewer.tenant}|{viewer.user}|{_place(wanted[limit - 1])}" if len(wanted) > limit else None
        return Page(tuple(wanted[:limit]), after)

    def _put(self, payment: Payment, refuse: Callable[[Any], Refusal]) -> Write:
        kept = replace(payment, session=replace(payment.session, url=None)) if payment.session else payment
        return MemoryWrite(("payment", payment.tenant, payment.id), kept, refuse)

    def _append(self, change: Change) -> Write:
        event = change.event
        place = ("event", event.tenant, event.aggregate_id, str(event.sequence))
        return MemoryWrite(place, event, lambda stored: AssertionError("a gap") if stored else None)


def _posted(entry: JournalEntry) -> Write:
    place = ("journal", entry.tenant, entry.id)
    return MemoryWrite(place, entry, lambda stored: EntryExists(entry) if stored else None)


class MemorySales(Sales):
    """What sellers have sold, as a test says."""

    def __init__(self) -> None:
        self.sold: dict[str, int] = {}

    def of_month(self, tenant: str, seller: str, currency: str, month: str) -> int:
        return self.sold.get(seller, 0)


def _place(payment: Payment) -> str:
    return f"{to_iso(payment.created_at)}#{payment.id}"


def _opened_cursor(cursor: str, viewer: Viewer) -> str:
    parts = cursor.split("|")
    if len(parts) != 3 or parts[:2] != [viewer.tenant, str(viewer.user)]:
        raise InvalidCursor("not a cursor of this list")
    return parts[2]


class MemoryIdempotency(IdempotencyRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, id_: str) -> IdempotencyRecord | None:
        found: IdempotencyRecord | None = self._store.items.get(("idempotency", id_))
        return found

    def begin(self, record: IdempotencyRecord) -> Write:
        return self._put(record, lambda stored: AlreadyBegun(stored) if stored else None)

    def take_over(self, stored: IdempotencyRecord, successor: IdempotencyRecord) -> Write:
        return self._put(successor, _fence(stored.lease_owner, stored.lease_expires_at))

    def finish(self, record: IdempotencyRecord) -> Write:
        return self._put(record, _fence(record.lease_owner))

    def release(self, released: IdempotencyRecord) -> Write:
        return self._put(released, _fence(released.lease_owner))

    def _put(self, record: IdempotencyRecord, refuse: Callable[[Any], Refusal]) -> Write:
        return MemoryWrite(("idempotency", record.id), record, refuse)


def _fence(owner: str, expiry: datetime | None = None) -> Callable[[Any], Refusal]:
    def refuse(stored: Any) -> Refusal:
        held = stored is not None and stored.lease_owner == owner and stored.response is None
        unmoved = expiry is None or (held and stored.lease_expires_at == expiry)
        return None if held and unmoved else LeaseLost("another request took this work over")

    return refuse


class MemoryInbox(InboxRepository):
    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    def accept(self, event: ProviderEvent) -> bool:
        def refuse(stored: Any) -> Refusal:
            return AlreadySettled("stored before") if stored else None

        try:
            self._unit_of_work.commit(MemoryWrite(("inbox", event.provider, event.id), (event, None), refuse))
        except AlreadySettled:
            return False
        return True

    def get(self, provider: str, event_id: str) -> ProviderEvent | None:
        stored = self._store.items.get(("inbox", provider, event_id))
        return stored[0] if stored else None

    def park(self, event: ProviderEvent, key: PaymentKey, at: datetime) -> tuple[Write, ...]:
        place = ("parked", key.tenant, key.id, event.provider, event.id)
        return (self.settle(event, Outcome.PARKED, at), MemoryWrite(place, event, lambda _: None))

    def settle(self, event: ProviderEvent, outcome: Outcome, at: datetime) -> Write:
        def refuse(stored: Any) -> Refusal:
            waiting = stored is not None and stored[1] in (None, Outcome.PARKED, Outcome.FAILED)
            return None if waiting else AlreadySettled("settled before")

        return MemoryWrite(("inbox", event.provider, event.id), (event, outcome), refuse)

    def put_away(self, event: ProviderEvent, at: datetime) -> Write:
        return self.settle(event, self.outcome(event.provider, event.id) or Outcome.FAILED, at)

    def outcome(self, provider: str, event_id: str) -> Outcome | None:
        stored = self._store.items.get(("inbox", provider, event_id))
        return stored[1] if stored else None


class MemoryParking(ParkedEvents):
    """Notes what was woken; whoever runs the inbox applies it."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.woken: list[ProviderEvent] = []

    def wake(self, key: PaymentKey) -> int:
        with self._store.lock:
            places = [place for place in self._store.items if place[:3] == ("parked", key.tenant, key.id)]
            self.woken += [self._store.items.pop(place) for place in places]
        return len(places)


class MemoryCatalog(CatalogRepository):
    def __init__(self, items: Iterable[PricingItem] = ()) -> None:
        self._items = {(item.tenant, item.code): item for item in (a_pricing_item(), *items)}

    def find(self, tenant: str, code: str) -> PricingItem | None:
        return self._items.get((tenant, code)) or self._items.get((SHARED, code))

    def put(self, item: PricingItem) -> None:
        self._items[item.tenant, item.code] = item


class MemorySignatures:
    """Spent signatures, with the time until which each is remembered."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], tuple[int, str]] = {}

    def use(self, service: str, signature: str, *, now: int, until: int, bound_to: str = "") -> None:
        held_until, key = self._spent.get((service, signature), (now - 1, ""))
        if held_until >= now and (not bound_to or key != bound_to):
            raise SignatureUsed("this signature was used before")
        self._spent[service, signature] = (until, bound_to)


class MemorySecrets(Secrets):
    """Secrets that a test can change while it runs."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.values = dict(values or {})

    def get(self, name: str) -> Mapping[str, Any]:
        return self.values.get(name, {})


class CountingIds(IdFactory):
    """1, 2, 3."""

    def __init__(self) -> None:
        self._made = 0

    def new(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self._made}"
