"""How a subscription stands, as the one who has it is told of it. Apart from `model`: few mails need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tollgate.kernel.money import Money


class Phase(StrEnum):
    """How far it has come."""

    TRIAL = "trial"
    GOING = "going"  # a period was paid, or is owed
    CANCELLED = "cancelled"  # over, since somebody wanted that
    GIVEN_UP = "given_up"  # over, since it was not paid


@dataclass(frozen=True, slots=True)
class Owed:
    """A period that could not be charged. Without `next_try_at` it is not tried again, and another card is needed, or
    it is `tried_elsewhere`, by its provider's own plan.
    """

    invoice: str
    amount: Money
    access_until: datetime
    next_try_at: datetime | None
    tried_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """`price` is for each `interval`, a month or a year. `until` is the end of what is paid, or of the trial; `ends_at`
    is set where it ends or has ended; `paid` are the invoices that were paid last. It `renews` unless it is to end, or
    is paused, and `resumes` where a cancellation can be taken back.
    """

    email: str = field(repr=False)
    plan: str
    price: Money
    interval: str
    phase: Phase
    renews: bool
    until: datetime
    ends_at: datetime | None = None
    owed: Owed | None = None
    paid: tuple[str, ...] = ()
    resumes: bool = True
