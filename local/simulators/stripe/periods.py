"""Billing periods: where each ends, counted from the anchor so that a short month shortens no later one.

Source: Stripe's description of billing cycles: a subscription anchored on 31 January renews on 28 (or 29) February
and on 31 March; times are in UTC, and a day has 24 hours.
"""

from calendar import monthrange
from datetime import UTC, datetime

from local.simulators.stripe.errors import Body

_DAY = 86_400
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_LONGEST_MONTH = 31 * _DAY


def boundary(anchor: int, recurring: Body, index: int) -> int:
    """The `index`-th boundary after the anchor, in epoch seconds; the anchor itself is number 0."""
    interval, count = str(recurring["interval"]), index * int(recurring["interval_count"])
    if interval in _DAYS:
        return anchor + count * _DAYS[interval] * _DAY
    start = datetime.fromtimestamp(anchor, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + count * _MONTHS[interval], 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def following(anchor: int, recurring: Body, moment: int) -> int:
    """The first boundary after `moment`; the anchor itself when that is still to come."""
    interval, count = recurring["interval"], recurring["interval_count"]
    longest = count * (_DAYS[interval] * _DAY if interval in _DAYS else _MONTHS[interval] * _LONGEST_MONTH)
    index = max(0, (moment - anchor) // longest)
    while (end := boundary(anchor, recurring, index)) <= moment:
        index += 1
    return end
