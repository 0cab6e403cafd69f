"""How a subscription stands is read from what is stored of it; a try is promised only where there will be one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import usd
from tests.support.stores import InMemory
from tests.unit.subscriptions.lives import (
    ENDING,
    LATER,
    OVER,
    PAUSED,
    RENEWED,
    SECOND_PERIOD,
    UNPAID,
    after,
    an_active,
    an_order,
    first_payment,
)
from tests.unit.subscriptions.telling import GOLD, SECOND, START
from tollgate.adapters.standings import SubscriptionStandings
from tollgate.mails.standing import Owed, Phase, Standing
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.values import Billing
from tollgate.runtime.composition.mailer import CHARGED_AGAIN, CHARGING_ALONE
from tollgate.subscriptions.activation import activated
from tollgate.subscriptions.dunning import DAY
from tollgate.subscriptions.model import GRACE, Change, Subscription
from tollgate.subscriptions.reports import GivenUp, Reminded, Retried, Told

EMAIL = "member@mail.example"


def standing(of: Subscription, tenant: str = "demo") -> Standing | None:
    store = InMemory()
    store.unit_of_work.commit(*store.subscriptions.create(Change(0, of)))
    return SubscriptionStandings(store.subscriptions, CHARGED_AGAIN, CHARGING_ALONE).of(tenant, of.id)


def told(of: Subscription) -> Standing:
    found = standing(of)
    assert found is not None
    return found


def a_member(**fields: Any) -> Subscription:
    return an_active(**{"email": EMAIL} | fields)


def a_trial() -> Subscription:
    order = an_order(version=1, email=EMAIL, terms=replace(GOLD, trial_days=14))
    begun = activated(order, replace(first_payment(), billing=Billing(order.id, reference="sub_1")), START)
    assert begun is not None
    return begun.subscription


def test_what_is_paid_goes_on_until_its_end() -> None:
    expected = Standing(EMAIL, "Gold", usd(3999), "month", Phase.GOING, renews=True, until=SECOND, paid=("in_1",))
    assert told(a_member()) == expected
    renewed = told(after(a_member(), RENEWED))
    assert (renewed.until, renewed.paid) == (SECOND_PERIOD.end, ("in_1", "in_2"))
    assert not told(after(a_member(), PAUSED)).renews


def test_a_trial_lasts_as_long_as_was_last_said() -> None:
    trial = a_trial()
    assert (told(trial).phase, told(trial).until) == (Phase.TRIAL, START + 14 * DAY)
    longer = after(trial, Told(LATER, trial_end=START + 20 * DAY))
    assert told(longer).until == START + 20 * DAY


def test_what_is_owed_is_tried_again_by_plan() -> None:
    late = after(a_member(), UNPAID)
    assert told(late).owed == Owed("in_2", GOLD.unit, SECOND + GRACE, SECOND + DAY)
    again = after(late, Retried(SECOND + DAY, replace(UNPAID, attempt="ch_2")), Reminded("in_2", SECOND + 2 * DAY))
    assert told(again).owed == Owed("in_2", GOLD.unit, SECOND + GRACE, SECOND + 3 * DAY)


@pytest.mark.parametrize("class_", [each for each in DeclineClass if each is not DeclineClass.SOFT])
def test_a_card_that_will_never_work_is_not_tried_again(class_: DeclineClass) -> None:
    owed = told(after(a_member(), replace(UNPAID, decline=Decline(class_)))).owed
    assert owed is not None
    assert owed.next_try_at is None


@pytest.mark.parametrize(("provider", "elsewhere"), [("segpay", True), ("square", False)])
def test_where_dunning_asks_nobody_no_try_is_promised(provider: str, elsewhere: bool) -> None:
    owed = told(replace(after(a_member(), UNPAID), provider=provider)).owed
    assert owed is not None
    assert (owed.next_try_at, owed.tried_elsewhere) == (None, elsewhere)


def test_a_cancellation_is_taken_back_where_the_provider_does_that() -> None:
    ending = after(a_member(), ENDING)
    assert [told(replace(ending, provider=name)).resumes for name in ("stripe", "segpay")] == [True, False]


def test_what_is_over_says_why_and_since_when() -> None:
    ending = told(after(a_member(), ENDING))
    assert (ending.phase, ending.ends_at, ending.renews) == (Phase.GOING, SECOND, False)
    cancelled, given_up = told(after(a_member(), OVER)), told(after(a_member(), UNPAID, GivenUp(LATER)))
    assert (cancelled.phase, cancelled.ends_at, cancelled.renews) == (Phase.CANCELLED, OVER.at, False)
    assert (given_up.phase, given_up.ends_at, given_up.owed) == (Phase.GIVEN_UP, LATER, None)


def test_without_an_address_or_a_first_payment_there_is_nothing_to_tell_nor_for_another_tenant() -> None:
    assert standing(a_member(email=None)) is None
    assert standing(an_order(email=EMAIL)) is None
    assert standing(a_member(), tenant="other") is None


def test_the_address_is_in_no_event_and_no_text_of_the_subscription() -> None:
    of = a_member()
    order = an_order(email=EMAIL).order(START, None)
    assert EMAIL not in repr(of) + repr(order) + "".join(each.to_json() for each in order.events)
