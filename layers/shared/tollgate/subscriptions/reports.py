"""Facts about a subscription, in our words, from whoever learned them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollgate.catalog.model import Interval
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline
from tollgate.payments.values import Capture, Period


@dataclass(frozen=True, slots=True)
class Paid:
    """An invoice was paid. `renews` where it is for a period of its own; without a `capture` nothing was taken.
    `payment` is ours, where that is there already; `also` is what else it is known by when it is told once more.
    """

    invoice: str
    amount: Money
    period: Period
    at: datetime
    capture: Capture | None = None
    renews: bool = True
    payment: str | None = None
    also: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An invoice could not be charged. `attempt` tells this try from others, whoever tells; `payment` as above."""

    invoice: str
    amount: Money
    period: Period
    at: datetime
    attempt: str
    decline: Decline
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """How the subscription stands at the provider, at the provider's own time `at`. `ends_at` where it is to end;
    `latest_invoice` is the last that was made for it.
    """

    at: datetime
    ends_at: datetime | None = None
    paused: bool = False
    unit: Money | None = None
    interval: Interval | None = None
    plan: str | None = None
    name: str | None = None
    latest_invoice: str | None = None
    trial_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over at the provider. `unpaid` where that is why; `at_period_end` where it had been meant to end so."""

    at: datetime
    latest_invoice: str | None = None
    unpaid: bool = False
    at_period_end: bool = False


@dataclass(frozen=True, slots=True)
class Retried:
    """A try of ours has failed that was `planned` for that time."""

    planned: datetime
    failed: Failed


@dataclass(frozen=True, slots=True)
class Reminded:
    """Its user is to be told of what is owed, as was `planned` for that time; None where only another card helps."""

    invoice: str
    planned: datetime
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CardGiven:
    """Its user has given another card, which its provider keeps as `setup`; `source` is what we charge of it, where we
    do. Of several, the last by the provider's time is charged.
    """

    setup: str
    at: datetime
    source: str | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """We, or its provider, have tried for long enough to be paid; `ended` where the provider has ended it."""

    at: datetime
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What its user wants of a subscription that we charge; None where that stays as it is by then."""

    at: datetime
    ends: bool | None = None
    paused: bool | None = None
    unit: Money | None = None
    interval: Interval | None = None
    plan: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Forgiven:
    """Nobody asks for an invoice any more: at its provider it was made void, or written off."""

    invoice: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Alive:
    """Its provider has begun what was over here before, and will charge it."""

    provider: str
    reference: str


@dataclass(frozen=True, slots=True)
class Charged:
    """A try to charge a period, by a provider that writes no invoices: of which one it is follows from what was heard
    before. `transaction` is that try, `period` what it pays from its own time on, None where the provider goes by the
    calendar, as the plan does; with a `decline` it has failed.
    """

    transaction: str
    amount: Money
    period: Period | None
    at: datetime
    decline: Decline | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """That it ends with what is paid, or goes on after all, from a provider that says nothing else of how it stands,
    unless it is `paused`; None where that is not said.
    """

    at: datetime
    ends: bool
    paused: bool | None = None


type _Course = Told | Ended | Alive | Asked | Ending | CardGiven
type Fact = _Course | Paid | Failed | Retried | Reminded | GivenUp | Forgiven | Charged
