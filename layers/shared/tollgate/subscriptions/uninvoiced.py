"""Which period a try to charge is for, where a provider writes no invoices and tells of transactions alone: it follows
from what was paid and what is owed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.kernel.clock import epoch
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.values import Capture, Period
from tollgate.subscriptions import periods
from tollgate.subscriptions.model import State, Subscription
from tollgate.subscriptions.reports import Charged, Failed, Paid

# How much earlier than the end of a period its provider may charge the next.
_EARLIER = timedelta(days=1)
# A decline that skips a period waits for that, and after this it is believed all the same: nobody may have told of it.
_PATIENCE = timedelta(hours=1)


def meaning_of(of: Subscription, charged: Charged, now: datetime) -> Paid | Failed | Meaning:
    """The same of an invoice; `EARLY` where what it builds on was not heard yet, `STALE` where it is overtaken."""
    return _failed(of, charged, now) if charged.decline else _paid(of, charged)


def period_from(of: Subscription, at: datetime) -> Period:
    """What is charged at a time pays for, by the calendar: an interval, up to the day on which the next is charged
    where that is near. February is short, and who began on the 31st is charged on that day again.
    """
    plain = periods.period_at(at, of.terms.interval, 0)
    end = periods.near(plain.end, of.anchor, of.terms.interval) if of.anchor else plain.end
    return Period(at, end)


def _paid(of: Subscription, charged: Charged) -> Paid:
    """What is taken after something could not be charged pays that; what was taken before is of an earlier period."""
    settles = of.debt is not None and charged.at >= of.debt.since and charged.transaction not in of.invoices
    capture = Capture(charged.transaction, charged.amount, charged.at) if charged.amount.amount else None
    return Paid(
        invoice=of.debt.invoice if of.debt and settles else charged.transaction,
        amount=charged.amount,
        period=charged.period or period_from(of, charged.at),
        at=charged.at,
        capture=capture,
        also=charged.transaction if settles else None,
    )


def _failed(of: Subscription, charged: Charged, now: datetime) -> Failed | Meaning:
    if of.state is State.PENDING:
        return Meaning.EARLY
    if of.period is None or charged.at < of.period.start or charged.decline is None:
        return Meaning.STALE
    owed = _following(of, of.period, charged)
    skips = of.debt is None and charged.at >= owed.end - _EARLIER
    if skips and now - charged.at < _PATIENCE:
        return Meaning.EARLY
    return Failed(
        invoice=of.debt.invoice if of.debt else owed_after(of, of.period),
        amount=charged.amount,
        period=owed,
        at=charged.at,
        attempt=charged.transaction,
        decline=charged.decline,
    )


def _following(of: Subscription, paid: Period, charged: Charged) -> Period:
    """What is owed after what is paid."""
    if charged.period is None:
        return period_from(of, paid.end)
    return Period(paid.end, paid.end + (charged.period.end - charged.period.start))


def owed_after(of: Subscription, period: Period) -> str:
    """What stands for the invoice of the period that follows: the same for every try to charge it."""
    return f"{of.reference}.{epoch(period.end)}"
