"""A subscription: an immutable value; each change gives a new one together with the events that tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.catalog.model import Interval
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline
from tollgate.payments.values import Period
from tollgate.subscriptions import events

AGGREGATE = "subscription"
CHARGE = "subscription.charge"
# From the first charge that failed: access stays for so long, and there is no try after it.
GRACE = timedelta(days=7)
# Invoices that are known to be paid; what comes once more is one of the last few.
_REMEMBERED = 4
# A provider that renews by itself is asked when nothing is heard of a renewal for so long.
RENEWED_WITHIN = timedelta(days=1)
# What came of a charge of ours is found out after so long by whoever charges next; longer than any request lasts.
CHARGED_WITHIN = timedelta(minutes=5)
# What is over here is ended at its provider at once, or by the reconciler after so long.
CLOSED_WITHIN = timedelta(minutes=15)


class State(StrEnum):
    """Where a subscription stands."""

    PENDING = "pending"  # its page can be paid
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"  # a period could not be charged; access stays for the grace period
    ENDED = "ended"
    EXPIRED = "expired"  # never paid


class Renewer(StrEnum):
    """Who charges the periods."""

    PROVIDER = "provider"
    PLATFORM = "platform"


LIVE = frozenset({State.TRIALING, State.ACTIVE, State.PAST_DUE})
OVER = frozenset({State.ENDED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Terms:
    """The plan as it was when it was ordered: a price that changes later is not theirs."""

    code: str
    name: str
    product: str
    unit: Money
    interval: Interval
    trial_days: int = 0
    risk: Risk = Risk.LOW


@dataclass(frozen=True, slots=True)
class Debt:
    """A period that could not be charged. `payment` is the payment it becomes, `attempts` how often it was tried, by
    whomever, and `tries` those, the last at `tried_at`; `dunned_until` is how far the plan of our tries and reminders
    is done, and `spent` how many tries were of cards before that of the moment.
    """

    invoice: str
    amount: Money
    period: Period
    since: datetime
    attempts: int
    decline: Decline
    payment: str
    dunned_until: datetime
    tries: tuple[str, ...] = ()
    spent: int = 0
    tried_at: datetime | None = None

    @property
    def grace_until(self) -> datetime:
        return self.since + GRACE


@dataclass(frozen=True, slots=True)
class Charging:
    """A charge of ours that is on its way, by its key. Until it is known what came of it there is no other."""

    key: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A subscription after a fact, and the events of it. Stored together or not at all. `before` is the revision that
    it was. `unparks` when provider events waited for it.
    """

    before: int
    subscription: Subscription
    events: tuple[Event, ...] = ()
    unparks: bool = False

    @property
    def vacates(self) -> bool:
        """Whether it gives up its user's seat: once, as it ends."""
        return any(each.type in events.ENDINGS for each in self.events)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`version` is the sequence of the last event, `revision` counts what was stored, with events or without.
    `payment` is that of the first period; which `provider` takes it,
    and who charges later ones, is known once it is made. `reference` and `customer` are the provider's, `source` is
    what we charge where nobody else does. `period` is the last that is paid, `anchor` what later ones are reckoned
    from; `ends_at` is when it ends, if that is known. `invoices` are the last that were paid; `told_at` is the
    provider's time of what it told last, `setup` the card that was given last, `setup_at`. While it is `closing` it is
    over here, and its provider has not said that it is. `method` is how it is paid, as routing has it. One that was
    `imported` began in another system: it has no `payment`, and what was billed for periods until that one's start was
    paid there.
    """

    id: str
    tenant: str
    owner: str
    terms: Terms
    state: State
    version: int
    created_at: datetime
    updated_at: datetime
    payment: str
    revision: int = 0
    provider: str = ""
    renewed_by: Renewer = Renewer.PROVIDER
    consumer: str | None = None
    client_reference: str | None = None
    reference: str | None = None
    customer: str | None = None
    source: str | None = None
    period: Period | None = None
    anchor: datetime | None = None
    trial_end: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    paused_at: datetime | None = None
    reason: str | None = None
    debt: Debt | None = None
    invoices: tuple[str, ...] = ()
    told_at: datetime | None = None
    setup: str | None = None
    setup_at: datetime | None = None
    closing: bool = False
    charging: Charging | None = None
    method: str = "card"
    parked: bool = False
    imported: datetime | None = None
    # Where mails about it go. It is personal: in no event, no answer, and no text of the subscription.
    email: str | None = field(default=None, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it keeps its user from another of the same product."""
        return self.state not in OVER

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def status(self) -> str:
        """The word clients see."""
        if self.is_paused and self.state in (State.ACTIVE, State.TRIALING):
            return "paused"
        if self.state is State.ENDED:
            return "unpaid" if self.reason == "unpaid" else "cancelled"
        return self.state.value

    @property
    def access_until(self) -> datetime | None:
        """Until when its user has what it is for, as far as is known; None where they have not."""
        if self.state is State.PAST_DUE and self.debt is not None:
            return self.debt.grace_until
        if self.state in LIVE and self.period is not None:
            return min(self.period.end, self.ends_at) if self.ends_at else self.period.end
        return None

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it: we charge a period as it begins; of one that its provider should have
        charged we ask, and of a grace period that nobody has ended; what is over must end there, too.
        """
        if self.closing and self.ended_at is not None:
            return self.ended_at + CLOSED_WITHIN
        if self.state is State.PAST_DUE and self.debt is not None:
            return self.debt.grace_until + RENEWED_WITHIN
        if self.state not in LIVE or self.period is None:
            return None
        if self.renewed_by is Renewer.PROVIDER:
            return self.period.end + RENEWED_WITHIN
        if self.charging is not None:
            return self.charging.since + CHARGED_WITHIN
        return self.ends_at if self.is_paused else min(self.period.end, self.ends_at or self.period.end)

    @property
    def is_renewed_here(self) -> bool:
        """Whether it is due among those that we charge, and not to be looked at. What is owed is dunned."""
        return self.renewed_by is Renewer.PLATFORM and self.debt is None

    def has_access(self, now: datetime) -> bool:
        """Whether its user has what it is for. A renewal takes a while, in which nobody is locked out; where it is
        for us to charge, that may be a while in which we cannot.
        """
        until = self.access_until
        if until is None:
            return False
        renews = self.state in (State.ACTIVE, State.TRIALING) and self.ends_at is None and not self.is_paused
        late = GRACE if self.renewed_by is Renewer.PLATFORM else RENEWED_WITHIN
        return now < (until + late if renews else until)

    def knows(self, invoice: str) -> bool:
        """Whether it was heard of this invoice, or of this try of what is owed."""
        owed = (self.debt.invoice, *self.debt.tries) if self.debt else ()
        return invoice in (*self.invoices, *owed)

    def order(self, now: datetime, trace: str | None) -> Change:
        """The first change: one that waits to be paid. This one is pending, at version 0."""
        return self.with_events(now, trace, (events.CREATED, {"payment_id": self.payment}))

    def precedes_import(self, period: Period) -> bool:
        """Whether this period was another system's to bill."""
        return self.imported is not None and period.start <= self.imported

    def remembering(self, *invoices: str) -> tuple[str, ...]:
        """With more of those that were paid."""
        return (*self.invoices, *invoices)[-_REMEMBERED:]

    def with_events(self, now: datetime, trace: str | None, *said: tuple[str, Mapping[str, Any]]) -> Change:
        """This subscription as a later version, with the events that say so."""
        version, revision = self.version + len(said), self.revision + 1
        changed = replace(self, version=version, revision=revision, updated_at=now, parked=False)
        told = [self._event(changed, number, type_, data, trace) for number, (type_, data) in enumerate(said, 1)]
        return Change(self.revision, changed, tuple(told), unparks=self.parked)

    def noted(self) -> Change:
        """With what nobody needs to hear."""
        return Change(self.revision, replace(self, revision=self.revision + 1))

    def _event(
        self, changed: Subscription, number: int, type_: str, data: Mapping[str, Any], trace: str | None
    ) -> Event:
        sequence = self.version + number
        said = {**changed.summary(), **{name: value for name, value in data.items() if value is not None}}
        return Event(type_, self.tenant, AGGREGATE, self.id, sequence, changed.updated_at, said, trace)

    def summary(self) -> dict[str, Any]:
        """What every event of it says: enough to act on without asking back, nothing personal beyond the user's id."""
        facts = {
            "subscription_id": self.id,
            "status": self.status,
            "product": self.terms.product,
            "plan": self.terms.code,
            "amount": self.terms.unit.amount,
            "currency": self.terms.unit.currency,
            "interval": self.terms.interval.value,
            "user_id": self.owner,
        }
        optional = {
            "provider": self.provider or None,
            "consumer": self.consumer,
            "reference": self.client_reference,
            "period_start": _iso(self.period.start if self.period else None),
            "period_end": _iso(self.period.end if self.period else None),
            "trial_end": _iso(self.trial_end),
            "ends_at": _iso(self.ends_at),
            "access_until": _iso(self.access_until),
        }
        return facts | {name: value for name, value in optional.items() if value is not None}


def charge_id(of: Subscription, key: str) -> str:
    """The id of the payment that a charge of ours under this key is."""
    return derived("pay", *charge_scope(of, key))


def charge_scope(of: Subscription, key: str) -> tuple[str, str, str, str]:
    """Where the key of such a charge belongs: nobody else's can meet it."""
    return (of.tenant, f"subscription:{of.id}", CHARGE, key)


def _iso(instant: datetime | None) -> str | None:
    return to_iso(instant) if instant else None
