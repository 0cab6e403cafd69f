"""Payments that are there already: paid, counted and in the books, all of one buyer, one venue and one morning, so that
each list has them in as few partitions as it can; with every tenth a gift card and somebody's credit, and with every
fifth a subscription. Made by the rooms and the adapters that make them in production.
"""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any
from urllib.parse import urlsplit

from bench import stock_of_plans
from bench.stock_of_plans import as_item
from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.gift_cards import CREDIT, DynamoGiftCards
from tollgate.adapters.dynamodb.ledger import DynamoJournal, DynamoProjection
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.statistics import DynamoStatistics
from tollgate.gift_cards.model import CardState, GiftCard
from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import derived, shard
from tollgate.kernel.money import Money
from tollgate.ledger.balances import changes
from tollgate.ledger.model import JournalEntry
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Capture, Change, LineItem, Payment, Report, Session, open_payment
from tollgate.reconciliation.delivery import FOLLOWED
from tollgate.runtime.composition.storage import Storage
from tollgate.statistics.model import Tally

TENANT, OWNER, SELLER = "demo", "buyer-of-everything", "ven-of-everything"
PRICE = Money(12_500, "USD")
# A hundred thousand fit into three hours.
APART = timedelta(milliseconds=100)
_TEN_MINUTES = timedelta(minutes=10)
_PER_REQUEST = 2000
_PAYMENTS_PER_CARD = 10
# Of a thousand, that is more than a user's plan status looks at.
_PAYMENTS_PER_PLAN = 5


@dataclass(frozen=True, slots=True)
class Stocked:
    """What was stored, and how long that took."""

    payments: int
    items: int
    seconds: float


def fill(storage: Storage, url: str, count: int, newest: datetime) -> Stocked:
    """Store so many payments, the last made at `newest`, with the counters of a full day and the balances of all."""
    begun = time.monotonic()
    entries: list[JournalEntry] = []
    with closing(Engine(url)) as engine:
        loaded = load(engine, storage.core.name, _items(storage, count, newest, entries))
        _put_in_order(engine, storage.core.name, newest)
    projection = DynamoProjection(storage.core)
    for key, change in changes(entries).items():
        storage.unit_of_work.commit(projection.apply(key, change))
    _count_a_day(storage, newest)
    return Stocked(count, loaded, round(time.monotonic() - begun, 1))


def payment_id(number: int) -> str:
    """Spread evenly: payment after payment comes into the next shard of its day."""
    tries = (derived("pay", "stock", str(number), str(attempt)) for attempt in itertools.count())
    return next(id_ for id_ in tries if shard(id_, keys.DAY_SHARDS) == number % keys.DAY_SHARDS)


