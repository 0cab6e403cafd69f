"""The entries of an account, newest first, page by page, whole and without strangers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW
from tests.support.calls import counted_calls
from tests.support.ledger import Ledger, a_ledger, a_sale
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import places
from tollgate.ledger.model import JournalEntry, Posting
from tollgate.ledger.ports import EntriesWanted
from tollgate.payments.errors import InvalidCursor

LONG_AGO = NOW - timedelta(days=60)
PENDING, FEES = "seller_pending:ven_1", "platform_fees"


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return a_ledger(store)


def wanted(account: str, **fields: Any) -> EntriesWanted:
    defaults: dict[str, Any] = {"tenant": "demo", "since": LONG_AGO, "until": NOW + timedelta(1), "limit": 3}
    return EntriesWanted(**(defaults | {"account": account} | fields))


def walk(ledger: Ledger, account: str, **fields: Any) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        page = ledger.reader.entries(wanted(account, cursor=cursor, **fields))
        found += [each.id for each in page.entries]
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the list has no end")


def over_days(ledger: Ledger, count: int = 12) -> list[JournalEntry]:
    """Newest first: one every four days and an hour."""
    made = [a_sale(str(number), at=NOW - number * timedelta(days=4, hours=1)) for number in range(count)]
    ledger.post(*made)
    return made


@pytest.mark.parametrize("account", [PENDING, FEES])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_list_holds_every_entry_once_newest_first(ledger: Ledger, account: str, limit: int) -> None:
    made = over_days(ledger)
    assert walk(ledger, account, limit=limit) == [each.id for each in made]


@pytest.mark.parametrize("account", [PENDING, FEES])
def test_a_list_holds_nothing_else(ledger: Ledger, account: str) -> None:
    ours = a_sale("1")
    others = [
        a_sale("2", tenant="other"),
        replace(a_sale("3"), postings=(Posting("gas", 7), Posting("seller_pending:ven_12", -7)), seller="ven_12"),
        a_sale("4", at=LONG_AGO - timedelta(1)),
        a_sale("5", at=NOW + timedelta(2)),
    ]
    ledger.post(ours, a_sale("6", currency="EUR"), *others)
    assert walk(ledger, account, currency="USD") == [ours.id]
    assert set(walk(ledger, account)) == {ours.id, a_sale("6", currency="EUR").id}
    assert walk(ledger, account, since=NOW, until=NOW) == []
    assert walk(ledger, account, since=NOW, until=NOW + timedelta(milliseconds=1), currency="USD") == [ours.id]


def test_an_entry_born_projected_is_listed_like_any_other(ledger: Ledger) -> None:
    ledger.store.unit_of_work.commit(ledger.journal.append(a_sale(), projected=True))
    assert walk(ledger, PENDING) == walk(ledger, FEES) == [a_sale().id]


@pytest.mark.parametrize("account", [PENDING, FEES])
def test_a_page_looks_at_so_many_and_no_more(served: OnDynamo, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is seldom moved takes many pages, most of them empty, and each leads on to the next."""
    monkeypatch.setattr(places, "EXAMINED_PER_PAGE", 16)
    ledger = a_ledger(served)
    rare = replace(a_sale("rare", at=NOW - timedelta(hours=30)), currency="EUR")
    ledger.post(*(a_sale(str(number), at=NOW - timedelta(hours=number % 30)) for number in range(60)), rare)
    first = ledger.reader.entries(wanted(account, currency="EUR"))
    assert (first.entries, first.cursor is None) == ((), False)
    assert walk(ledger, account, currency="EUR", limit=5) == [rare.id]


def test_a_sellers_list_reads_the_sellers_partitions_only(served: OnDynamo) -> None:
    ledger = a_ledger(served)
    over_days(ledger)
    with counted_calls() as calls:
        ledger.reader.entries(wanted(PENDING, limit=100))
    assert calls.of("dynamodb") == ["Query"] * 4


@pytest.mark.parametrize(
    "other",
    [{"tenant": "other"}, {"account": "gas"}, {"currency": "USD"}, {"account": "seller_reserved:ven_1"}],
)
def test_a_cursor_leads_on_in_its_own_list_only(ledger: Ledger, other: dict[str, Any]) -> None:
    over_days(ledger)
    cursor = ledger.reader.entries(wanted(PENDING)).cursor
    asked = {"account": PENDING, "cursor": cursor} | other
    with pytest.raises(InvalidCursor):
        ledger.reader.entries(wanted(**asked))


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "W10", "WzEsMiwzLDRd", "e30", "IiI", "{}", "é"])
def test_what_is_no_cursor_is_refused(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        ledger.reader.entries(wanted(PENDING, cursor=cursor))
