"""However entries come to the projector, in whatever batches, order and number of times, the balances are the same:
those of the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import batched

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.rebuild import LedgerRebuild
from tests.support.builders import NOW
from tests.support.ledger import Ledger, a_ledger, a_sale
from tests.support.stores import InMemory
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.unit_of_work import MAX_WRITES
from tollgate.ledger import rules
from tollgate.ledger.balances import changes, changes_of
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting, reversal
from tollgate.ledger.ports import Overdrawn
from tollgate.ledger.projecting import chunks

OLDEST = 40
ACCOUNTS = ["gas", "disputes", "platform_fees", "seller_pending:ven_1", "seller_available:ven_1"]


@st.composite
def entries(draw: st.DrawFn) -> list[JournalEntry]:
    """Sales, entries of any shape, and reversals of both, over days, currencies and tenants."""
    made: list[JournalEntry] = []
    for number in range(draw(st.integers(1, 25))):
        at = NOW - timedelta(days=draw(st.integers(0, OLDEST)))
        fields = {"currency": draw(st.sampled_from(["USD", "EUR"])), "tenant": draw(st.sampled_from(["demo", "b"]))}
        if made and draw(st.integers(0, 2)) == 0:
            made.append(reversal(draw(st.sampled_from(made)), at, str(number)))
            continue
        amount, fee = draw(st.integers(1, 9999)), draw(st.integers(0, 500))
        sale = a_sale(str(number), at=at, amount=amount, platform_fee=fee, **fields)
        made.append(replace(sale, kind="test", postings=draw(postings())) if draw(st.integers(0, 1)) else sale)
    return made


@st.composite
def postings(draw: st.DrawFn) -> tuple[Posting, ...]:
    accounts = draw(st.permutations(ACCOUNTS))[: draw(st.integers(1, 4))]
    amounts = [draw(st.integers(1, 10**12)) for _ in accounts]
    return (Posting("unallocated", -sum(amounts)), *map(Posting, accounts, amounts))


def parts(made: Sequence[JournalEntry], size: int) -> Iterator[Sequence[JournalEntry]]:
    return batched(made, size, strict=False)


def project(ledger: Ledger, deliveries: Sequence[Sequence[JournalEntry]]) -> None:
    for delivery in deliveries:
        ledger.projector.project(delivery)


def balances(ledger: Ledger) -> dict[object, tuple[object, ...]]:
    found = [each for tenant in ("demo", "b") for each in ledger.reader.balances(tenant)]
    return {each.key: (each.amount, each.postings, each.sales) for each in found}


@given(entries(), st.data())
def test_any_delivery_of_the_same_entries_gives_the_same_balances(
    made: list[JournalEntry], data: st.DataObject
) -> None:
    ledger = a_ledger(InMemory())
    ledger.post(*made)
    shuffled = data.draw(st.permutations(made))
    again = data.draw(st.lists(st.sampled_from(made)))
    size = data.draw(st.integers(1, len(made)))
    project(ledger, [*parts(again, 3), *parts(shuffled, size), again, *parts(shuffled, 7)])
    expected = {key: (change.amount, change.postings, change.sales) for key, change in changes(made).items()}
    assert balances(ledger) == expected
    for tenant in ("demo", "b"):
        assert ledger.desk.trial_balance(tenant, None).balanced
    # Balances remember the day of what came first, and not that of what is older and came later.
    oldest = (NOW - timedelta(days=OLDEST)).date()
    rebuilt = LedgerRebuild(ledger.sweep, ledger.reader, lambda: NOW, lambda _: None).run(None, oldest)
    assert (rebuilt.exit_code, rebuilt.entries, rebuilt.waiting) == (0, len(made), 0)


@given(entries(), st.data())
def test_a_store_that_gives_up_at_any_point_loses_and_repeats_nothing(
    made: list[JournalEntry], data: st.DataObject
) -> None:
    store = InMemory()
    ledger = a_ledger(store)
    ledger.post(*made)
    refused = data.draw(st.sets(st.integers(1, 12)))
    begun = store.unit_of_work.commits

    def before(commits: int) -> None:
        if commits - begun in refused:
            raise StoreUnavailable("busy")

    store.unit_of_work.before = before
    for _ in range(15):
        for one in parts(made, 4):
            try:
                ledger.projector.project(one)
            except StoreUnavailable:
                continue
    expected = {key: change.amount for key, change in changes(made).items()}
    assert {key: told[0] for key, told in balances(ledger).items()} == expected


@given(st.lists(st.integers(2, 40), min_size=1, max_size=60))
def test_a_chunk_fits_into_one_transaction_and_none_is_lost(sizes: list[int]) -> None:
    made = [_wide(str(number), size) for number, size in enumerate(sizes)]
    split = list(chunks(made))
    assert [each for chunk in split for each in chunk] == made
    for chunk in split:
        touched = {key for each in chunk for key in changes_of(each)}
        assert len(chunk) + len(touched) <= MAX_WRITES


def _wide(name: str, size: int) -> JournalEntry:
    """An entry over so many accounts, none of which another has."""
    some = tuple(Posting(f"escrow:{name}-{number}", 1) for number in range(size - 1))
    return replace(a_sale(name), kind="test", postings=(*some, Posting("gas", 1 - size)))


def test_a_batch_of_one_sellers_sales_is_one_transaction() -> None:
    store = InMemory()
    ledger = a_ledger(store)
    made = ledger.post(*(a_sale(str(number)) for number in range(90)))
    before = store.unit_of_work.commits
    ledger.projector.project(made)
    assert store.unit_of_work.commits - before == 1


def test_a_batch_that_comes_again_costs_one_refused_transaction() -> None:
    """What was projected drops out together, not one by one."""
    store = InMemory()
    ledger = a_ledger(store)
    made = ledger.post(*(a_sale(str(number)) for number in range(90)))
    ledger.projector.project(made[:60])
    before = store.unit_of_work.commits
    done = ledger.projector.project(made)
    assert (done.new, done.repeated) == (30, 60)
    assert store.unit_of_work.commits - before == 2


def test_a_sale_counts_for_its_seller_in_the_month_in_which_it_happened() -> None:
    ledger = a_ledger(InMemory())
    october = NOW - timedelta(days=31)
    free = a_sale("3", platform_fee=5000, at=NOW)
    ledger.posted(a_sale("1", at=october), a_sale("2", amount=700), free)
    held = {each.key.account: each.sales for each in ledger.reader.balances("demo")}
    assert held["seller_pending:ven_1"] == {"2026_10": 5000, "2026_11": 5700}
    assert not any(sales for account, sales in held.items() if account != "seller_pending:ven_1")


def test_a_refund_takes_nothing_from_what_was_sold() -> None:
    ledger = a_ledger(InMemory())
    refund = rules.refund_succeeded(
        tenant="demo", payment_id="pay_1", refund_id="ref_1", provider="stripe", seller="ven_1", currency="USD",
        amount=5000, platform_fee_part=500, settled=False, at=NOW,
    )  # fmt: skip
    assert refund is not None
    ledger.posted(a_sale(), refund)
    (pending,) = [each for each in ledger.reader.balances("demo") if each.key.account == "seller_pending:ven_1"]
    assert (pending.amount, pending.sales) == (0, {"2026_11": 5000})


def a_payout(amount: int, name: str = "1") -> JournalEntry:
    entry = rules.payout_requested("demo", f"out_{name}", "ven_1", "USD", amount, NOW)
    assert entry is not None
    return entry


def test_an_entry_that_is_booked_at_once_is_in_the_balances_and_never_projected_again() -> None:
    ledger = a_ledger(InMemory())
    ledger.store.unit_of_work.commit(ledger.balances.credit("demo", "USD", "seller_available:ven_1", 1000))
    ledger.store.unit_of_work.commit(ledger.balances.credit("demo", "USD", "unallocated", -1000))
    payout = a_payout(1000)
    ledger.store.unit_of_work.commit(*book(ledger.journal, ledger.balances, payout, ["seller_available:ven_1"]))
    assert (ledger.held("seller_available:ven_1"), ledger.held("payouts_in_transit")) == (0, 1000)
    assert ledger.desk.trial_balance("demo", "USD").balanced
    assert ledger.desk.trial_balance("demo", "USD").lag.entries == 0
    with pytest.raises(Overdrawn) as refused:
        ledger.store.unit_of_work.commit(
            *book(ledger.journal, ledger.balances, a_payout(1, "2"), ["seller_available:ven_1"])
        )
    assert (refused.value.account, refused.value.amount, refused.value.balance) == ("seller_available:ven_1", 1, 0)
    assert ledger.journal.get("demo", a_payout(1, "2").id) is None


def test_only_the_projector_counts_sales() -> None:
    ledger = a_ledger(InMemory())
    with pytest.raises(ValueError, match="counts as a sale"):
        book(ledger.journal, ledger.balances, a_sale(), [])
