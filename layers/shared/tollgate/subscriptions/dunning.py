"""Dunning: a week in which what is owed is tried again, and its user is told, until it is paid or given up.

The plan follows from why the charge failed and from what is done of it, so that a step that runs twice, late or not at
all for a while goes on from what is stored. Tries of users and operators are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tollgate.kernel.clock import Clock
from tollgate.payments.declines import DeclineClass
from tollgate.subscriptions.model import Debt, State, Subscription
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository
from tollgate.subscriptions.recording import SubscriptionRecorder
from tollgate.subscriptions.reports import GivenUp, Reminded

DAY = timedelta(days=1)
# After the first failure. The last try is at the end of the grace period; before the others their users are told.
RETRIES, REMINDERS = (1 * DAY, 3 * DAY, 7 * DAY), (2 * DAY, 6 * DAY)
# Where a try is in vain until there is another card.
CARD_REMINDERS = (1 * DAY, 3 * DAY, 6 * DAY)
# Before a step is made again that came to nothing: its provider's word for it is on the way.
PAUSE = timedelta(hours=1)


class Outcome(StrEnum):
    """How it stands with what is owed."""

    WAITING = "waiting"
    RECOVERED = "recovered"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a step. `until` is when the next one is due."""

    outcome: Outcome
    until: datetime | None = None


class Action(StrEnum):
    """What is planned."""

    RETRY = "retry"
    REMIND = "remind"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Planned:
    """What, and when."""

    at: datetime
    action: Action


class Dunning:
    """One step at a time, of one debt. Killed anywhere, the step runs again."""

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        recorder: SubscriptionRecorder,
        collection: DebtCollection,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._recorder = recorder
        self._collection = collection
        self._clock = clock

    def step(self, key: SubscriptionKey, invoice: str) -> Step:
        """Do what is due, if anything is. Raises `ProviderUnavailable` where nobody knows what came of a try: the next
        step finds it out under the same key.
        """
        of = self._get(key)
        if of.debt is None or of.debt.invoice != invoice:
            return self._over(of)
        now = self._clock.now()
        planned = self._next(of, of.debt, now)
        if planned.at > now:
            return Step(Outcome.WAITING, planned.at)
        of = self._do(of, of.debt, planned)
        if of.debt is None or of.debt.invoice != invoice:
            return self._over(of)
        if of.debt.dunned_until < planned.at:
            return Step(Outcome.WAITING, now + PAUSE)
        return Step(Outcome.WAITING, self._next(of, of.debt, now).at)

    def _next(self, of: Subscription, debt: Debt, now: datetime) -> Planned:
        return next_of(debt, now, retries=self._collection.can_retry(of))

    def _do(self, of: Subscription, debt: Debt, planned: Planned) -> Subscription:
        match planned.action:
            case Action.RETRY:
                return self._collection.retry(of, debt, planned.at)
            case Action.REMIND:
                following = next_of_retries(debt, after=planned.at) if self._collection.can_retry(of) else None
                return self._recorder.record(of, Reminded(debt.invoice, planned.at, following)).subscription
            case Action.GIVE_UP:
                return self._give_up(of, debt)

    def _give_up(self, of: Subscription, debt: Debt) -> Subscription:
        """Unless it was paid and nobody has told us."""
        of = self._collection.hear(of)
        owes = of.debt is not None and of.debt.invoice == debt.invoice
        return self._recorder.record(of, GivenUp(self._clock.now())).subscription if owes else of

    def close(self, of: Subscription) -> Subscription:
        """End it at its provider, too. Raises `ProviderUnavailable`."""
        return self._collection.close(of)

    def _over(self, of: Subscription) -> Step:
        """What we give up we end at its provider, too: access is over already."""
        if of.state is State.ENDED and of.reason == "unpaid":
            if of.closing:
                self.close(of)
            return Step(Outcome.UNPAID)
        return Step(Outcome.CANCELLED if of.state is State.ENDED else Outcome.RECOVERED)

    def _get(self, key: SubscriptionKey) -> Subscription:
        of = self._subscriptions.get(key)
        if of is None:
            raise LookupError(f"{key.id} is not there")
        return of


def plan(debt: Debt, *, retries: bool) -> Iterator[Planned]:
    """What is planned for a debt, in order. Without `retries` its user is asked for another card."""
    soft = debt.decline.class_ is DeclineClass.SOFT
    days = [(after, Action.RETRY) for after in RETRIES] + [(after, Action.REMIND) for after in REMINDERS]
    if not (soft and retries):
        days = [(after, Action.REMIND) for after in CARD_REMINDERS]
    yield from (Planned(debt.since + after, action) for after, action in sorted(days))


def next_of(debt: Debt, now: datetime, *, retries: bool) -> Planned:
    """What is planned next; in the end it is given up. Of what is late only the last try is made: several at once are
    one to a bank, and reminders of what is past help nobody.
    """
    left = [each for each in plan(debt, retries=retries) if each.at > debt.dunned_until]
    late = [each for each in left if each.at <= now]
    tries = [each for each in late if each.action is Action.RETRY]
    return (tries or late)[-1] if late else next(iter(left), Planned(debt.grace_until, Action.GIVE_UP))


def next_of_retries(debt: Debt, *, after: datetime) -> datetime | None:
    """When it is tried next, if the plan has a try left."""
    tries = (each.at for each in plan(debt, retries=True) if each.action is Action.RETRY and each.at > after)
    return next(tries, None)
