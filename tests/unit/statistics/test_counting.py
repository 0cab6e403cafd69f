"""Each event is counted once, in the ten minutes in which its payment was made, and the parts add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_draft, captured, created, usd
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.statistics import MemoryStatistics
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.events import TYPE_OF
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change, Report
from tollgate.reconciliation.delivery import FOLLOWED
from tollgate.statistics.model import OUTCOME_OF, Occurrence, Outcome, Tally, bucket_of, tally
from tollgate.statistics.service import Statistics


class World:
    """A store with payments, and the room."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.unit_of_work = MemoryUnitOfWork(self.store)
        self.payments = MemoryPayments(self.store)
        self.clock = FixedClock(NOW)
        self.statistics = Statistics(MemoryStatistics(self.store), self.unit_of_work, self.clock)

    def happened(self, name: str, *facts: Fact, at: datetime = NOW, **fields: Any) -> list[Occurrence]:
        """A payment with all its events, those that are counted."""
        change = created(name, created_at=at, **fields)
        self.unit_of_work.commit(*self.payments.create(change))
        found = [told(change)]
        for fact in facts:
            amount = change.payment.amount
            report = captured(f"pi_{name}", amount) if fact is Fact.CAPTURED else Report(fact, NOW)
            following = change.payment.apply(report, NOW)
            assert isinstance(following, Change)
            self.unit_of_work.commit(*self.payments.update(following))
            found.append(told(following))
            change = following
        return found

    def last_day(self, tenant: str = "demo") -> Tally:
        return self.statistics.last_day(tenant).tally


def told(change: Change) -> Occurrence:
    event, payment = change.event, change.payment
    made, paid = payment.created_at, payment.amount
    return Occurrence(payment.tenant, payment.id, event.sequence, event.type, made, paid, event.occurred_at)


def test_the_types_that_are_counted_are_those_under_which_payments_store_their_events() -> None:
    ends = {TYPE_OF[fact] for fact in (Fact.CAPTURED, Fact.FAILED, Fact.CANCELLED, Fact.EXPIRED)}
    assert set(OUTCOME_OF) == {
        "payments.payment.created",
        *ends,
        "payments.purchase.refunded",
        *("payments.dispute.opened", "payments.dispute.won", "payments.dispute.lost"),
    }


def test_the_reconciler_follows_every_event_that_is_counted_and_no_other() -> None:
    """The mark of a counted event is the only proof that it reached a subscriber."""
    assert frozenset(OUTCOME_OF) == FOLLOWED


def test_the_parts_add_up_to_the_payments_that_were_made() -> None:
    world = World()
    paid, failed = world.happened("1", Fact.CAPTURED), world.happened("2", Fact.FAILED)
    cancelled, still_open = world.happened("3", Fact.CANCELLED), world.happened("4")
    counted = world.statistics.count([*paid, *failed, *cancelled, *still_open])
    assert (counted.marked, counted.repeated, counted.strangers) == (7, 0, ())
    day = world.last_day()
    assert (day.total, day.successful, day.failed, day.cancelled, day.pending) == (4, 1, 1, 1, 1)
    assert day.revenue == {"USD": 5000}


def test_revenue_is_told_by_currency() -> None:
    world = World()
    for number, amount in enumerate([usd(100), Money(70, "EUR"), Money(5, "EUR"), Money(900, "JPY")]):
        world.statistics.count(world.happened(str(number), Fact.CAPTURED, amount=amount))
    assert world.last_day().revenue == {"USD": 100, "EUR": 75, "JPY": 900}


def test_what_is_delivered_again_is_not_counted_again() -> None:
    world = World()
    first, second = world.happened("1", Fact.CAPTURED), world.happened("2")
    world.statistics.count(first)
    counted = world.statistics.count([*first, *second, *second])
    assert (counted.marked, counted.repeated) == (1, 3)
    assert (world.last_day().created, world.last_day().successful) == (2, 1)


def test_an_end_that_is_counted_before_its_beginning_is_of_a_payment_all_the_same() -> None:
    world = World()
    beginning, end = world.happened("1", Fact.CAPTURED)
    world.statistics.count([end])
    assert (world.last_day().total, world.last_day().successful, world.last_day().pending) == (1, 1, 0)
    world.statistics.count([beginning])
    assert (world.last_day().total, world.last_day().pending) == (1, 0)


def test_what_somebody_else_wrote_to_the_bus_is_not_counted_and_holds_up_nothing() -> None:
    world = World()
    (known,) = world.happened("1")
    never_made = told(created("2"))
    other_type = Occurrence(known.tenant, known.payment_id, 1, "payments.purchase.confirmed", NOW, usd(1), NOW)
    counted = world.statistics.count([never_made, known])
    assert (counted.marked, counted.strangers) == (1, (never_made,))
    assert world.statistics.count([other_type]).marked == 0
    assert world.last_day() == Tally(created=1)


