"""Disputes come weeks after the sale: each is counted once, in the month in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_draft, captured, created, usd
from tests.unit.statistics.test_counting import World, told
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change, Report
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.statistics.model import OUTCOME_OF, Occurrence, Tally
from tollgate.statistics.months import MonthTally, beginning_of, month_before, month_tally

MONTH, BEFORE = "2026-11", "2026-10"
OPEN, WON, LOST = DisputeState.OPEN, DisputeState.WON, DisputeState.LOST


def sold_and(
    world: World, name: str, *reports: Report, tenant: str = "demo", sold: datetime = NOW, at: datetime = NOW
) -> list[Occurrence]:
    """The events of a sale that are counted, and of what came of it later."""
    change = created(name, tenant=tenant, created_at=sold)
    world.unit_of_work.commit(*world.payments.create(change))
    found = [told(change)]
    for report, when in ((captured(f"pi_{name}"), sold), *((each, at) for each in reports)):
        following = change.payment.apply(report, when)
        assert isinstance(following, Change)
        world.unit_of_work.commit(*world.payments.update(following))
        change = following
        found.append(told(following))
    return [each for each in found if each.type in OUTCOME_OF]


def disputed(state: DisputeState, number: int = 1, amount: int = 5_000) -> Report:
    return Report(Fact.DISPUTE, NOW, dispute=DisputeReport(f"du_{number}", usd(amount), state))


def refunded(amount: int) -> Report:
    told_ = RefundReport(RefundState.SUCCEEDED, None, f"re_{amount}", usd(amount))
    return Report(Fact.REFUND, NOW, refund=told_)


def test_disputes_are_told_against_the_sales_of_their_month() -> None:
    world = World()
    for number in range(3):
        world.statistics.count(sold_and(world, str(number)))
    world.statistics.count(sold_and(world, "lost", disputed(OPEN), disputed(LOST)))
    world.statistics.count(sold_and(world, "won", disputed(OPEN), disputed(WON), refunded(1_000)))
    months = world.statistics.months("demo")
    assert list(months) == [MONTH, BEFORE]
    assert months[MONTH] == MonthTally(successful=5, refunded=1, disputed=2, won=1, lost=1)
    assert (months[MONTH].dispute_rate, months[BEFORE]) == (4_000, MonthTally())


def test_two_disputes_of_one_payment_are_two() -> None:
    world = World()
    world.statistics.count(sold_and(world, "1", disputed(OPEN, 1, 2_000), disputed(OPEN, 2, 3_000), disputed(LOST, 2)))
    assert world.statistics.months("demo")[MONTH] == MonthTally(successful=1, disputed=2, lost=1)


def test_a_dispute_is_counted_when_it_is_opened_however_long_ago_the_sale_was() -> None:
    world = World()
    sold = NOW - timedelta(days=120)
    *_, opened = sold_and(world, "1", disputed(OPEN), sold=sold)
    assert world.statistics.count([opened]).marked == 1
    assert world.statistics.months("demo")[MONTH] == MonthTally(disputed=1)
    assert world.store.of("counters") == []


def test_what_is_delivered_again_or_split_counts_once() -> None:
    world = World()
    events = sold_and(world, "1", disputed(OPEN), disputed(LOST))
    world.statistics.count(events[:3])
    assert world.statistics.count([*events, *events]).marked == 1
    for each in events:
        assert world.statistics.count([each]).repeated == 1
    assert world.statistics.months("demo")[MONTH] == MonthTally(successful=1, disputed=1, lost=1)
    assert world.last_day() == Tally(created=1, successful=1, revenue={"USD": 5_000})


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, 999_000, tzinfo=UTC), BEFORE),
        (datetime(2026, 11, 1, tzinfo=UTC), MONTH),
        (datetime.fromisoformat("2026-11-01T01:30:00+02:00"), BEFORE),
        (datetime.fromisoformat("2026-10-31T22:30:00-02:00"), MONTH),
    ],
)
def test_a_month_begins_at_midnight_of_utc(at: datetime, month: str) -> None:
    world = World()
    world.statistics.count(sold_and(world, "1", disputed(OPEN), at=at, sold=NOW - timedelta(days=60)))
    assert {name: each.disputed for name, each in world.statistics.months("demo").items() if each.disputed} == {
        month: 1
    }


def test_when_the_month_ends_it_is_the_one_before() -> None:
    world = World()
    world.statistics.count(sold_and(world, "1", disputed(OPEN)))
    world.clock.advance(datetime(2026, 12, 1, tzinfo=UTC) - NOW)
    sold = MonthTally(successful=1, disputed=1)
    assert list(world.statistics.months("demo").items()) == [("2026-12", MonthTally()), (MONTH, sold)]
    world.clock.advance(timedelta(days=31))
    assert list(world.statistics.months("demo").items()) == [("2027-01", MonthTally()), ("2026-12", MonthTally())]


def test_what_is_older_than_what_is_kept_is_marked_only() -> None:
    world = World()
    long_ago = NOW - timedelta(days=430)
    events = sold_and(world, "1", disputed(OPEN), sold=long_ago, at=long_ago)
    assert world.statistics.count(events).marked == 3
    assert world.store.of("months") == []


def test_tenants_are_counted_apart() -> None:
    world = World()
    ours, theirs = sold_and(world, "1"), sold_and(world, "2", disputed(OPEN), tenant="other")
    world.statistics.count([*ours, *theirs])
    told_ = [world.statistics.months(tenant)[MONTH] for tenant in ("demo", "other", "oth")]
    assert told_ == [MonthTally(successful=1), MonthTally(successful=1, disputed=1), MonthTally()]


def test_a_batch_touches_one_counter_of_a_month() -> None:
    world = World()
    batch = [each for number in range(6) for each in sold_and(world, str(number), disputed(OPEN), disputed(LOST))]
    world.statistics.count(batch)
    assert (len(world.store.of("months")), len(world.store.of("counters"))) == (1, 1)


@pytest.mark.parametrize(
    ("disputed", "sales", "rate"),
    [(3, 1_200, 25), (0, 7, 0), (1, 3, 3_333), (2, 3, 6_667), (1, 20_000, 1), (1, 20_001, 0), (5, 2, 25_000)],
)
def test_the_rate_is_whole_basis_points_rounded_half_up(disputed: int, sales: int, rate: int) -> None:
    told_ = MonthTally(successful=sales, disputed=disputed).dispute_rate
    assert (type(told_), told_) == (int, rate)


def test_where_nothing_was_sold_there_is_no_rate() -> None:
    assert MonthTally(disputed=2).dispute_rate is None


def test_the_month_before_january_is_of_another_year() -> None:
    assert (month_before("2027-01"), month_before("2028-03")) == ("2026-12", "2028-02")
    assert beginning_of("2027-01") == datetime(2027, 1, 1, tzinfo=UTC)


EVENTS = st.lists(
    st.builds(
        lambda sequence, type_: Occurrence("demo", a_draft().id, sequence, type_, NOW, usd(1), NOW),
        st.integers(1, 50),
        st.sampled_from(sorted(OUTCOME_OF)),
    )
)


@given(EVENTS, EVENTS)
def test_tallies_add_up_in_any_split(some: Sequence[Occurrence], others: Sequence[Occurrence]) -> None:
    together = month_tally([*some, *others])
    assert together == month_tally(some) + month_tally(others) == month_tally(others) + month_tally(some)
