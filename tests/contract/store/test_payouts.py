"""Payouts in the store: one version after the other, and never past the day's limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bench.units import item_bytes
from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.stores import OnDynamo, Store
from tests.unit.payouts.test_payout import A_PAYOUT
from tollgate.adapters.dynamodb import keys
from tollgate.kernel.ids import derived
from tollgate.ledger.ports import Overdrawn
from tollgate.payments.errors import InvalidCursor
from tollgate.payouts.errors import DailyLimitExceeded, PayoutChanged, PayoutExists
from tollgate.payouts.model import Payout, PayoutState, Seller, SellerRisk
from tollgate.reconciliation.ports import DuePayout

AVAILABLE, DAY, LIMIT = "seller_available:ven_1", date(2026, 11, 22), 1_000


def a_payout(name: str = "1", at: datetime = NOW) -> Payout:
    return replace(A_PAYOUT, id=derived("pyt", name), created_at=at, updated_at=at)


FULL = replace(a_payout(), transfer="tr_1", reference="po_1", reason="x" * 40, returned=True, seller="v_1.2-3")


def stored(store: Store, payout: Payout) -> Payout:
    store.unit_of_work.commit(*store.payouts.create(payout, payout.event(None)))
    return payout


def test_a_payout_comes_back_as_it_was(store: Store) -> None:
    payouts = store.payouts
    for payout in (a_payout("bare"), FULL):
        assert payouts.get("demo", stored(store, payout).id) == payout
        assert payouts.get("other", payout.id) is None


def test_an_id_is_given_once_and_versions_follow_one_another(store: Store) -> None:
    payouts, first = store.payouts, stored(store, a_payout())
    with pytest.raises(PayoutExists) as taken:
        stored(store, replace(first, amount=1, version=1))
    assert taken.value.payout == first
    sent = replace(first, state=PayoutState.SENT, version=2)
    store.unit_of_work.commit(*payouts.update(sent, sent.event(None)))
    for write in (payouts.note(first), payouts.look_again(first, NOW)):
        with pytest.raises(PayoutChanged) as changed:
            store.unit_of_work.commit(write)
        assert changed.value.payout == sent
    with pytest.raises(PayoutChanged):
        store.unit_of_work.commit(*payouts.update(sent, replace(sent, version=3).event(None)))
    assert [event.sequence for event in store.event_log.between(NOW, NOW + timedelta(1))].count(2) == 1


def test_what_is_noted_leaves_the_version_and_tells_nobody(store: Store) -> None:
    first = stored(store, a_payout())
    store.unit_of_work.commit(store.payouts.note(replace(first, transfer="tr_1")))
    assert store.payouts.get("demo", first.id) == replace(first, transfer="tr_1")
    assert len(list(store.event_log.between(NOW, NOW + timedelta(1)))) == 1


def test_a_payout_that_is_not_there_is_neither_changed_nor_noted(store: Store) -> None:
    missing = a_payout()
    writes = store.payouts.update(missing, missing.event(None))[0], store.payouts.note(missing)
    for write in (*writes, store.payouts.look_again(missing, NOW)):
        with pytest.raises(LookupError):
            store.unit_of_work.commit(write)
    assert store.payouts.get("demo", missing.id) is None


def test_a_payout_that_is_not_due_is_not_put_off(store: Store) -> None:
    """Somebody has brought it to its end meanwhile, or its request still answers for it."""
    first = stored(store, a_payout())
    with pytest.raises(PayoutChanged):
        store.unit_of_work.commit(store.payouts.look_again(first, NOW))
    assert list(store.due.due(NOW + timedelta(days=99))) == []


def test_what_is_to_be_taken_back_is_due_until_it_is(store: Store) -> None:
    failed = stored(store, replace(a_payout(), state=PayoutState.FAILED, transfer="tr_1"))
    assert list(store.due.due(NOW)) == [DuePayout("demo", failed.id)]
    store.unit_of_work.commit(store.payouts.note(replace(failed, returned=True)))
    assert list(store.due.due(NOW + timedelta(days=99))) == []


def test_what_is_open_is_due_and_what_is_done_is_not(store: Store) -> None:
    payouts, first = store.payouts, stored(store, a_payout())
    unknown = replace(first, state=PayoutState.UNKNOWN, version=2)
    store.unit_of_work.commit(*payouts.update(unknown, unknown.event(None)))
    assert list(store.due.due(NOW)) == []
    assert list(store.due.due(NOW + timedelta(minutes=5))) == [DuePayout("demo", first.id)]
    store.unit_of_work.commit(payouts.look_again(unknown, NOW + timedelta(hours=1)))
    assert list(store.due.due(NOW + timedelta(minutes=59))) == []
    paid = replace(unknown, state=PayoutState.PAID, version=3)
    store.unit_of_work.commit(*payouts.update(paid, paid.event(None)))
    assert list(store.due.due(NOW + timedelta(days=99))) == []


def test_a_sellers_payouts_are_listed_and_no_others(store: Store) -> None:
    payouts = store.payouts
    made = [stored(store, a_payout(str(number), NOW + timedelta(seconds=number))) for number in range(5)]
    stored(store, replace(a_payout("x"), seller="ven_2"))
    stored(store, replace(a_payout("y"), tenant="other"))
    seen, cursor = list[Payout](), None
    while True:
        page = payouts.list("demo", "ven_1", limit=2, cursor=cursor)
        seen += page.payouts
        if (cursor := page.cursor) is None:
            break
        with pytest.raises(InvalidCursor):
            payouts.list("demo", "ven_2", limit=2, cursor=cursor)
    assert seen == made[::-1]


def test_a_seller_is_paid_where_it_was_said_last(store: Store) -> None:
    sellers = store.sellers
    assert sellers.get("demo", "ven_1") is None
    for account, risk in (("acct_1", SellerRisk.STANDARD), ("acct_2", SellerRisk.HIGH)):
        store.unit_of_work.commit(sellers.put(Seller("demo", "ven_1", account, risk)))
        assert sellers.get("demo", "ven_1") == Seller("demo", "ven_1", account, risk)
    assert sellers.get("other", "ven_1") is None


def endow(store: Store, amount: int) -> None:
    store.unit_of_work.commit(store.balances.credit("demo", "USD", AVAILABLE, amount))


def take(store: Store, amount: int, day: date = DAY) -> None:
    balances = store.limited.counting(day, LIMIT)
    store.unit_of_work.commit(balances.debit("demo", "USD", AVAILABLE, amount))


def test_a_days_debits_stay_within_the_limit_and_the_next_day_is_free(store: Store) -> None:
    endow(store, 5_000)
    take(store, 600)
    with pytest.raises(DailyLimitExceeded):
        take(store, 401)
    take(store, 400)
    take(store, 1_000, DAY + timedelta(days=1))
    with pytest.raises(DailyLimitExceeded):
        take(store, 1_001, DAY + timedelta(days=2))
    assert store.balances.get("demo", "USD", [AVAILABLE]) == {AVAILABLE: 3_000}


def test_a_limit_is_no_overdraft(store: Store) -> None:
    with pytest.raises(Overdrawn):
        take(store, 1)
    endow(store, 500)
    with pytest.raises(Overdrawn) as short:
        take(store, 501)
    assert short.value.balance == 500


def restore(store: Store, amount: int, day: date = DAY) -> None:
    store.unit_of_work.commit(store.limited.restore("demo", "USD", "ven_1", day, amount))


def test_what_comes_back_counts_no_longer(store: Store) -> None:
    endow(store, 5_000)
    take(store, 1_000)
    restore(store, 700)
    with pytest.raises(DailyLimitExceeded):
        take(store, 701)
    take(store, 700)


def test_what_counts_no_longer_is_back_only_when_it_is_projected(store: Store) -> None:
    """Neither the amount moves, nor the number of postings."""
    endow(store, 1_000)
    take(store, 1_000)
    restore(store, 1_000)
    (balance,) = store.ledger_reader.balances("demo")
    assert (balance.amount, balance.postings, balance.since) == (0, 2, None)
    with pytest.raises(Overdrawn):
        take(store, 1)


def test_a_day_comes_back_by_itself(store: Store) -> None:
    endow(store, 5_000)
    tomorrow = DAY + timedelta(days=1)
    for day in (DAY, tomorrow):
        take(store, LIMIT, day)
    restore(store, 300)
    with pytest.raises(DailyLimitExceeded):
        take(store, 1, tomorrow)
    take(store, 300)


def test_a_day_that_is_forgotten_gains_nothing_from_what_comes_back(store: Store) -> None:
    endow(store, 5_000)
    take(store, 600)
    take(store, 1, DAY + timedelta(days=2))
    restore(store, 600)
    take(store, LIMIT)
    with pytest.raises(DailyLimitExceeded):
        take(store, 1)


def test_however_many_take_at_once_the_limit_holds(racing_store: Store) -> None:
    endow(racing_store, 50_000)

    def attempt(store: Store, _number: int) -> None:
        take(store, 300)

    assert kinds(race(racing_store, 8, attempt)) == {"NoneType": 3, "DailyLimitExceeded": 5}
    taken = 50_000 - racing_store.balances.get("demo", "USD", [AVAILABLE])[AVAILABLE]
    assert taken == 900


def test_what_was_paid_yesterday_still_counts_today(store: Store) -> None:
    """Around midnight one function's clock is a day ahead of another's."""
    endow(store, 5_000)
    take(store, LIMIT, DAY - timedelta(days=1))
    take(store, 1)
    with pytest.raises(DailyLimitExceeded) as spent:
        take(store, 1, DAY - timedelta(days=1))
    assert str(LIMIT) in str(spent.value)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_or_less_is_not_paid_out(store: Store, amount: int) -> None:
    with pytest.raises(ValueError, match="cannot be taken"):
        store.limited.counting(DAY, LIMIT).debit("demo", "USD", AVAILABLE, amount)


def test_limits_are_told_apart_by_seller_and_currency(store: Store) -> None:
    endow(store, 5_000)
    take(store, LIMIT)
    limited = store.limited.counting(DAY, LIMIT)
    for currency, account in (("EUR", AVAILABLE), ("USD", "seller_available:ven_2")):
        store.unit_of_work.commit(store.balances.credit("demo", currency, account, LIMIT))
        store.unit_of_work.commit(limited.debit("demo", currency, account, LIMIT))
    with pytest.raises(DailyLimitExceeded):
        take(store, 1)


def test_what_is_credited_otherwise_counts_as_it_did(store: Store) -> None:
    """Neither what is nobody's, nor what comes in while payouts are counted."""
    endow(store, 5_000)
    take(store, LIMIT)
    counting = store.limited.counting(DAY, LIMIT)
    store.unit_of_work.commit(counting.credit("demo", "USD", "payouts_in_transit", 700))
    store.unit_of_work.commit(counting.credit("demo", "USD", AVAILABLE, 10))
    store.unit_of_work.commit(store.balances.debit("demo", "USD", AVAILABLE, 10))
    with pytest.raises(DailyLimitExceeded):
        take(store, 1)
    held = {AVAILABLE: 5_000 - LIMIT, "payouts_in_transit": 700}
    assert counting.get("demo", "USD", held) == held


