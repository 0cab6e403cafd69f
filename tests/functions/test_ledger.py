"""The ledger through its handlers: from the journal's items in the stream to the books that an admin sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.calls import counted_calls
from tests.support.deployment import Answer, Deployment
from tests.support.ledger import a_sale
from tests.support.requests import context
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal
from tollgate.adapters.dynamodb.ledger_items import to_item
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting
from tollgate.ledger.rules import payout_requested, refund_succeeded

TRIAL, ENTRIES = "/admin/ledger/trial-balance", "/admin/ledger/accounts/{}/entries"
NOW = datetime.now(UTC).replace(microsecond=0)
# What the mapping in the template hands over at most.
BATCH = 90


class Books:
    """Posts as the rooms will, and delivers as the stream does."""

    def __init__(self, deployed: Deployment) -> None:
        connection = connect()
        self.deployed = deployed
        self.core = Table(connection, deployed.environment["CORE_TABLE"])
        self.unit_of_work = DynamoUnitOfWork(connection)
        self.journal, self.balances = DynamoJournal(self.core), DynamoBalances(self.core)

    def post(self, *entries: JournalEntry) -> None:
        for some in batched(entries, 100, strict=False):
            self.unit_of_work.commit(*(self.journal.append(each) for each in some))

    def records(self) -> list[dict[str, Any]]:
        """What the filter of the mapping lets through."""
        return [
            record
            for record in self.deployed.stream("CORE_TABLE")
            if record["eventName"] == "INSERT" and record["dynamodb"]["NewImage"]["kind"]["S"] == "journal_entry"
        ]

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> Any:
        return self.deployed.function("ledger_projector").handler({"Records": list(records)}, context())

    def projected(self, *entries: JournalEntry) -> None:
        self.post(*entries)
        assert self.deliver(self.records()) == {"batchItemFailures": []}

    def ask(self, path: str = TRIAL, query: str = "", *, role: str = "admin", tenant: str = "demo") -> Answer:
        headers = self.deployed.as_user("boss", tenant, role)
        return self.deployed.call("GET", path, headers=headers, query=query, function="admin_api")

    def accounts(self, currency: str = "USD") -> dict[str, int]:
        (block,) = self.ask(query=f"currency={currency}").body["currencies"]
        return {each["account"]: each["balance"] for each in block["accounts"]}


@pytest.fixture
def books(deployed: Deployment) -> Books:
    return Books(deployed)


def sales(count: int, **fields: Any) -> Iterator[JournalEntry]:
    return (a_sale(str(number), at=NOW - timedelta(seconds=number), **fields) for number in range(count))


def test_a_sale_and_its_refund_come_into_the_books(books: Books) -> None:
    refund = refund_succeeded("demo", "pay_0", "ref_1", "stripe", "ven_1", "USD", 1000, 100, False, NOW)
    assert refund is not None
    books.projected(*sales(2), refund)
    answer = books.ask()
    assert answer.status == 200
    assert (answer.body["balanced"], answer.body["steady"]) == (True, True)
    assert answer.body["notYetProjected"] == {"entries": 0, "andMore": False, "since": None}
    (usd,) = answer.body["currencies"]
    assert usd["byKind"] == {
        "platform_fees": 900,
        "provider_clearing": -8650,
        "provider_fees": -350,
        "seller_pending": 8100,
    }
    assert (usd["currency"], usd["total"], usd["accountsNotShown"]) == ("USD", 0, 0)
    (seller,) = [each for each in usd["accounts"] if each["account"] == "seller_pending:ven_1"]
    assert seller == {
        "account": "seller_pending:ven_1",
        "balance": 8100,
        "postings": 3,
        "sales": {f"{NOW:%Y_%m}": 10000},
    }


def test_a_batch_that_comes_again_split_shuffled_and_beside_itself_changes_nothing(books: Books) -> None:
    books.projected(*sales(40), *sales(5, tenant="other"), *(_card(str(number)) for number in range(5)))
    before = books.ask().body["currencies"]
    records = books.records()
    shuffled = Random(1).sample(records, len(records))  # noqa: S311 - an order, not a secret
    for batch in (records, *batched(shuffled, 7, strict=False), records[10:30], shuffled):
        assert books.deliver(batch) == {"batchItemFailures": []}
    assert books.ask().body["currencies"] == before


def _card(name: str) -> JournalEntry:
    moved = (Posting("provider_clearing:stripe", -3), Posting("gift_card_liability", 3))
    return replace(a_sale(f"card-{name}", at=NOW, currency="EUR"), kind="gift_card_sold", seller=None, postings=moved)


def test_entries_that_were_not_delivered_yet_are_told(books: Books) -> None:
    books.post(*sales(3))
    told = books.ask().body["notYetProjected"]
    assert (told["entries"], told["andMore"]) == (3, False)
    assert told["since"].startswith(f"{NOW - timedelta(seconds=2):%Y-%m-%dT%H:%M:%S}")
    assert books.deliver(books.records()) == {"batchItemFailures": []}
    assert books.ask().body["notYetProjected"]["entries"] == 0


def test_an_entry_that_cannot_be_read_is_reported_and_holds_up_no_other(books: Books) -> None:
    books.post(*sales(3))
    records = books.records()
    bad = records[1]["dynamodb"]
    bad["NewImage"]["postings"] = {"S": '{"gas":1,"disputes":-2}'}
    assert books.deliver(records) == {"batchItemFailures": [{"itemIdentifier": bad["SequenceNumber"]}]}
    assert books.accounts()["platform_fees"] == 1000
    bad["NewImage"]["postings"] = records[0]["dynamodb"]["NewImage"]["postings"]
    assert books.deliver(records) == {"batchItemFailures": []}
    assert books.accounts()["platform_fees"] == 1500


def test_an_entry_that_was_booked_at_once_is_not_projected(books: Books) -> None:
    books.unit_of_work.commit(books.balances.credit("demo", "USD", "seller_available:ven_1", 1000))
    books.unit_of_work.commit(books.balances.credit("demo", "USD", "unallocated", -1000))
    payout = payout_requested("demo", "out_1", "ven_1", "USD", 1000, NOW)
    assert payout is not None
    books.unit_of_work.commit(*book(books.journal, books.balances, payout, ["seller_available:ven_1"]))
    assert books.deliver(books.records()) == {"batchItemFailures": []}
    assert books.accounts() == {
        "payouts_in_transit": 1000,
        "seller_available:ven_1": 0,
        "unallocated": -1000,
    }


def test_records_of_other_kinds_are_passed_over(books: Books) -> None:
    books.projected(*sales(1))
    everything = books.deployed.stream("CORE_TABLE")
    assert {record["dynamodb"]["NewImage"]["kind"]["S"] for record in everything} > {"journal_mark", "balance"}
    assert books.deliver(everything) == {"batchItemFailures": []}
    assert books.accounts()["platform_fees"] == 500


def test_a_thousand_sales_of_one_seller_are_a_dozen_writes_of_any_item(books: Books) -> None:
    records = [_record(number, each) for number, each in enumerate(sales(1000))]
    with counted_calls() as calls:
        for batch in batched(records, BATCH, strict=False):
            assert books.deliver(batch) == {"batchItemFailures": []}
    writes: dict[str, int] = {}
    for request in calls.requests:
        for each in request["TransactItems"]:
            if "Update" in each:
                name = each["Update"]["Key"]["pk"]["S"]
                writes[name] = writes.get(name, 0) + 1
    assert len(writes) == 4
    assert max(writes.values()) == 12
    assert books.accounts()["seller_pending:ven_1"] == 4_500_000


def _record(number: int, entry: JournalEntry) -> dict[str, Any]:
    """As the stream carries a new entry; the engine's own gives a thousand of all kinds at most."""
    image = to_item(entry, projected=False).serialize()
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


