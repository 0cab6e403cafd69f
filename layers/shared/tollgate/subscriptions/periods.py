"""Periods of plans on the calendar, in UTC."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta

from tollgate.catalog.model import Interval
from tollgate.payments.values import Period

# No month is longer than another by more.
_UNEVEN = timedelta(days=4)
_MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12}


def later(anchor: datetime, interval: Interval, times: int) -> datetime:
    """So many intervals after the anchor, on its day of the month or the last that the month has: what began on the
    31st comes on 28 February and then on 31 March again.
    """
    months = anchor.year * 12 + anchor.month - 1 + _MONTHS[interval] * times
    year, month = divmod(months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def trial(start: datetime, days: int) -> Period:
    """Days of a trial have 24 hours."""
    return Period(start, start + timedelta(days=days))


def period_at(anchor: datetime, interval: Interval, number: int) -> Period:
    """The period of that number, from 0 on."""
    return Period(later(anchor, interval, number), later(anchor, interval, number + 1))


def period_after(anchor: datetime, interval: Interval, end: datetime) -> Period:
    """The period that begins where another ended, or with its anchor, where that is later."""
    number = 0
    while later(anchor, interval, number) < end:
        number += 1
    return Period(max(end, anchor), later(anchor, interval, number + 1))


def near(end: datetime, anchor: datetime, interval: Interval) -> datetime:
    """The end of a period from that anchor that is near to this one; this where there is none."""
    number = 0
    while later(anchor, interval, number) < end - _UNEVEN:
        number += 1
    found = later(anchor, interval, number)
    return found if found <= end + _UNEVEN else end
