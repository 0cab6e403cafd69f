"""Counters: a mark and what it stands for are stored together, once, whoever else counts at the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.store.test_races import race
from tests.support.builders import NOW, created, usd
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.money import Money
from tollgate.payments.ports import PaymentKey
from tollgate.statistics.model import Occurrence, Tally, bucket_of
from tollgate.statistics.months import MonthTally
from tollgate.statistics.ports import AlreadyCounted, NotStored
from tollgate.statistics.service import Counted, Statistics

BUCKET = bucket_of(NOW)


def stored(store: Store, name: str = "1", **fields: Any) -> Occurrence:
    """The first event of a payment that is made."""
    change = created(name, **fields)
    store.unit_of_work.commit(*store.payments.create(change))
    payment = change.payment
    return Occurrence(payment.tenant, payment.id, 1, change.event.type, payment.created_at, payment.amount, NOW)


def count(store: Store, *occurrences: Occurrence) -> Counted:
    return Statistics(store.statistics, store.unit_of_work, FixedClock(NOW)).count(occurrences)


def test_what_was_added_is_told(store: Store) -> None:
    first = Tally(created=3, successful=1, failed=1, revenue={"USD": 100})
    second = Tally(cancelled=2, successful=1, revenue={"EUR": 7, "USD": 1})
    for spread, tally in (("a", first), ("b", second), ("c", Tally(created=1))):
        store.unit_of_work.commit(store.statistics.add("demo", BUCKET, tally, spread))
    assert store.statistics.since("demo", BUCKET) == first + second + Tally(created=1)


def test_only_what_was_asked_for_is_told(store: Store) -> None:
    for minutes in (-20, -10, 0, 10):
        one = store.statistics.add("demo", BUCKET + timedelta(minutes=minutes), Tally(created=1), "a")
        store.unit_of_work.commit(one)
    store.unit_of_work.commit(store.statistics.add("other", BUCKET, Tally(created=7), "a"))
    assert store.statistics.since("demo", BUCKET - timedelta(minutes=10)) == Tally(created=3)
    assert store.statistics.since("nobody", BUCKET) == Tally()


def test_months_are_told_apart_from_each_other_and_from_the_ten_minutes(store: Store) -> None:
    first, second = MonthTally(successful=3, disputed=1), MonthTally(refunded=1, disputed=1, won=1, lost=2)
    for month, spread, tally in (("2026-11", "a", first), ("2026-11", "b", second), ("2026-10", "a", second)):
        store.unit_of_work.commit(store.statistics.add_to_month("demo", month, tally, spread))
    store.unit_of_work.commit(store.statistics.add_to_month("other", "2026-11", MonthTally(lost=9), "a"))
    months = ("2026-11", "2026-10", "2026-09")
    told = store.statistics.of_months("demo", months)
    assert list(told.items()) == list(zip(months, (first + second, second, MonthTally()), strict=True))
    assert store.statistics.since("demo", BUCKET) == Tally()


def test_an_event_is_marked_once(store: Store) -> None:
    occurrence = stored(store)
    store.unit_of_work.commit(store.statistics.mark(occurrence))
    with pytest.raises(AlreadyCounted) as again:
        store.unit_of_work.commit(
            store.statistics.mark(occurrence), store.statistics.add("demo", BUCKET, Tally(1), "a")
        )
    assert again.value.occurrence == occurrence
    assert store.statistics.since("demo", BUCKET) == Tally()


@pytest.mark.parametrize(
    "other",
    [
        {"tenant": "other"},
        {"sequence": 2},
        {"payment_id": created("2").payment.id},
        {"type": "payments.purchase.confirmed"},
    ],
)
def test_what_is_not_stored_is_not_marked(store: Store, other: dict[str, Any]) -> None:
    known = stored(store)
    names = ("tenant", "payment_id", "sequence", "type", "created_at", "amount", "occurred_at")
    stranger = Occurrence(**({name: getattr(known, name) for name in names} | other))
    counters = store.statistics.add("demo", BUCKET, Tally(1), "a")
    with pytest.raises(NotStored):
        store.unit_of_work.commit(store.statistics.mark(stranger), counters)
    assert count(store, stranger, known).strangers == (stranger,)
    assert store.statistics.since("demo", BUCKET) == Tally(created=1)


def test_a_mark_leaves_the_event_as_it_was_told(store: Store) -> None:
    occurrence = stored(store)
    key = PaymentKey(occurrence.tenant, occurrence.payment_id)
    before = store.payments.history(key)
    count(store, occurrence)
    assert store.payments.history(key) == before


def test_a_batch_with_duplicates_and_strangers_is_counted_for_the_rest(store: Store) -> None:
    batch = [stored(store, str(number), amount=Money(100, "EUR")) for number in range(6)]
    stranger = Occurrence("demo", created("never").payment.id, 1, "payments.payment.created", NOW, usd(1), NOW)
    count(store, batch[0], batch[3])
    counted = count(store, *batch, stranger, batch[5])
    assert (counted.marked, counted.repeated, counted.strangers) == (4, 3, (stranger,))
    assert store.statistics.since("demo", BUCKET).created == 6


def test_of_fifty_who_count_one_event_one_does(racing_store: Store) -> None:
    occurrence = stored(racing_store)
    results = race(racing_store, 50, lambda store, _: count(store, occurrence).marked)
    assert Counter(results) == {1: 1, 0: 49}
    assert racing_store.statistics.since("demo", BUCKET) == Tally(created=1)


def test_of_twenty_who_count_overlapping_batches_each_event_is_counted_once(racing_store: Store) -> None:
    made = [stored(racing_store, str(number)) for number in range(10)]

    def some(store: Store, number: int) -> int:
        return count(store, *(made[(number + step) % 10] for step in range(5))).marked

    assert sum(race(racing_store, 20, some)) == 10
    assert racing_store.statistics.since("demo", BUCKET) == Tally(created=10)


def test_counters_leave_after_three_days_and_keep_their_kind(dynamo: OnDynamo) -> None:
    count(dynamo, stored(dynamo))
    pk = keys.statistics("demo", 0).removesuffix("0")
    items = [raw for number in range(keys.STATISTICS_SHARDS) for raw in dynamo.core.query_all(f"{pk}{number}", "")]
    (raw,) = items
    assert raw["kind"] == {"S": "statistics"}
    assert int(raw["ttl"]["N"]) == int((BUCKET + timedelta(days=3)).timestamp())


def test_a_month_is_kept_for_thirteen_and_keeps_its_kind(dynamo: OnDynamo) -> None:
    dynamo.unit_of_work.commit(dynamo.statistics.add_to_month("demo", "2026-11", MonthTally(disputed=1), "a"))
    keys_ = [keys.statistics_month("demo", number, "2026-11") for number in range(keys.STATISTICS_SHARDS)]
    (raw,) = dynamo.core.get_all(keys_)
    assert raw["kind"] == {"S": "month_statistics"}
    kept_until = datetime.fromtimestamp(int(raw["ttl"]["N"]), UTC)
    assert timedelta(0) < kept_until - datetime(2027, 12, 1, tzinfo=UTC) < timedelta(days=7)