@pytest.mark.parametrize("account", ["seller_pending:ven_1", "platform_fees"])
def test_an_account_shows_its_entries_page_by_page(books: Books, account: str) -> None:
    books.post(*sales(5), *sales(2, tenant="other"))
    path = ENTRIES.format(account)
    pages = list(_pages(books, path))
    found = [each for page in pages for each in page["entries"]]
    assert [each["subject"]["id"] for each in found] == [f"pay_{number}" for number in range(5)]
    assert {each["amount"] for each in found} == ({4500} if account.startswith("seller") else {500})
    assert {page["account"] for page in pages} == {account}
    assert {"account": "platform_fees", "amount": 500} in found[0]["postings"]


def _pages(books: Books, path: str) -> Iterator[dict[str, Any]]:
    query = "limit=2"
    while True:
        answer = books.ask(path, query)
        assert answer.status == 200, answer.body
        yield answer.body
        if answer.body["nextCursor"] is None:
            return
        query = f"limit=2&cursor={answer.body['nextCursor']}"


def test_the_colon_of_an_account_may_be_escaped(books: Books) -> None:
    books.post(*sales(1))
    answer = books.ask(ENTRIES.format(quote("seller_pending:ven_1", safe="")))
    assert [each["kind"] for each in answer.body["entries"]] == ["payment_confirmed"]


def test_a_ledger_that_is_empty_balances(books: Books) -> None:
    answer = books.ask()
    assert (answer.body["balanced"], answer.body["currencies"]) == (True, [])
    assert books.ask(ENTRIES.format("gas")).body["entries"] == []


def test_books_that_are_off_are_told(books: Books) -> None:
    books.projected(*sales(1))
    books.unit_of_work.commit(books.balances.credit("demo", "USD", "gas", 7))
    answer = books.ask()
    assert (answer.body["balanced"], answer.body["steady"]) == (False, True)
    assert answer.body["currencies"][0]["total"] == 7


def test_nobody_sees_the_books_of_another_tenant(books: Books) -> None:
    books.projected(*sales(2), *sales(1, tenant="other"))
    assert books.accounts()["platform_fees"] == 1000
    others = books.ask(tenant="third")
    assert others.body["currencies"] == []
    assert books.ask(ENTRIES.format("platform_fees"), tenant="third").body["entries"] == []


@pytest.mark.parametrize("path", [TRIAL, ENTRIES.format("gas")])
@pytest.mark.parametrize("role", ["user", "venue_manager", "venue_owner"])
def test_the_books_are_for_admins(books: Books, path: str, role: str) -> None:
    assert books.ask(path, role=role).status == 403


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (TRIAL, "currency=usd", "currency"),
        (TRIAL, "limit=2", "limit"),
        (ENTRIES.format("cash"), "", "account"),
        (ENTRIES.format("seller_pending:a%23b"), "", "account"),
        (ENTRIES.format("gas"), "currency=XXX", "currency"),
        (ENTRIES.format("gas"), "limit=0", "limit"),
        (ENTRIES.format("gas"), "from=yesterday", "from"),
        (ENTRIES.format("gas"), "seller=1", "seller"),
    ],
)
def test_what_is_asked_wrongly_is_named(books: Books, path: str, query: str, field: str) -> None:
    answer = books.ask(path, query)
    assert answer.status == 422
    assert field in [each["field"] for each in answer.body["errors"]]


def test_a_cursor_of_another_list_is_refused(books: Books) -> None:
    books.post(*sales(3))
    cursor = books.ask(ENTRIES.format("platform_fees"), "limit=1").body["nextCursor"]
    assert books.ask(ENTRIES.format("provider_fees"), f"cursor={cursor}").status == 400
