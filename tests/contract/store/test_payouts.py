"""Payouts on the tables: one version after the other, and never past the day's limit."""

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
from tollgate.adapters.dynamodb.due import DynamoDueList
from tollgate.adapters.dynamodb.ledger import DynamoBalances
from tollgate.adapters.dynamodb.payouts import DynamoLimitedBalances, DynamoPayouts
from tollgate.adapters.dynamodb.sellers import DynamoSellers
from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.ids import derived
from tollgate.ledger.ports import Overdrawn
from tollgate.payments.errors import InvalidCursor
from tollgate.payouts.errors import DailyLimitExceeded, PayoutChanged, PayoutExists
from tollgate.payouts.model import Payout, PayoutState, Seller
from tollgate.reconciliation.ports import DuePayout

AVAILABLE, DAY, LIMIT = "seller_available:ven_1", date(2026, 11, 22), 1_000


def a_payout(name: str = "1", at: datetime = NOW) -> Payout:
    return replace(A_PAYOUT, id=derived("pyt", name), created_at=at, updated_at=at)


def stored(dynamo: OnDynamo, payout: Payout) -> Payout:
    dynamo.unit_of_work.commit(*DynamoPayouts(dynamo.core).create(payout, payout.event(None)))
    return payout


def test_a_payout_comes_back_as_it_was(dynamo: OnDynamo) -> None:
    payouts, full = (
        DynamoPayouts(dynamo.core),
        replace(a_payout(), transfer="tr_1", reference="po_1", reason="x" * 40, returned=True, seller="v_1.2-3"),
    )
    for payout in (a_payout("bare"), full):
        assert payouts.get("demo", stored(dynamo, payout).id) == payout
        assert payouts.get("other", payout.id) is None
    raw = dynamo.core.get(keys.payout("demo", full.id))
    assert raw is not None
    assert item_bytes(raw) <= 1024


def test_an_id_is_given_once_and_versions_follow_one_another(dynamo: OnDynamo) -> None:
    payouts, first = DynamoPayouts(dynamo.core), stored(dynamo, a_payout())
    with pytest.raises(PayoutExists) as taken:
        stored(dynamo, replace(first, amount=1, version=1))
    assert taken.value.payout == first
    sent = replace(first, state=PayoutState.SENT, version=2)
    dynamo.unit_of_work.commit(*payouts.update(sent, sent.event(None)))
    for write in (payouts.note(first), payouts.look_again(first, NOW)):
        with pytest.raises(PayoutChanged) as changed:
            dynamo.unit_of_work.commit(write)
        assert changed.value.payout == sent
    with pytest.raises(PayoutChanged):
        dynamo.unit_of_work.commit(*payouts.update(sent, replace(sent, version=3).event(None)))


def test_what_is_open_is_due_and_what_is_done_is_not(dynamo: OnDynamo) -> None:
    payouts, first = DynamoPayouts(dynamo.core), stored(dynamo, a_payout())
    due = DynamoDueList(dynamo.core, Table(dynamo.connection, dynamo.inbox_name))
    unknown = replace(first, state=PayoutState.UNKNOWN, version=2)
    dynamo.unit_of_work.commit(*payouts.update(unknown, unknown.event(None)))
    assert list(due.due(NOW)) == []
    assert list(due.due(NOW + timedelta(minutes=5))) == [DuePayout("demo", first.id)]
    dynamo.unit_of_work.commit(payouts.look_again(unknown, NOW + timedelta(hours=1)))
    assert list(due.due(NOW + timedelta(minutes=59))) == []
    paid = replace(unknown, state=PayoutState.PAID, version=3)
    dynamo.unit_of_work.commit(*payouts.update(paid, paid.event(None)))
    assert list(due.due(NOW + timedelta(days=99))) == []


