"""Subscriptions of which nothing was heard when a period was over."""

from __future__ import annotations

from datetime import timedelta

from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import Rejected, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.payments.declines import Decline
from tollgate.payments.lifecycle import Meaning
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueSubscription
from tollgate.subscriptions.dunning import Dunning
from tollgate.subscriptions.errors import SubscriptionChanged
from tollgate.subscriptions.model import AGGREGATE, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository
from tollgate.subscriptions.providers import RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder

_WAIT = timedelta(days=1)
# More than a week of dunning has.
_STEPS = 8


class DueSubscriptions:
    """Asks the provider how they stand, and records what it tells as if it had told by itself. What is owed when its
    grace is over is dunned to its end.
    """

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        recorder: SubscriptionRecorder,
        providers: RecurringProviders,
        dunning: Dunning,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._recorder = recorder
        self._providers = providers
        self._dunning = dunning
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueSubscription, notes: Notes) -> None:
        of = self._subscriptions.get(SubscriptionKey(due.tenant, due.id))
        now = self._clock.now()
        if of is None or of.is_renewed_here or of.due_at is None or now < of.due_at or not notes.asks(of.provider):
            return
        try:
            of = self._made_good(of, notes)
        finally:
            # Put off all the same: those that a provider does not answer must not come first in every run.
            if of.due_at is not None and of.due_at <= now:
                self._look_again(of)

    def _made_good(self, of: Subscription, notes: Notes) -> Subscription:
        if of.closing:
            return self._close(of, notes)
        return self._dun(of, of.debt.invoice) if of.debt else self._ask(of, notes)

    def _close(self, of: Subscription, notes: Notes) -> Subscription:
        """What is over here, and may be charged there."""
        after = self._dunning.close(of)
        if after.closing:
            notes.open(self._finding(of, Remedy.INVESTIGATE, "not_ended"))
        return after

    def is_settled(self, finding: Finding) -> bool:
        of = self._subscriptions.get(SubscriptionKey(finding.tenant, finding.subject_id))
        return of is None or of.due_at is None or of.due_at > self._clock.now()

    def _dun(self, of: Subscription, invoice: str) -> Subscription:
        """What its state machine should have done by now."""
        key = SubscriptionKey(of.tenant, of.id)
        for _ in range(_STEPS):
            step = self._dunning.step(key, invoice)
            if step.until is None or step.until > self._clock.now():
                break
        return self._subscriptions.get(key) or of

    def _ask(self, of: Subscription, notes: Notes) -> Subscription:
        answer = self._providers.look(of)
        match answer:
            case Rejected(code) | Declined(Decline(code=code)):
                notes.open(self._finding(of, Remedy.INVESTIGATE, code))
                return of
            case Unreachable() | Unknown():
                raise unavailable(of.provider, answer)
        for fact in (*answer.before, answer.fact):
            recorded = self._recorder.record(of, fact)
            if recorded.meaning is Meaning.MOVE and recorded.subscription.version > of.version:
                notes.mended(notes.open(self._finding(of, Remedy.APPLY, type(fact).__name__.lower())))
            of = recorded.subscription
        return of

    def _finding(self, of: Subscription, remedy: Remedy, what: str) -> Finding:
        period = of.period.end.date().isoformat() if of.period else ""
        detail = {"provider": of.provider, "status": of.status, "reference": of.reference, "what": what}
        subject = (AGGREGATE, of.id)
        occasion = f"{period} {what}"
        return a_finding(
            Kind.UNHEARD_RENEWAL, of.tenant, subject, remedy, self._clock.now(), occasion=occasion, detail=detail
        )

    def _look_again(self, of: Subscription) -> None:
        try:
            self._unit_of_work.commit(self._subscriptions.look_again(of, self._clock.now() + _WAIT))
        except SubscriptionChanged:
            return  # it moved on by itself
