"""A subscription of another system goes on where that left it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.subscriptions.lives import LATER, RENEWED, SECOND_PERIOD, UNPAID, after, an_order, changed
from tests.unit.subscriptions.telling import SECOND, START, THIRD
from tollgate.catalog.model import Interval
from tollgate.kernel.clock import from_iso
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.values import Period
from tollgate.subscriptions.activation import next_period
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.importing import imported
from tollgate.subscriptions.model import Renewer, State, Subscription
from tollgate.subscriptions.periods import later

DAY = timedelta(days=1)


def an_imported(period: Period = SECOND_PERIOD, **fields: object) -> Subscription:
    """One that was in its second period."""
    standing = replace(an_order(), state=State.ACTIVE, provider="stripe", reference="sub_1", period=period)
    return imported(replace(standing, **fields), "leg-1", LATER).subscription  # type: ignore[arg-type]


def test_it_is_imported_and_not_activated() -> None:
    standing = replace(an_order(email="zoe@mail.example"), state=State.ACTIVE, period=SECOND_PERIOD)
    change = imported(standing, "leg-1", LATER)
    (event,) = change.events
    assert (event.type, event.sequence, event.occurred_at) == ("payments.subscription.imported", 1, LATER)
    assert (event.data["legacy_id"], event.data["renewed_by"], event.data["status"]) == ("leg-1", "provider", "active")
    assert "zoe" not in event.to_json()
    assert (change.subscription.version, change.subscription.payment, change.vacates) == (1, "", False)
    assert change.subscription.created_at == START


def test_what_has_no_period_cannot_go_on() -> None:
    with pytest.raises(LookupError):
        imported(an_order(), "leg-1", LATER)


def test_a_later_period_renews_it() -> None:
    third = Period(THIRD, later(START, Interval.MONTH, 3))
    renewed = changed(an_imported(), replace(RENEWED, invoice="in_3", period=third))
    assert [each.type for each in renewed.events] == ["payments.subscription.renewed"]
    assert renewed.subscription.period == third


@pytest.mark.parametrize("period", [SECOND_PERIOD, Period(START, SECOND)], ids=["its own", "one before"])
def test_what_the_other_system_was_paid_or_not_paid_is_known(period: Period) -> None:
    of = an_imported()
    assert apply(of, replace(RENEWED, period=period), LATER) is Meaning.REPEAT
    assert apply(of, replace(UNPAID, period=period), LATER) is Meaning.STALE
    assert after(of, replace(UNPAID, period=Period(SECOND + DAY, THIRD + DAY))).state is State.PAST_DUE


def test_what_is_paid_within_a_period_is_news() -> None:
    charged = changed(an_imported(), replace(RENEWED, renews=False))
    assert [each.type for each in charged.events] == ["payments.subscription.charged"]


def test_a_longer_plan_from_the_middle_of_the_imported_period_on_is_a_renewal() -> None:
    begun = Period(SECOND + 5 * DAY, SECOND + 370 * DAY)
    assert after(an_imported(), replace(RENEWED, period=begun)).period == begun


def test_a_trial_ends_with_its_period_and_the_plan_is_reckoned_from_there() -> None:
    of = an_imported(state=State.TRIALING, renewed_by=Renewer.PLATFORM)
    assert (of.trial_end, of.anchor, of.due_at, of.is_renewed_here) == (THIRD, THIRD, THIRD, True)


@pytest.mark.parametrize(
    ("start", "end", "then"),
    [
        ("2026-01-31", "2026-02-28", "2026-03-31"),
        ("2026-02-28", "2026-03-31", "2026-04-30"),
        ("2026-02-28", "2026-03-28", "2026-04-28"),
        ("2026-04-30", "2026-05-31", "2026-06-30"),
        ("2026-10-20", "2026-11-27", "2026-12-27"),
    ],
)
def test_the_next_period_begins_where_the_imported_one_ends_and_keeps_its_day(start: str, end: str, then: str) -> None:
    first, second, third = (from_iso(f"{day}T09:00:00Z") for day in (start, end, then))
    assert next_period(an_imported(Period(first, second)), second) == Period(second, third)


@given(
    st.integers(0, 10 * 365 * 24).map(lambda hours: START + timedelta(hours=hours)),
    st.integers(1, 60),
    st.sampled_from(Interval),
)
def test_however_long_the_imported_period_was_the_next_is_one_interval(
    start: datetime, days: int, interval: Interval
) -> None:
    terms = replace(an_order().terms, interval=interval)
    end = start + days * DAY
    following = next_period(an_imported(Period(start, end), terms=terms), end)
    assert following.start == end
    assert timedelta(days=27) < following.end - following.start < timedelta(days=367)