def test_a_sellers_payouts_are_listed_and_no_others(dynamo: OnDynamo) -> None:
    payouts = DynamoPayouts(dynamo.core)
    made = [stored(dynamo, a_payout(str(number), NOW + timedelta(seconds=number))) for number in range(5)]
    stored(dynamo, replace(a_payout("x"), seller="ven_2"))
    stored(dynamo, replace(a_payout("y"), tenant="other"))
    seen, cursor = list[Payout](), None
    while True:
        page = payouts.list("demo", "ven_1", limit=2, cursor=cursor)
        seen += page.payouts
        if (cursor := page.cursor) is None:
            break
        with pytest.raises(InvalidCursor):
            payouts.list("demo", "ven_2", limit=2, cursor=cursor)
    assert seen == made[::-1]


def test_a_seller_is_paid_where_it_was_said_last(dynamo: OnDynamo) -> None:
    sellers = DynamoSellers(dynamo.core)
    assert sellers.get("demo", "ven_1") is None
    for account in ("acct_1", "acct_2"):
        dynamo.unit_of_work.commit(sellers.put(Seller("demo", "ven_1", account)))
        assert sellers.get("demo", "ven_1") == Seller("demo", "ven_1", account)
    assert sellers.get("other", "ven_1") is None


def endow(dynamo: OnDynamo, amount: int) -> None:
    dynamo.unit_of_work.commit(DynamoBalances(dynamo.core).credit("demo", "USD", AVAILABLE, amount))


def take(dynamo: OnDynamo, amount: int, day: date = DAY) -> None:
    balances = DynamoLimitedBalances(dynamo.core).counting(day, LIMIT)
    dynamo.unit_of_work.commit(balances.debit("demo", "USD", AVAILABLE, amount))


def test_a_days_debits_stay_within_the_limit_and_the_next_day_is_free(dynamo: OnDynamo) -> None:
    endow(dynamo, 5_000)
    take(dynamo, 600)
    with pytest.raises(DailyLimitExceeded):
        take(dynamo, 401)
    take(dynamo, 400)
    take(dynamo, 1_000, DAY + timedelta(days=1))
    with pytest.raises(DailyLimitExceeded):
        take(dynamo, 1_001, DAY + timedelta(days=2))
    assert DynamoBalances(dynamo.core).get("demo", "USD", [AVAILABLE]) == {AVAILABLE: 3_000}


def test_a_limit_is_no_overdraft(dynamo: OnDynamo) -> None:
    with pytest.raises(Overdrawn):
        take(dynamo, 1)
    endow(dynamo, 500)
    with pytest.raises(Overdrawn) as short:
        take(dynamo, 501)
    assert short.value.balance == 500


def test_what_comes_back_counts_no_longer(dynamo: OnDynamo) -> None:
    endow(dynamo, 5_000)
    take(dynamo, 1_000)
    back = DynamoLimitedBalances(dynamo.core).restoring(DAY)
    dynamo.unit_of_work.commit(back.credit("demo", "USD", AVAILABLE, 700))
    with pytest.raises(DailyLimitExceeded):
        take(dynamo, 701)
    take(dynamo, 700)


def test_old_days_are_forgotten(dynamo: OnDynamo) -> None:
    endow(dynamo, 50_000)
    for ago in (10, 2, 1, 0):
        take(dynamo, 1, DAY - timedelta(days=ago))
    raw = dynamo.core.get(keys.balance("demo", "USD", AVAILABLE))
    assert raw is not None
    assert sorted(name for name in raw if name.startswith("paid_")) == ["paid_2026_11_21", "paid_2026_11_22"]


def test_however_many_take_at_once_the_limit_holds(ministack: OnDynamo) -> None:
    endow(ministack, 50_000)

    def attempt(store: Store, _number: int) -> None:
        assert isinstance(store, OnDynamo)
        take(store, 300)

    assert kinds(race(ministack, 8, attempt)) == {"NoneType": 3, "DailyLimitExceeded": 5}
    taken = 50_000 - DynamoBalances(ministack.core).get("demo", "USD", [AVAILABLE])[AVAILABLE]
    assert taken == 900


def test_the_day_is_that_of_utc() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC).astimezone()
    assert replace(A_PAYOUT, created_at=late).day == date(2026, 11, 22)
