"""What the rooms ask of the store, each with what must be so before and after: for faults at every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from tests.support.builders import NOW, a_provider_event, a_record, captured, created, priced
from tests.support.stores import OnDynamo
from tollgate.catalog.model import Asked, Changes, ItemChange
from tollgate.catalog.ports import Selection as ItemSelection
from tollgate.inbox.model import Outcome
from tollgate.kernel.access import Viewer
from tollgate.kernel.idempotency import LEASE, Response
from tollgate.payments.model import Change
from tollgate.payments.ports import PaymentKey, Selection
from tollgate.statistics.model import Occurrence, Tally, bucket_of

PAYMENT = created().payment
ITEM = priced()
DEARER = ITEM.item.changed(Changes(amount=9_900), Asked("service:tests"), NOW)
KEY = PaymentKey("demo", PAYMENT.id)
ANY_ITEM = ItemSelection()
WHOLE: dict[str, Any] = {"since": NOW - timedelta(days=2), "until": NOW + timedelta(days=1)}


@dataclass(frozen=True)
class Operation:
    """`shows` is what a reader sees afterwards; the same must be seen when nothing goes wrong."""

    run: Callable[[OnDynamo], object]
    before: Callable[[OnDynamo], object] = lambda _: None
    shows: Callable[[OnDynamo], object] = lambda _: None


def _confirmed() -> Change:
    change = PAYMENT.apply(captured(), NOW)
    assert isinstance(change, Change)
    return change


def _open(store: OnDynamo) -> None:
    store.unit_of_work.commit(store.idempotency.begin(a_record()), *store.payments.create(created()))


def _show(store: OnDynamo) -> object:
    return store.payments.get(KEY), store.payments.history(KEY), store.idempotency.get(a_record().id)


def _accepted(store: OnDynamo) -> None:
    store.inbox.accept(a_provider_event())


def _open_and_told(store: OnDynamo) -> None:
    _open(store)
    _accepted(store)


def _price(store: OnDynamo) -> None:
    store.unit_of_work.commit(*store.catalog.create(ITEM))


COUNTED = Occurrence("demo", PAYMENT.id, 1, "payments.payment.created", NOW, PAYMENT.amount, NOW)
BUCKET = bucket_of(NOW)

TRANSACTIONS = {
    "create": Operation(_open, shows=_show),
    "update": Operation(
        lambda store: store.unit_of_work.commit(*store.payments.update(_confirmed())), before=_open, shows=_show
    ),
    "finish": Operation(
        lambda store: store.unit_of_work.commit(
            store.idempotency.finish(a_record().finished(Response(201, "{}"), NOW)),
            store.payments.point(PAYMENT, "cs_1"),
            *store.payments.update(_confirmed()),
        ),
        before=_open,
        shows=lambda store: (_show(store), store.payments.find("stripe", "cs_1")),
    ),
    "apply": Operation(
        lambda store: store.unit_of_work.commit(
            store.inbox.settle(a_provider_event(), Outcome.APPLIED, NOW), *store.payments.update(_confirmed())
        ),
        before=_open_and_told,
        shows=_show,
    ),
    "change an item": Operation(
        lambda store: store.unit_of_work.commit(*store.catalog.update(cast(ItemChange, DEARER))),
        before=_price,
        shows=lambda store: (
            store.catalog.get(ITEM.item.key),
            [each.body for each in store.event_log.between(NOW, NOW + timedelta(seconds=1))],
        ),
    ),
    "count": Operation(
        lambda store: store.unit_of_work.commit(
            store.statistics.mark(COUNTED), store.statistics.add("demo", BUCKET, Tally.of(COUNTED), "a")
        ),
        before=_open,
        shows=lambda store: store.statistics.since("demo", BUCKET),
    ),
}
LONE_WRITES = {
    "point": Operation(lambda store: store.unit_of_work.commit(store.payments.point(PAYMENT, "cs_1"))),
    "take over": Operation(
        lambda store: store.unit_of_work.commit(
            store.idempotency.take_over(a_record(), a_record().leased_to("lease-2", NOW + LEASE))
        ),
        before=_open,
        shows=_show,
    ),
    "finish alone": Operation(
        lambda store: store.unit_of_work.commit(
            store.idempotency.finish(a_record().finished(Response(409, "{}"), NOW))
        ),
        before=_open,
        shows=_show,
    ),
    "release": Operation(
        lambda store: store.unit_of_work.commit(
            store.idempotency.release(a_record().released(NOW + timedelta(seconds=1), key_spent=True))
        ),
        before=_open,
        shows=_show,
    ),
    "accept": Operation(_accepted, shows=lambda store: store.inbox.get("stripe", "evt_1")),
    "park": Operation(
        lambda store: store.unit_of_work.commit(store.inbox.settle(a_provider_event(), Outcome.PARKED, NOW)),
        before=_accepted,
    ),
    "use a signature": Operation(lambda store: store.signatures.use("tickets", "abc", now=1, until=300)),
    "put a tenant": Operation(
        lambda store: store.tenants.put("demo", ["https://shop.example"]),
        shows=lambda store: store.tenants.return_origins("demo"),
    ),
}


def _all(store: OnDynamo) -> None:
    _open(store)
    _accepted(store)
    for minutes in (0, 10):
        tally = Tally(created=1, revenue={"EUR": 7})
        store.unit_of_work.commit(store.statistics.add("demo", BUCKET + timedelta(minutes=minutes), tally, "a"))
    store.unit_of_work.commit(store.payments.point(PAYMENT, "cs_1"), *store.payments.update(_confirmed()))
    _price(store)
    store.tenants.put("demo", ["https://shop.example"])


READS = {
    "get": Operation(lambda store: store.payments.get(KEY), before=_all),
    "find": Operation(lambda store: store.payments.find("stripe", "cs_1"), before=_all),
    "history": Operation(lambda store: store.payments.history(KEY), before=_all),
    "list of an owner": Operation(
        lambda store: store.payments.list(Viewer("demo", "user-1"), limit=9, cursor=None, **WHOLE), before=_all
    ),
    "list of a tenant": Operation(
        lambda store: store.payments.list(Viewer("demo", None), limit=9, cursor=None, **WHOLE), before=_all
    ),
    "list of some": Operation(
        lambda store: store.payments.list(
            Viewer("demo", None), limit=9, cursor=None, selection=Selection(provider="stripe"), **WHOLE
        ),
        before=_all,
    ),
    "statistics": Operation(lambda store: store.statistics.since("demo", BUCKET), before=_all),
    "get a record": Operation(lambda store: store.idempotency.get(a_record().id), before=_all),
    "get an event": Operation(lambda store: store.inbox.get("stripe", "evt_1"), before=_all),
    "find an item": Operation(lambda store: store.catalog.find("demo", "concert_ticket"), before=_all),
    "list items": Operation(lambda store: store.catalog.list("demo", ANY_ITEM, limit=9, cursor=None), before=_all),
    "return origins": Operation(lambda store: store.tenants.return_origins("demo"), before=_all),
}
