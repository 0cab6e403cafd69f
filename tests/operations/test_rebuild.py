"""The balances are held to the journal: what agrees says so, and what does not is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations import rebuild
from operations.__main__ import main
from tests.operations.world import World
from tests.support.calls import counted_calls
from tests.support.ledger import a_sale
from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal, DynamoProjection
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting
from tollgate.ledger.projecting import Projector
from tollgate.ledger.rules import payout_requested

NOW = datetime.now(UTC).replace(microsecond=0)


class Books:
    def __init__(self, world: World) -> None:
        connection = connect()
        self.core = Table(connection, world.core)
        self.unit_of_work = DynamoUnitOfWork(connection)
        self.journal, self.balances = DynamoJournal(self.core), DynamoBalances(self.core)
        self.projector = Projector(DynamoProjection(self.core), self.unit_of_work)

    def post(self, *entries: JournalEntry) -> None:
        self.unit_of_work.commit(*(self.journal.append(each) for each in entries))

    def projected(self, *entries: JournalEntry) -> None:
        self.post(*entries)
        self.projector.project(entries)


@pytest.fixture
def books(world: World, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.setattr(rebuild, "_PAUSE_SECONDS", 0)
    return Books(world)


def run(world: World, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["rebuild-ledger", "--core-table", world.core, *words])
    return code, json.loads(capsys.readouterr().out)


def sales(count: int, **fields: Any) -> list[JournalEntry]:
    """One a week, back in time."""
    return [a_sale(str(number), at=NOW - timedelta(days=7 * number), **fields) for number in range(count)]


def test_books_that_agree_with_their_journal_say_so(
    world: World, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.projected(*sales(5), *sales(3, tenant="other", currency="EUR"))
    payout = payout_requested("demo", "out_1", "ven_1", "USD", 100, NOW)
    assert payout is not None
    books.projected(_endowment())
    books.unit_of_work.commit(*book(books.journal, books.balances, payout, ["seller_available:ven_1"]))
    code, told = run(world, capsys)
    assert code == 0
    assert told["complete"] is True
    assert (told["tenants"], told["entries"], told["entries_not_yet_projected"]) == (2, 10, 0)
    assert told["accounts"] == 4 + 4 + 3


def _endowment() -> JournalEntry:
    moved = (Posting("seller_available:ven_1", 1000), Posting("unallocated", -1000))
    return replace(a_sale("start", at=NOW), kind="test", postings=moved)


def test_nothing_is_written(world: World, books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    books.projected(*sales(2))
    with counted_calls() as calls:
        run(world, capsys)
    assert set(calls.of("dynamodb")) == {"Query", "BatchGetItem"}


@pytest.mark.parametrize("amount", [-1, 1])
def test_a_balance_that_is_off_is_named(
    world: World, books: Books, capsys: pytest.CaptureFixture[str], amount: int
) -> None:
    books.projected(*sales(1), *sales(1, tenant="other"))
    books.unit_of_work.commit(books.balances.credit("demo", "USD", "seller_pending:ven_1", amount))
    code, told = run(world, capsys)
    assert code == 1
    named = {each["what"]: each["why"] for each in told["differences"]["named"]}
    assert set(named) == {"demo/USD/seller_pending:ven_1", "demo/USD/*"}
    assert f"{4500 + amount} after 2 postings" in named["demo/USD/seller_pending:ven_1"]
    assert f"its entries 4500 after 1 postings ({NOW:%Y_%m} sold 5000)" in named["demo/USD/seller_pending:ven_1"]


def test_a_balance_without_entries_and_entries_without_a_balance_are_named(
    world: World, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.post(*sales(1))
    books.unit_of_work.commit(DynamoProjection(books.core).mark(sales(1)[0]))
    books.unit_of_work.commit(books.balances.credit("demo", "USD", "gas", 5))
    code, told = run(world, capsys)
    assert code == 1
    named = {each["what"]: each["why"] for each in told["differences"]["named"]}
    assert "says 5 after 1 postings, its entries nothing" in named["demo/USD/gas"]
    assert "says nothing, its entries 500 after 1 postings" in named["demo/USD/platform_fees"]


def test_an_entry_that_has_waited_for_long_is_named_and_a_new_one_is_not(
    world: World, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.projected(a_sale("0", at=NOW))
    # Now, and not when this file was read: a whole run of the tests takes longer than an entry may wait.
    books.post(a_sale("1", at=datetime.now(UTC)))
    assert run(world, capsys)[0] == 0
    lost = a_sale("2", at=NOW - timedelta(hours=1))
    books.post(lost)
    code, told = run(world, capsys)
    assert (code, told["entries_not_yet_projected"]) == (1, 2)
    assert [each["what"] for each in told["entries_lost_on_the_way"]["named"]] == [f"demo/{lost.id}"]
    assert told["differences"]["count"] == 0


def test_one_tenant_can_be_checked_alone(world: World, books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    books.projected(*sales(2), *sales(3, tenant="other"))
    books.unit_of_work.commit(books.balances.credit("other", "USD", "gas", 5))
    code, told = run(world, capsys, "--tenant", "demo")
    assert (code, told["tenants"], told["entries"]) == (0, 1, 2)
    assert run(world, capsys, "--tenant", "other")[0] == 1


def test_an_entry_older_than_the_balances_remember_is_found_from_a_day_that_is_named(
    world: World, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.projected(a_sale("1", at=NOW))
    books.projected(a_sale("2", at=NOW - timedelta(days=100)))
    assert run(world, capsys)[0] == 1
    code, told = run(world, capsys, "--from", f"{NOW - timedelta(days=101):%Y-%m-%d}")
    assert (code, told["entries"]) == (0, 2)


def test_an_account_that_moves_meanwhile_is_not_judged(
    world: World, books: Books, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    books.projected(*sales(2))
    call, numbers = Table.call, iter(range(1000))

    def busy(table: Table, operation: str, request: Any) -> Any:
        if request.get("IndexName") == "by_day" and next(numbers) % 40 == 0:
            books.unit_of_work.commit(books.balances.credit("demo", "USD", "platform_fees", 1))
        return call(table, operation, request)

    monkeypatch.setattr(Table, "call", busy)
    code, told = run(world, capsys)
    assert code == 1
    assert told["differences"]["count"] == 0
    assert [each["what"] for each in told["changed_while_read"]["named"]] == ["demo/USD/platform_fees"]


def test_an_account_that_moved_in_one_try_only_is_judged_by_the_next(
    world: World, books: Books, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    books.projected(*sales(2))
    late, call = [a_sale("late", at=NOW)], Table.call

    def busy(table: Table, operation: str, request: Any) -> Any:
        if request.get("IndexName") == "by_day" and late:
            books.projected(late.pop())
        return call(table, operation, request)

    monkeypatch.setattr(Table, "call", busy)
    code, told = run(world, capsys)
    assert (code, told["entries"], told["changed_while_read"]["count"]) == (0, 3, 0)


def test_what_is_no_entry_stops_the_run_in_words(
    world: World, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.projected(*sales(1))
    pk, sk = keys.journal_entry("demo", sales(1)[0].id)
    world.deployed.client("dynamodb").update_item(
        TableName=world.core,
        Key={"pk": {"S": pk}, "sk": {"S": sk}},
        UpdateExpression="SET postings = :bad",
        ExpressionAttributeValues={":bad": {"S": '{"gas":1,"disputes":-2}'}},
    )
    code, told = run(world, capsys)
    assert code == 1
    assert "Unbalanced" in told["stopped"]


def test_a_stack_or_a_table_and_a_day_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rebuild-ledger"]) == 2
    assert "CORE_TABLE=…" in capsys.readouterr().err
    assert main(["rebuild-ledger", "--core-table", "x", "--from", "last week"]) == 2
    assert "FROM=2026-01-31" in capsys.readouterr().err


def test_a_stack_knows_its_table(world: World, books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    books.projected(*sales(1))
    assert main(["rebuild-ledger", "--stack", world.stack]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 1
