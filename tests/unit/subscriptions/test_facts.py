"""What facts make of a subscription."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import usd
from tests.unit.subscriptions.lives import (
    AS_IT_IS,
    ENDING,
    FREE,
    LATER,
    OVER,
    PAUSED,
    RENEWED,
    UNPAID,
    after,
    an_active,
    an_order,
    changed,
    first_payment,
)
from tests.unit.subscriptions.telling import GOLD, SECOND, START, THIRD
from tollgate.catalog.model import Interval
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.values import Billing, Period
from tollgate.subscriptions.activation import activated, expired, next_period
from tollgate.subscriptions.applying import PATIENCE, apply
from tollgate.subscriptions.model import GRACE, RENEWED_WITHIN, Change, Renewer, State
from tollgate.subscriptions.periods import later, period_after
from tollgate.subscriptions.reports import Ended, Forgiven, GivenUp

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def said(of: object, *facts: object) -> list[str]:
    return [each.type.removeprefix("payments.subscription.") for each in changed(of, *facts).events]  # type: ignore[arg-type]


def test_the_first_payment_begins_it_and_only_once() -> None:
    active = an_active()
    assert (active.state, active.period, active.reference, active.customer) == (
        State.ACTIVE,
        Period(START, SECOND),
        "sub_1",
        "cus_1",
    )
    assert (active.provider, active.renewed_by, active.invoices) == ("stripe", Renewer.PROVIDER, ("in_1",))
    assert activated(active, first_payment(), LATER) is None
    assert expired(active, "expired", LATER) is None


def test_a_trial_gives_access_until_it_is_over_and_the_plan_is_reckoned_from_there() -> None:
    order = an_order(terms=replace(GOLD, trial_days=14))
    payment = first_payment()
    begun = activated(order, replace(payment, billing=Billing(order.id, reference="sub_1")), START)
    assert begun is not None
    of = begun.subscription
    assert (of.status, of.trial_end, of.anchor) == ("trialing", START + 14 * DAY, START + 14 * DAY)
    assert of.has_access(START + 13 * DAY)
    assert after(of, RENEWED).state is State.ACTIVE


def test_where_we_charge_we_reckon_the_periods() -> None:
    payment = replace(first_payment(), billing=Billing(an_order().id, source="cus_1/pm_1"))
    begun = activated(an_order(), payment, START)
    assert begun is not None
    of = begun.subscription
    assert (of.renewed_by, of.source, of.period) == (Renewer.PLATFORM, "cus_1/pm_1", Period(START, SECOND))
    assert (next_period(of, SECOND), of.due_at) == (Period(SECOND, THIRD), SECOND)
    assert after(of, ENDING).due_at == SECOND  # to be ended
    assert after(of, PAUSED).due_at is None


def test_a_renewal_extends_what_is_paid_and_comes_once() -> None:
    renewed = after(an_active(), RENEWED)
    assert (renewed.state, renewed.period) == (State.ACTIVE, Period(SECOND, THIRD))
    assert apply(renewed, RENEWED, LATER) is Meaning.REPEAT
    assert said(an_active(), FREE) == ["renewed"]


def test_an_older_period_that_is_told_of_later_takes_nothing_away() -> None:
    newest = replace(RENEWED, invoice="in_3", period=Period(THIRD, THIRD + 30 * DAY))
    of = after(an_active(), newest, RENEWED)
    assert of.period == newest.period


def test_a_longer_period_that_begins_in_the_same_second_is_theirs() -> None:
    yearly = replace(RENEWED, period=Period(START, START + 365 * DAY))
    assert after(an_active(), yearly).period == yearly.period


def test_a_period_that_cannot_be_charged_starts_a_week_of_grace() -> None:
    late = after(an_active(), UNPAID)
    assert (late.state, late.access_until) == (State.PAST_DUE, SECOND + GRACE)
    assert late.has_access(SECOND + GRACE - HOUR)
    assert not late.has_access(SECOND + GRACE)
    assert apply(late, UNPAID, LATER) is Meaning.REPEAT
    assert said(late, replace(UNPAID, attempt="ch_2")) == ["payment_failed"]
    assert after(late, replace(UNPAID, attempt="ch_2")).access_until == late.access_until


def test_a_try_that_cannot_be_told_from_others_any_more_is_no_other() -> None:
    late = after(an_active(), UNPAID)
    assert apply(late, replace(UNPAID, attempt=UNPAID.invoice), LATER) is Meaning.REPEAT
    assert said(an_active(), replace(UNPAID, attempt=UNPAID.invoice)) == ["grace_started"]


def test_paid_in_grace_it_goes_on_and_given_up_it_is_over() -> None:
    late = after(an_active(), UNPAID)
    assert said(late, RENEWED) == ["grace_ended", "renewed"]
    assert after(late, RENEWED).debt is None
    assert said(late, GivenUp(LATER)) == ["grace_ended", "failed"]
    over = after(late, GivenUp(LATER))
    assert (over.status, over.has_access(LATER)) == ("unpaid", False)
    assert apply(over, GivenUp(LATER), LATER) is Meaning.REPEAT
    assert apply(an_active(), GivenUp(LATER), LATER) is Meaning.STALE


def test_what_was_paid_before_its_failure_is_told_stays_paid() -> None:
    assert apply(after(an_active(), RENEWED), UNPAID, LATER) is Meaning.STALE


def test_what_was_owed_beside_a_period_is_not_owed_once_it_is_paid() -> None:
    charge = after(an_active(), UNPAID, replace(RENEWED, renews=False))
    assert (charge.state, charge.debt, charge.period) == (State.ACTIVE, None, an_active().period)


def test_money_for_one_that_is_over_is_told_apart() -> None:
    assert said(after(an_active(), OVER), RENEWED) == ["late_payment"]


def test_the_end_waits_for_the_invoice_that_it_names_but_not_for_ever() -> None:
    unheard = Ended(LATER, latest_invoice="in_9")
    assert apply(an_active(), unheard, LATER) is Meaning.EARLY
    assert apply(an_active(), unheard, LATER + PATIENCE) is not Meaning.EARLY


@pytest.mark.parametrize("fact", [RENEWED, UNPAID, OVER, ENDING])
def test_before_the_first_payment_facts_wait(fact: object) -> None:
    assert apply(an_order(), fact, LATER) is Meaning.EARLY  # type: ignore[arg-type]
    assert apply(an_order(), AS_IT_IS, LATER) is Meaning.REPEAT


def test_what_the_provider_told_later_stands() -> None:
    ending = after(an_active(), ENDING)
    assert ending.ends_at == SECOND
    stays = replace(AS_IT_IS, at=LATER + HOUR)
    assert said(ending, stays) == ["reinstated"]
    assert apply(after(ending, stays), ENDING, LATER + HOUR) is Meaning.STALE


def test_what_changes_nothing_is_remembered_without_an_event() -> None:
    noted = changed(an_active(), AS_IT_IS)
    assert (noted.events, noted.subscription.told_at) == ((), AS_IT_IS.at)
    assert noted.subscription.version == an_active().version


def test_a_paused_one_keeps_what_is_paid_and_no_more() -> None:
    paused = after(an_active(), PAUSED)
    assert (paused.status, paused.has_access(SECOND - HOUR), paused.has_access(SECOND)) == ("paused", True, False)
    assert an_active().has_access(SECOND + RENEWED_WITHIN - HOUR)


def test_what_began_on_the_31st_comes_on_the_last_day_of_shorter_months() -> None:
    days = [later(START, Interval.MONTH, number).date().isoformat() for number in range(5)]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    leap = datetime(2024, 2, 29, tzinfo=UTC)
    assert [later(leap, Interval.YEAR, number).date().isoformat() for number in (1, 4)] == ["2025-02-28", "2028-02-29"]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
    st.sampled_from(Interval),
    st.integers(0, 60),
)
def test_periods_follow_each_other_without_a_gap(anchor: datetime, interval: Interval, number: int) -> None:
    end = later(anchor, interval, number)
    assert period_after(anchor, interval, end) == Period(end, later(anchor, interval, number + 1))
    assert end < later(anchor, interval, number + 1)


def test_prices_stay_what_they_were() -> None:
    dearer = replace(AS_IT_IS, unit=usd(9999))
    assert after(an_active(), dearer).terms.unit == usd(9999)
    assert GOLD.unit == usd(3999)


def test_what_is_forgiven_before_anybody_told_that_it_failed_is_never_owed() -> None:
    known = apply(an_active(), Forgiven(UNPAID.invoice, LATER), LATER)
    assert isinstance(known, Change)
    assert (known.events, apply(known.subscription, UNPAID, LATER)) == ((), Meaning.STALE)
    assert apply(known.subscription, Forgiven(UNPAID.invoice, LATER), LATER) is Meaning.STALE
    assert apply(an_order(), Forgiven("in_1", LATER), LATER) is Meaning.EARLY
