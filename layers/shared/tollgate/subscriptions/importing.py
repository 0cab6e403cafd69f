"""A subscription that began in another system, from the moment on in which it goes on here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tollgate.payments.values import Period
from tollgate.subscriptions import events, periods
from tollgate.subscriptions.model import Change, State, Subscription, Terms


def imported(standing: Subscription, legacy_id: str, now: datetime) -> Change:
    """The first change of one that stands so, at version 0, with the period that is paid. It is not activated: nobody
    has bought anything now, and nobody is to be welcomed. `LookupError` without a period.
    """
    period = standing.period
    if period is None:
        raise LookupError(f"{standing.id} has no period")
    on_trial = standing.state is State.TRIALING
    taken_over = replace(
        standing,
        payment="",
        imported=period.start,
        anchor=period.end if on_trial else _anchor(period, standing.terms),
        trial_end=period.end if on_trial else None,
    )
    said = {"legacy_id": legacy_id, "renewed_by": standing.renewed_by.value}
    return taken_over.with_events(now, None, (events.IMPORTED, said))


def _anchor(period: Period, terms: Terms) -> datetime:
    """From where later periods are reckoned, so that one begins where this one ends: 31 January to 28 February goes on
    to 31 March, and 28 February to 31 March, whose beginning is no beginning of a month of the plan, to 30 April.
    """
    return period.start if periods.later(period.start, terms.interval, 1) == period.end else period.end