def test_nothing_comes_back_to_a_balance_that_is_not_there(store: Store) -> None:
    with pytest.raises(LookupError):
        restore(store, 1)
    assert store.ledger_reader.balances("demo") == []


def test_a_limit_shows_in_no_balance(store: Store) -> None:
    endow(store, 5_000)
    take(store, 600)
    (balance,) = store.ledger_reader.balances("demo")
    assert (balance.amount, balance.postings, balance.sales, balance.since) == (4_400, 2, {}, None)


def test_the_day_is_that_of_utc() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC).astimezone()
    assert replace(A_PAYOUT, created_at=late).day == date(2026, 11, 22)


# --- what only the adapter promises ---


def test_a_payout_is_below_a_kilobyte(dynamo: OnDynamo) -> None:
    stored(dynamo, FULL)
    raw = dynamo.core.get(keys.payout("demo", FULL.id))
    assert raw is not None
    assert item_bytes(raw) <= 1024


def test_old_days_are_forgotten(dynamo: OnDynamo) -> None:
    endow(dynamo, 50_000)
    for ago in (10, 2, 1, 0):
        take(dynamo, 1, DAY - timedelta(days=ago))
    raw = dynamo.core.get(keys.balance("demo", "USD", AVAILABLE))
    assert raw is not None
    assert sorted(name for name in raw if name.startswith("paid_")) == ["paid_2026_11_21", "paid_2026_11_22"]
