"""Subscriptions, and everything that can become of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.builders import a_payment, usd
from tests.unit.subscriptions.telling import GOLD, PAYMENT, SECOND, SOFT, START, SUBSCRIPTION, THIRD
from tollgate.catalog.model import Interval
from tollgate.kernel.events import Event
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Payment
from tollgate.payments.values import Billing, Capture, Period
from tollgate.subscriptions.activation import activated, expired
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.importing import imported
from tollgate.subscriptions.model import Change, State, Subscription
from tollgate.subscriptions.reports import CardGiven, Ended, Fact, Failed, GivenUp, Paid, Reminded, Retried, Told

FIRST_PERIOD, SECOND_PERIOD = Period(START, SECOND), Period(SECOND, THIRD)
LATER = SECOND + timedelta(hours=1)
BILLING = Billing(SUBSCRIPTION, "in_1", FIRST_PERIOD, "sub_1", "cus_1")
RENEWED = Paid("in_2", GOLD.unit, SECOND_PERIOD, SECOND, Capture("pi_2", GOLD.unit, SECOND))
FREE = replace(RENEWED, amount=usd(0), capture=None)
UNPAID = Failed("in_2", GOLD.unit, SECOND_PERIOD, SECOND, "ch_1", SOFT)
AS_IT_IS = Told(LATER, unit=GOLD.unit, interval=GOLD.interval, plan=GOLD.code)
ENDING, PAUSED = replace(AS_IT_IS, ends_at=SECOND), replace(AS_IT_IS, paused=True)
DEARER = replace(AS_IT_IS, unit=usd(9999), interval=Interval.YEAR, plan="gold_year")
OVER = Ended(LATER, latest_invoice="in_1")


def an_order(**fields: Any) -> Subscription:
    """One that is about to be ordered."""
    defaults: dict[str, Any] = {
        "id": SUBSCRIPTION,
        "tenant": "demo",
        "owner": "user-1",
        "terms": GOLD,
        "state": State.PENDING,
        "version": 0,
        "created_at": START,
        "updated_at": START,
        "payment": PAYMENT,
    }
    return Subscription(**defaults | fields)


def first_payment(**fields: Any) -> Payment:
    """That which begins it."""
    made = a_payment(PaymentState.CONFIRMED, amount=GOLD.unit, captures=(Capture("pi_1", GOLD.unit, START),))
    return replace(made, id=PAYMENT, billing=BILLING, **fields)


def an_active(**fields: Any) -> Subscription:
    """One whose first period is paid."""
    begun = activated(an_order(version=1, **fields), first_payment(), START)
    assert begun is not None
    return begun.subscription


def after(of: Subscription, *facts: Fact) -> Subscription:
    """What has become of it, every fact having changed it."""
    for fact in facts:
        of = changed(of, fact).subscription
    return of


def changed(of: Subscription, fact: Fact) -> Change:
    change = apply(of, fact, LATER)
    assert isinstance(change, Change), change
    return change


def of_subscriptions() -> Iterator[Event]:
    """Each kind of event of a subscription, some in more than one shape."""
    for fields in ({}, {"consumer": "tickets", "client_reference": "order-1"}):
        order, active = an_order(**fields), an_active(**fields)
        yield from order.order(START, None).events
        for change in (activated(replace(order, version=1), first_payment(), START), expired(order, "expired", START)):
            assert change is not None
            yield from change.events
        trial = activated(replace(order, terms=replace(GOLD, trial_days=14)), first_payment(), START)
        assert trial is not None
        yield from trial.events
        yield from imported(replace(active, version=0), "leg-1", LATER).events
        late = after(active, UNPAID)
        lives: list[tuple[Subscription, Fact]] = [
            (active, RENEWED),
            (active, FREE),
            (active, replace(RENEWED, renews=False)),
            (active, UNPAID),
            (late, replace(UNPAID, attempt="ch_2")),
            (late, Retried(LATER, replace(UNPAID, attempt="ch_2"))),
            (late, Reminded("in_2", LATER, LATER)),
            (late, Reminded("in_2", LATER)),
            (active, CardGiven("seti_1", LATER)),
            (late, RENEWED),
            (late, GivenUp(LATER)),
            (late, Ended(LATER)),
            (active, ENDING),
            (after(active, ENDING), AS_IT_IS),
            (active, PAUSED),
            (after(active, PAUSED), AS_IT_IS),
            (active, DEARER),
            (active, OVER),
            (after(active, OVER), RENEWED),
        ]
        for of, fact in lives:
            yield from changed(of, fact).events
