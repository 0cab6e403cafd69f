"""What a membership costs when: as it was ordered, as it goes out with the link and comes back, and how long a period
is that Segpay tells of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.adapters.providers.segpay.amounts import from_segpay
from tollgate.adapters.providers.segpay.told import INITIAL, Told, instant_of
from tollgate.catalog.model import Interval
from tollgate.kernel.money import Money
from tollgate.payments.values import Period

# Segpay counts days and knows no months. What it is told for one is the operator's to change.
PERIOD_DAYS: Mapping[str, int] = {Interval.MONTH.value: 30, Interval.YEAR.value: 365}
_TEXT = re.compile(r"([0-9]{1,12}):([0-9]{1,12}):([A-Z]{3}):([0-9]{1,4}):([0-9]{1,4})", re.ASCII)
_DAYS = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is taken first, which is nothing for a trial, and for how many days; then what for each period of how many.
    Without days a price point at Segpay has them.
    """

    first: Money
    later: Money
    first_days: int = 0
    later_days: int = 0

    @property
    def text(self) -> str:
        """As it goes out with a link, in minor units."""
        amounts = f"{self.first.amount}:{self.later.amount}:{self.first.currency}"
        return f"{amounts}:{self.first_days}:{self.later_days}"


def schedule_of(text: str) -> Schedule:
    """Back from its text; `ValueError` for what is none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError("no schedule")
    first, later, currency, first_days, later_days = found.groups()
    return Schedule(Money(int(first), currency), Money(int(later), currency), int(first_days), int(later_days))


def require_as_ordered(told: Told, ordered: Schedule) -> None:
    """`ValueError` where Segpay will charge otherwise than was ordered: who changes a link can put in a price that is
    cheaper later on. It has to tell the later price; the days only where they were ours to say.
    """
    if from_segpay(told.later_price, told.currency) != ordered.later:
        raise ValueError("later periods cost something else than was ordered, or nothing says what")
    for said, days in ((told.first_days, ordered.first_days), (told.later_days, ordered.later_days)):
        if days and said and days_of(said) != days:
            raise ValueError("its periods are longer or shorter than was ordered")


def period_of(told: Told, at: datetime, ordered: Schedule | None, usual: int = 0) -> Period:
    """What a sale pays for: from its time on, for as many days as Segpay says, else as were ordered, else as are usual;
    or until it is billed next, if that is said. `ValueError` where nobody knows.
    """
    first = told.stage == INITIAL
    said = days_of(told.first_days if first else told.later_days)
    known = (ordered.first_days if first else ordered.later_days) if ordered else 0
    days = said or known or usual
    if not days:
        raise ValueError("nothing says how long its period is")
    end = at + timedelta(days=days)
    billed = instant_of(told.next_bill)
    if billed is not None and billed.date() != end.date() and billed > at:
        # A day without a time: that of the sale.
        end = end.replace(year=billed.year, month=billed.month, day=billed.day)
    return Period(at, end)


def days_of(text: str) -> int:
    """0 where none are told."""
    return int(text) if _DAYS.fullmatch(text.strip()) else 0
