"""What a change moves in the ledger is posted with it or not at all; and what was projected, fees are fixed by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, captured, created
from tests.support.ledger import a_ledger, a_sale
from tests.support.stores import Store
from tollgate.ledger.ports import EntryExists
from tollgate.payments.errors import PaymentChanged, PaymentExists
from tollgate.payments.model import Change
from tollgate.payments.ports import PaymentKey

OPENED = created(seller="ven_1", fee=500)
KEY = PaymentKey("demo", OPENED.payment.id)


def confirmed() -> Change:
    change = OPENED.payment.apply(captured(), NOW)
    assert isinstance(change, Change)
    return change


def test_a_sale_is_posted_with_the_payment_it_confirms_and_waits_for_the_projector(store: Store) -> None:
    store.unit_of_work.commit(*store.payments.create(OPENED))
    change = confirmed()
    store.unit_of_work.commit(*store.payments.update(change))
    (entry,) = change.entries
    assert store.journal.get("demo", entry.id) == entry
    assert list(store.journal_sweep.day("demo", NOW.date())) == [(entry, False)]
    assert store.ledger_reader.newest("demo", NOW + timedelta(seconds=1), 10) == [entry]
    a_ledger(store).projector.project([entry])
    assert list(store.journal_sweep.day("demo", NOW.date())) == [(entry, True)]
    assert store.balances.get("demo", "USD", ["platform_fees"]) == {"platform_fees": 500}


def test_what_moves_with_a_payments_first_change_is_posted_too(store: Store) -> None:
    entry = a_sale()
    store.unit_of_work.commit(*store.payments.create(replace(OPENED, entries=(entry,))))
    assert store.journal.get("demo", entry.id) == entry


def test_a_change_that_is_refused_posts_nothing(store: Store) -> None:
    store.unit_of_work.commit(*store.payments.create(OPENED))
    change = confirmed()
    ahead = replace(change, payment=replace(change.payment, version=5))
    with pytest.raises(PaymentChanged):
        store.unit_of_work.commit(*store.payments.update(ahead))
    with pytest.raises(PaymentExists):
        store.unit_of_work.commit(*store.payments.create(replace(OPENED, entries=change.entries)))
    assert store.journal.get("demo", change.entries[0].id) is None


def test_a_change_whose_entry_was_posted_is_not_stored(store: Store) -> None:
    store.unit_of_work.commit(*store.payments.create(OPENED))
    change = confirmed()
    store.unit_of_work.commit(store.journal.append(change.entries[0]))
    with pytest.raises(EntryExists):
        store.unit_of_work.commit(*store.payments.update(change))
    assert store.payments.get(KEY) == OPENED.payment
    assert len(store.payments.history(KEY)) == 1


def test_a_sellers_month_is_what_was_projected_of_it(store: Store) -> None:
    ledger = a_ledger(store)
    ledger.posted(a_sale("1"), a_sale("2", at=NOW - timedelta(days=40)))
    ledger.posted(a_sale("3"), a_sale("4", currency="EUR"), a_sale("5", seller="ven_2"))
    ledger.post(a_sale("6"))
    sales = store.sibling().sales
    assert sales.of_month("demo", "ven_1", "USD", "2026_11") == 10_000
    assert sales.of_month("demo", "ven_1", "USD", "2026_09") == 5_000
    assert sales.of_month("demo", "ven_1", "USD", "2026_10") == 0
    assert sales.of_month("other", "ven_1", "USD", "2026_11") == 0
    assert sales.of_month("demo", "ven_3", "USD", "2026_11") == 0


def test_the_day_of_an_accounts_first_posting_stays_whatever_comes_late(store: Store) -> None:
    ledger = a_ledger(store)
    ledger.posted(a_sale("1"))
    ledger.posted(a_sale("2", at=NOW - timedelta(days=40)))
    assert {each.since for each in store.ledger_reader.balances("demo")} == {NOW.date()}


def test_a_payment_that_nobody_expects_is_not_made_as_an_expected_one(store: Store) -> None:
    with pytest.raises(LookupError):
        store.unit_of_work.commit(*store.payments.create(OPENED, expected=True))
    assert store.payments.get(KEY) is None