def _items(storage: Storage, count: int, newest: datetime, entries: list[JournalEntry]) -> Iterator[dict[str, Any]]:
    """Item by item; what is to be brought into balances comes into `entries`."""
    payments, journal = DynamoPayments(storage.core), DynamoJournal(storage.core)
    projection = DynamoProjection(storage.core)
    for number in range(count):
        told = list(_history(number, newest - number * APART))
        last = told[-1].payment
        assert last.session is not None
        for event in (change.event for change in told):
            yield as_item(event_items.append(storage.core, event), seen=event.type in FOLLOWED)
        yield from (as_item(payments.create(told[-1])[0]), as_item(payments.point(last, last.session.reference)))
        for entry in told[-1].entries:
            yield from (as_item(journal.append(entry)), as_item(projection.mark(entry)))
            entries.append(entry)
        if number % _PAYMENTS_PER_CARD == 0:
            yield from _given(storage, number, last)
        if number % _PAYMENTS_PER_PLAN == 0:
            yield from stock_of_plans.items(storage, number // _PAYMENTS_PER_PLAN, last)


def card_id(number: int) -> str:
    """The card that comes with this payment, a multiple of ten."""
    return derived("gft", "stock", str(number))


def _given(storage: Storage, number: int, payment: Payment) -> Iterator[dict[str, Any]]:
    """A card that can be spent for a year, with its history, and the credit of somebody else."""
    ordered = _draft_card(number, payment).order(payment.created_at)
    activated = ordered.card.activate(payment.created_at, 365)
    assert activated is not None
    for change in (ordered, activated):
        yield as_item(event_items.append(storage.core, change.event))
    yield as_item(DynamoGiftCards(storage.core).create(activated)[0])
    customer = derived("cus", "stock", str(number))
    pk, sk = keys.credit(TENANT, PRICE.currency, customer)
    yield {"pk": {"S": pk}, "sk": {"S": sk}, "kind": {"S": CREDIT}, "available": {"N": str(PRICE.amount)}}


def _draft_card(number: int, payment: Payment) -> GiftCard:
    return GiftCard(
        id=card_id(number),
        tenant=TENANT,
        amount=PRICE.amount,
        currency=PRICE.currency,
        available=0,
        state=CardState.PENDING,
        version=0,
        created_at=payment.created_at,
        updated_at=payment.created_at,
        payment_id=payment.id,
        buyer=OWNER,
        code_version=1,
        code_key="0a1b2c3d",
        ending="WXYZ",
        recipient_email="grandmother.lastname@mail.example",
    )


def _history(number: int, at: datetime) -> Iterator[Change]:
    """Created, opened, confirmed."""
    id_ = payment_id(number)
    change = open_payment(_draft(id_, at), None)
    session = Session(f"cs_test_{id_}{id_}", None, at + timedelta(days=1))
    yield change
    for report in (
        Report(Fact.CHECKOUT_OPENED, at, session=session),
        Report(Fact.CAPTURED, at, capture=Capture(f"pi_{id_}", PRICE, at)),
    ):
        told = change.payment.apply(report, at)
        assert isinstance(told, Change)
        yield (change := told)


def _draft(id_: str, at: datetime) -> Payment:
    return Payment(
        id=id_,
        tenant=TENANT,
        owner=OWNER,
        amount=PRICE,
        items=(LineItem("concert_ticket", "Concert ticket", 5, Money(2500, "USD")),),
        method="card",
        provider="stripe",
        state=State.PENDING,
        version=0,
        created_at=at,
        updated_at=at,
        fingerprint="f" * 64,
        client_reference="order-2026-0001234",
        seller=SELLER,
        fee=1250,
    )


def _count_a_day(storage: Storage, newest: datetime) -> None:
    """All that the figures of a day can read, however many payments it had."""
    statistics = DynamoStatistics(storage.core)
    begin = newest.replace(minute=0, second=0, microsecond=0)
    spreads = [next(text for text in map(str, itertools.count()) if shard(text, 4) == wanted) for wanted in range(4)]
    counted = Tally(created=9, successful=9, revenue={"USD": 9 * PRICE.amount})
    for number, spread in itertools.product(range(24 * 6), spreads):
        storage.unit_of_work.commit(statistics.add(TENANT, begin - number * _TEN_MINUTES, counted, spread))


def load(engine: Engine, table: str, items: Iterable[dict[str, Any]]) -> int:
    """Store them in large portions; how many they were."""
    loaded = 0
    for some in batched(items, _PER_REQUEST, strict=False):
        engine.ask("BatchWriteItem", {"RequestItems": {table: [{"PutRequest": {"Item": item}} for item in some]}})
        loaded += len(some)
    return loaded


def _put_in_order(engine: Engine, table: str, newest: datetime) -> None:
    """The engine sorts a partition when it is first asked for. Our clients would not wait for that."""
    day = to_iso(newest)[:10]
    partitions = [
        ("by_owner", "owner_key", keys.owner(TENANT, OWNER)),
        *(
            ("by_owner", "owner_key", keys.journal_of_seller(TENANT, SELLER, number))
            for number in range(keys.JOURNAL_SHARDS)
        ),
        *(("by_day", "day_shard", keys.day_shard(TENANT, day, number)) for number in range(keys.DAY_SHARDS)),
        ("by_owner", "owner_key", keys.subscriptions_of(TENANT, OWNER)),
        *(("by_day", "day_shard", shard_) for shard_ in keys.subscriptions_shards(TENANT)),
        *(("by_day", "day_shard", keys.journal_day(TENANT, day, number)) for number in range(keys.JOURNAL_SHARDS)),
        *(("by_due", "due", keys.due_shard(number)) for number in range(keys.DUE_SHARDS)),
    ]
    for index, attribute, value in partitions:
        condition = {"KeyConditionExpression": f"{attribute} = :v", "ExpressionAttributeValues": {":v": {"S": value}}}
        engine.ask("Query", {"TableName": table, "IndexName": index, "Limit": 1, **condition})


class Engine:
    """Past boto3, which would sign and check each request and give up early."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def ask(self, operation: str, request: dict[str, Any]) -> None:
        headers = {**_HEADERS, "x-amz-target": f"DynamoDB_20120810.{operation}"}
        self._connection.request("POST", "/", json.dumps(request), headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said

    def close(self) -> None:
        self._connection.close()


_HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, Signature=none",
}
