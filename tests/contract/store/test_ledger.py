"""The journal and the balances: an entry is posted once, is projected once, and nobody takes more than there is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import batched
from typing import Any

import pytest

from bench.units import item_bytes
from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.ledger import Ledger, a_ledger, a_sale
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import JournalMarkItem
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import derived
from tollgate.ledger.balances import AccountKey, Change, changes
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting, reversal
from tollgate.ledger.ports import AlreadyProjected, EntryExists, Overdrawn
from tollgate.ledger.rules import dispute_opened, payment_settled, payout_requested

AVAILABLE = "seller_available:ven_1"


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return a_ledger(store)


def a_payout(name: str, amount: int) -> JournalEntry:
    entry = payout_requested("demo", f"out_{name}", "ven_1", "USD", amount, NOW)
    assert entry is not None
    return entry


def endow(ledger: Ledger, amount: int) -> None:
    """The seller has so much, and the books balance."""
    entry = replace(a_sale("start"), kind="test", postings=(Posting(AVAILABLE, amount), Posting("gas", -amount)))
    ledger.posted(entry)


def pay_out(ledger: Ledger, name: str, amount: int) -> None:
    writes = book(ledger.journal, ledger.balances, a_payout(name, amount), [AVAILABLE])
    ledger.store.unit_of_work.commit(*writes)


@pytest.mark.parametrize(
    "entry",
    [
        a_sale(),
        reversal(a_sale(), NOW, "evt_1"),
        replace(a_sale(), seller=None, postings=(Posting("gas", 7), Posting("disputes", -7))),
        a_sale(seller="v_1.2-3", tenant="tenant:1.x", currency="JPY"),
    ],
)
def test_an_entry_is_read_as_it_was_posted(ledger: Ledger, entry: JournalEntry) -> None:
    ledger.post(entry)
    assert ledger.journal.get(entry.tenant, entry.id) == entry
    assert ledger.journal.get("other", entry.id) is None


def test_the_same_entry_is_posted_once_and_nothing_beside_it_the_second_time(ledger: Ledger) -> None:
    (sale,) = ledger.post(a_sale())
    with pytest.raises(EntryExists) as again:
        ledger.store.unit_of_work.commit(
            ledger.journal.append(a_sale(at=NOW + timedelta(1))), ledger.balances.credit("demo", "USD", "gas", 1)
        )
    assert again.value.entry.id == sale.id
    assert ledger.held("gas") == 0
    assert ledger.journal.get("demo", sale.id) == sale


def test_an_account_that_was_never_moved_holds_nothing(ledger: Ledger) -> None:
    assert ledger.balances.get("demo", "USD", ["gas", AVAILABLE]) == {"gas": 0, AVAILABLE: 0}
    assert ledger.balances.get("demo", "USD", []) == {}
    assert ledger.reader.balances("demo") == []
    with pytest.raises(Overdrawn, match="holds 0, 1 are asked for"):
        ledger.store.unit_of_work.commit(ledger.balances.debit("demo", "USD", "gas", 1))


def test_balances_are_kept_by_tenant_currency_and_account(ledger: Ledger) -> None:
    ledger.posted(a_sale("1"), a_sale("2", currency="EUR"), a_sale("3", tenant="other"), a_sale("4", tenant="demo2"))
    for tenant, currency in (("demo", "USD"), ("demo", "EUR"), ("other", "USD"), ("demo2", "USD")):
        assert ledger.held("platform_fees", tenant, currency) == 500
    assert ledger.held("platform_fees", "other", "EUR") == 0
    accounts = ["platform_fees", "provider_clearing:stripe", "provider_fees", "seller_pending:ven_1"]
    assert [each.key for each in ledger.reader.balances("demo")] == [
        AccountKey("demo", currency, account) for currency in ("EUR", "USD") for account in accounts
    ]
    assert {each.key.currency for each in ledger.reader.balances("demo", "EUR")} == {"EUR"}
    assert list(ledger.sweep.tenants()) == ["demo", "demo2", "other"]


def test_a_balance_tells_how_often_it_was_moved_since_when_and_what_was_sold(ledger: Ledger) -> None:
    ledger.posted(a_sale("1", at=NOW - timedelta(40)), a_sale("2"))
    ledger.posted(a_sale("3"))
    (pending,) = [each for each in ledger.reader.balances("demo") if each.key.account == "seller_pending:ven_1"]
    assert (pending.amount, pending.postings, pending.since) == (13500, 3, date(2026, 9, 26))
    assert pending.sales == {"2026_09": 5000, "2026_11": 10000}


def test_an_entry_is_marked_once_and_its_balances_with_it(ledger: Ledger) -> None:
    (sale,) = ledger.post(a_sale())
    key = AccountKey("demo", "USD", "gas")
    ledger.store.unit_of_work.commit(ledger.projection.mark(sale))
    with pytest.raises(AlreadyProjected) as again:
        ledger.store.unit_of_work.commit(
            ledger.projection.mark(sale), ledger.projection.apply(key, Change(5, 1, NOW.date()))
        )
    assert again.value.entry == sale
    assert ledger.held("gas") == 0
    assert ledger.projection.projected([sale, a_sale("2")]) == {sale.id}
    assert ledger.journal.get("demo", sale.id) == sale


def test_batches_that_come_again_and_overlap_change_nothing_twice(ledger: Ledger) -> None:
    made = ledger.post(*(a_sale(str(number), seller=f"ven_{number % 7}") for number in range(130)))
    for batch in (made[:70], made[40:], made[:70], *batched(made, 33, strict=False), made):
        ledger.projector.project(batch)
    expected = {key.account: change.amount for key, change in changes(made).items()}
    assert {each.key.account: each.amount for each in ledger.reader.balances("demo")} == expected
    assert ledger.desk.trial_balance("demo", None).totals == {"USD": 0}


def test_what_holds_enough_can_be_taken_to_the_last_unit(ledger: Ledger) -> None:
    endow(ledger, 1000)
    pay_out(ledger, "1", 400)
    with pytest.raises(Overdrawn) as refused:
        pay_out(ledger, "2", 601)
    assert (refused.value.balance, refused.value.amount) == (600, 601)
    pay_out(ledger, "3", 600)
    assert ledger.held(AVAILABLE) == 0
    assert ledger.journal.get("demo", a_payout("2", 601).id) is None
    with pytest.raises(EntryExists):
        pay_out(ledger, "3", 600)
    assert ledger.desk.trial_balance("demo", "USD").balanced


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_or_less_cannot_be_taken(ledger: Ledger, amount: int) -> None:
    with pytest.raises(ValueError, match="cannot be taken"):
        ledger.balances.debit("demo", "USD", AVAILABLE, amount)


def test_of_fifty_who_take_the_whole_balance_one_does(racing_store: Store) -> None:
    endow(a_ledger(racing_store), 1000)
    results = race(racing_store, 50, lambda store, number: pay_out(a_ledger(store), str(number), 1000))
    assert kinds(results) == {"NoneType": 1, "Overdrawn": 49}
    ledger = a_ledger(racing_store)
    assert (ledger.held(AVAILABLE), ledger.held("payouts_in_transit")) == (0, 1000)
    assert ledger.desk.trial_balance("demo", "USD").balanced


def test_of_twenty_who_project_overlapping_batches_each_entry_is_projected_once(racing_store: Store) -> None:
    ledger = a_ledger(racing_store)
    made = ledger.post(*(a_sale(str(number)) for number in range(10)))

    def some(store: Store, number: int) -> int:
        batch = [made[(number + step) % 10] for step in range(5)]
        return a_ledger(store).projector.project(batch).new

    assert sum(race(racing_store, 20, some)) == 10
    assert ledger.held("seller_pending:ven_1") == 45000


def test_payouts_and_projections_that_meet_lose_nothing(racing_store: Store) -> None:
    ledger = a_ledger(racing_store)
    endow(ledger, 1000)
    settled = [
        replace(a_sale(str(number)), kind="test", postings=(Posting(AVAILABLE, 10), Posting("gas", -10)))
        for number in range(10)
    ]
    ledger.post(*settled)

    def act(store: Store, number: int) -> str:
        if number % 2:
            pay_out(a_ledger(store), str(number), 100)
            return "paid"
        return f"projected {a_ledger(store).projector.project([settled[number // 2]]).new}"

    assert Counter(race(racing_store, 20, act)) == {"paid": 10, "projected 1": 10}
    assert ledger.held(AVAILABLE) == 1000 - 10 * 100 + 10 * 10
    assert ledger.desk.trial_balance("demo", "USD").balanced


def test_entries_that_wait_are_told_with_since_when(ledger: Ledger) -> None:
    early, late = ledger.post(a_sale("1", at=NOW - timedelta(minutes=7)), a_sale("2"))
    lag = ledger.desk.trial_balance("demo", None).lag
    assert (lag.entries, lag.since, lag.more) == (2, NOW - timedelta(minutes=7), False)
    ledger.projector.project([early])
    assert ledger.desk.trial_balance("demo", None).lag.since == NOW
    ledger.projector.project([late])
    assert ledger.desk.trial_balance("demo", None).lag.entries == 0


def test_a_hundred_that_wait_may_be_more(ledger: Ledger) -> None:
    ledger.post(*(a_sale(str(number)) for number in range(101)))
    lag = ledger.desk.trial_balance("demo", None).lag
    assert (lag.entries, lag.more) == (100, True)


def test_the_days_of_the_journal_hold_every_entry_and_whether_it_is_projected(ledger: Ledger) -> None:
    ledger.posted(a_sale("1"))
    ledger.post(a_sale("2"), a_sale("3", at=NOW - timedelta(1)), a_sale("4", tenant="other"))
    ledger.store.unit_of_work.commit(ledger.journal.append(a_payout("1", 100), projected=True))
    found = dict(ledger.sweep.day("demo", NOW.date()))
    assert {entry.id: held for entry, held in found.items()} == {
        a_sale("1").id: True,
        a_sale("2").id: False,
        a_payout("1", 100).id: True,
    }
    assert [entry.id for entry, _ in ledger.sweep.day("demo", NOW.date() - timedelta(1))] == [a_sale("3").id]


# --- what only the adapter promises ---


def test_a_change_of_a_balance_leaves_its_place_in_the_index_alone(dynamo: OnDynamo) -> None:
    """The index holds keys only: a write that does not change them is none of the index."""
    ledger = a_ledger(dynamo)
    ledger.posted(a_sale("1"))
    before = _balance(dynamo)
    ledger.posted(a_sale("2"))
    after = _balance(dynamo)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"amount", "postings", "sales_2026_11"}
    assert "owner_key" not in after


def test_items_of_the_ledger_are_below_a_kilobyte(dynamo: OnDynamo) -> None:
    """Past it, each costs twice. The names are as long as they may be, the amounts too."""
    most, long = 10**14 - 1, "x" * 64
    entries = (
        a_sale(tenant=long, seller=long, provider=long, payment_id=long, amount=most),
        payment_settled(long, long, long, long, "USD", most, most // 10, -most // 20, NOW),
        dispute_opened(long, derived("pay", "1"), derived("dis", "1"), long, long, "USD", most, 1500, True, NOW),
    )
    for entry in filter(None, entries):
        a_ledger(dynamo).posted(entry)
        raw = dynamo.core.get(keys.journal_entry(entry.tenant, entry.id))
        assert raw is not None
        assert item_bytes(raw) <= 1024, entry.kind


def test_what_is_no_balance_is_not_made_one(dynamo: OnDynamo) -> None:
    pk, sk = keys.balance("demo", "USD", "gas")
    stranger = JournalMarkItem(pk=pk, sk=sk, kind="journal_mark")
    dynamo.unit_of_work.commit(dynamo.core.put(stranger, None, lambda _: RuntimeError()))
    with pytest.raises(ConcurrentChange):
        dynamo.unit_of_work.commit(a_ledger(dynamo).balances.credit("demo", "USD", "gas", 1))


def _balance(dynamo: OnDynamo) -> dict[str, Any]:
    raw = dynamo.core.get(keys.balance("demo", "USD", "seller_pending:ven_1"))
    assert raw is not None
    return raw