def test_a_payment_is_counted_when_it_was_made_and_leaves_after_a_day() -> None:
    world = World()
    yesterday = NOW - timedelta(hours=23, minutes=55)
    world.statistics.count(world.happened("1", Fact.CAPTURED, at=yesterday))
    assert world.last_day().successful == 1
    world.clock.advance(timedelta(minutes=20))
    assert world.last_day() == Tally()


def test_the_last_day_begins_with_ten_whole_minutes() -> None:
    world = World()
    world.clock.advance(timedelta(minutes=7, seconds=3))
    assert world.statistics.last_day("demo").since == NOW - timedelta(days=1)


@pytest.mark.parametrize("at", [NOW - timedelta(days=3), NOW - timedelta(days=90), None])
def test_what_nobody_can_ask_for_is_marked_and_not_counted(at: datetime | None) -> None:
    world = World()
    (made,) = world.happened("1", at=at or NOW)
    occurrence = Occurrence(made.tenant, made.payment_id, 1, made.type, at, made.amount, NOW)
    assert world.statistics.count([occurrence]).marked == 1
    assert world.store.of("counters") == []
    assert world.statistics.count([occurrence]).repeated == 1


def test_a_batch_touches_one_counter_of_a_tenant_and_its_ten_minutes() -> None:
    world = World()
    batch = [each for number in range(20) for each in world.happened(str(number), Fact.CAPTURED)]
    world.statistics.count(batch)
    assert len(world.store.of("counters")) == 1


def test_a_batch_of_any_size_is_counted() -> None:
    world = World()
    times = [NOW - timedelta(minutes=10 * number) for number in range(120)]
    batch = [each for number, at in enumerate(times) for each in world.happened(str(number), at=at)]
    assert world.statistics.count(batch).marked == 120
    assert world.last_day().created == 120


def test_tenants_are_counted_apart() -> None:
    world = World()
    world.statistics.count([*world.happened("1"), *world.happened("2", tenant="other")])
    assert (world.last_day().created, world.last_day("other").created, world.last_day("oth").created) == (1, 1, 0)


def test_nothing_is_counted_while_the_store_is_down_and_all_of_it_afterwards() -> None:
    world = World()
    batch = world.happened("1", Fact.CAPTURED)

    def down(_: int) -> None:
        raise StoreUnavailable("down")

    world.unit_of_work.before = down
    with pytest.raises(StoreUnavailable):
        world.statistics.count(batch)
    world.unit_of_work.before = lambda _: None
    assert world.statistics.count(batch).marked == 2


def test_an_empty_batch_is_nothing() -> None:
    assert World().statistics.count([]).marked == 0


OCCURRENCES = st.lists(
    st.builds(
        Occurrence,
        st.just("demo"),
        st.just(a_draft().id),
        st.integers(1, 50),
        st.sampled_from(sorted(OUTCOME_OF)),
        st.just(NOW),
        st.builds(Money, st.integers(0, 10**9), st.sampled_from(["USD", "EUR"])),
        st.just(NOW),
    )
)


@given(OCCURRENCES, OCCURRENCES)
def test_tallies_add_up_in_any_split(some: list[Occurrence], others: list[Occurrence]) -> None:
    together = tally([*some, *others])
    assert together == tally(some) + tally(others) == tally(others) + tally(some)
    assert together.total == together.successful + together.failed + together.cancelled + together.pending
    assert together.pending >= 0
    paid = [each.amount for each in (*some, *others) if each.outcome is Outcome.SUCCESSFUL]
    assert sum(together.revenue.values()) == sum(each.amount for each in paid)


@given(st.datetimes(datetime(2001, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_ten_minutes_begin_at_the_clocks_tens(instant: datetime) -> None:
    begun = bucket_of(instant)
    assert begun <= instant < begun + timedelta(minutes=10)
    assert (begun.minute % 10, begun.second, begun.microsecond) == (0, 0, 0)


def test_a_batch_that_was_counted_before_is_not_written_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused transaction is charged for all its writes: hours that are published again must not cost as many times
    over as a batch is large.
    """
    world, sent = World(), list[int]()
    events = [world.happened(str(number))[0] for number in range(25)]
    world.statistics.count(events)
    commit = world.unit_of_work.commit

    def counted(*writes: Write) -> None:
        sent.append(len(writes))
        commit(*writes)

    monkeypatch.setattr(world.unit_of_work, "commit", counted)
    assert world.statistics.count(events).repeated == 25
    assert sum(sent) <= 4 * len(events)
    assert world.last_day().total == 25
