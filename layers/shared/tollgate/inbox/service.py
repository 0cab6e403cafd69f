"""Applying provider events: each at most once, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tollgate.inbox.model import Notice, Outcome, ProviderEvent
from tollgate.inbox.ports import AlreadySettled, EventReader, InboxRepository, Owners, UnreadableEvent
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.approvals import comes_too_late
from tollgate.payments.errors import PaymentChanged, PaymentExists
from tollgate.payments.lifecycle import REVERSALS, Fact, Meaning
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import MAX_ATTEMPTS, Recorded, Recorder
from tollgate.payouts.notices import Heard, PayoutNotice, PayoutNotices
from tollgate.subscriptions.notices import Heard as SubscriptionHeard
from tollgate.subscriptions.notices import SubscriptionNotice, SubscriptionNotices, Waiting

_OUTCOMES = {
    Meaning.MOVE: Outcome.APPLIED,
    Meaning.REPEAT: Outcome.REPEATED,
    Meaning.STALE: Outcome.STALE,
    # A reversal in another currency than the payment's, or that does not fit what is known: nothing can be made of it
    # without a person.
    Meaning.REVIEW: Outcome.FAILED,
}

_SETTLED = {Heard.MOVED, Heard.KNOWN}
_HEARD = {
    Heard.MOVED: Outcome.APPLIED,
    Heard.KNOWN: Outcome.REPEATED,
    Heard.ABSENT: Outcome.PARKED,
    Heard.STRANGE: Outcome.FAILED,
}


_HEARD_OF_SUBSCRIPTION = {
    SubscriptionHeard.MOVED: Outcome.APPLIED,
    SubscriptionHeard.KNOWN: Outcome.REPEATED,
    SubscriptionHeard.STALE: Outcome.STALE,
    SubscriptionHeard.HELD: Outcome.HELD,
    SubscriptionHeard.EARLY: Outcome.PARKED,
    SubscriptionHeard.ABSENT: Outcome.PARKED,
    SubscriptionHeard.FOREIGN: Outcome.IGNORED,
    SubscriptionHeard.STRANGE: Outcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of what is no payment. What nobody listens to is ignored. `let_go` has a provider let go of what it set
    aside for a payment that had ended; without it such an event waits for somebody who can.
    """

    payouts: PayoutNotices | None = None
    subscriptions: SubscriptionNotices | None = None
    let_go: Callable[[Payment, Session], object] | None = None


class InboxService:
    """Turns stored provider events into facts about payments."""

    def __init__(
        self,
        *,
        inbox: InboxRepository,
        payments: PaymentRepository,
        recorder: Recorder,
        readers: Mapping[str, EventReader],
        unit_of_work: UnitOfWork,
        clock: Clock,
        owners: Owners | None = None,
        listeners: Listeners | None = None,
    ) -> None:
        self._inbox = inbox
        self._owners = owners
        self._listeners = listeners or Listeners()
        self._payments = payments
        self._readers = readers
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._recorder = recorder

    def wake(self, provider: str, event_id: str) -> Outcome | None:
        """Apply an event that was parked; None when it is gone, or was dealt with before."""
        event = self._inbox.get(provider, event_id)
        return self.apply(event) if event else None

    def tenant_of(self, event: ProviderEvent) -> str | None:
        """Whose payment an event is about, as far as it can be read and says so."""
        try:
            notice = self._readers[event.provider].read(event)
        except (UnreadableEvent, KeyError):
            return None
        return notice.tenant if notice else None

    def apply(self, event: ProviderEvent) -> Outcome | None:
        """Apply one event and mark it, in one transaction. None when it had been dealt with before; raises what the
        store raises.
        """
        try:
            return self._settle(event)
        except UnreadableEvent:
            return self._set_aside(event, Outcome.FAILED)
        except AlreadySettled:
            return None

    def _settle(self, event: ProviderEvent) -> Outcome:
        notice = self._readers[event.provider].read(event)
        match notice:
            case None:
                return self._set_aside(event, Outcome.IGNORED)
            case PayoutNotice():
                return self._hear(event, notice)
            case SubscriptionNotice():
                return self._hear_of_subscription(event, notice)
        return self._settle_payment(event, notice)

    def _settle_payment(self, event: ProviderEvent, notice: Notice) -> Outcome:
        key = self._key(event.provider, notice)
        if key is None and self._owners is not None and notice.reference is not None:
            key = self._owners.owner_of(event.provider, notice.reference)
            if key is None:
                return self._set_aside(event, Outcome.IGNORED)
            if self._payments.get(key) is None:
                # What a provider charges by itself is here once it has told of that, and is looked for again.
                return self._set_aside(event, Outcome.PARKED)
        if key is None:
            return self._set_aside(event, Outcome.PARKED)
        facts = [replace(each, trace=event.id) for each in (notice.first, notice.report) if each is not None]
        for _ in range(MAX_ATTEMPTS):
            payment = self._payments.get(key)
            try:
                return self._park(event, key, None) if payment is None else self._record(event, payment, *facts)
            except (PaymentExists, PaymentChanged):
                continue  # it came, or moved on, while its event was being parked
        raise ConcurrentChange(f"{key.id} changes too fast")

    def _hear(self, event: ProviderEvent, notice: PayoutNotice) -> Outcome:
        """A payout is stored before its provider hears of it: one that is not there is looked for again later."""
        if self._listeners.payouts is None:
            return self._set_aside(event, Outcome.IGNORED)

        def settling(heard: Heard) -> Write:
            return self._inbox.settle(event, _HEARD[heard], self._clock.now())

        heard = self._listeners.payouts.hear(event.provider, notice, settling, event.id)
        return _HEARD[heard] if heard in _SETTLED else self._set_aside(event, _HEARD[heard])

    def _hear_of_subscription(self, event: ProviderEvent, notice: SubscriptionNotice) -> Outcome:
        """What comes before the first payment waits for that, and else for what happens to the subscription next."""
        if self._listeners.subscriptions is None:
            return self._set_aside(event, Outcome.IGNORED)

        def settling(heard: SubscriptionHeard) -> Write:
            return self._inbox.settle(event, _HEARD_OF_SUBSCRIPTION[heard], self._clock.now())

        def parking(tenant: str, id_: str) -> tuple[Write, ...]:
            return self._inbox.park(event, PaymentKey(tenant, id_), self._clock.now())

        waiting = Waiting(parking, settling)
        for _ in range(MAX_ATTEMPTS):
            hearing = self._listeners.subscriptions.hear(event.provider, notice, waiting, event.id)
            if hearing.waits_for is None:
                outcome = _HEARD_OF_SUBSCRIPTION[hearing.heard]
                return outcome if hearing.stored else self._set_aside(event, outcome)
            key = PaymentKey(*hearing.waits_for)
            try:
                return self._park(event, key, self._payments.get(key))
            except (PaymentExists, PaymentChanged):
                continue  # it may have been paid while its event was being parked
        raise ConcurrentChange(f"what {event.id} waits for changes too fast")

    def _record(self, event: ProviderEvent, payment: Payment, report: Report, *then: Report) -> Outcome:
        """The last fact settles the event. One before it has a transaction of its own: killed after that, it is known
        already when the event comes again.
        """
        if payment.provider != event.provider:
            return self._set_aside(event, _of_another(payment, event, report))
        meant = payment.apply(report, self._clock.now())
        if meant is Meaning.EARLY:
            return self._park(event, PaymentKey(payment.tenant, payment.id), payment)
        if meant is Meaning.STALE and report.billing is not None and self._listeners.subscriptions is not None:
            self._listeners.subscriptions.hear_of_beginning(event.provider, payment.tenant, report.billing)
        if self._listeners.let_go and report.session is not None and comes_too_late(payment, report):
            self._listeners.let_go(payment, report.session)
            return self._set_aside(event, Outcome.STALE)
        if then:
            return self._record(event, self._recorder.record(payment, report).payment, *then)

        def alongside(recorded: Recorded) -> tuple[Write, ...]:
            return (self._inbox.settle(event, _outcome(report, recorded), self._clock.now()),)

        return _outcome(report, self._recorder.record(payment, report, alongside))

    def _park(self, event: ProviderEvent, key: PaymentKey, payment: Payment | None) -> Outcome:
        """One transaction of the parked event and of what it was parked for, as it was read: absent, or at
        that version. So
        whoever makes or changes the payment knows of it.
        """
        seen = self._payments.expect(key) if payment is None else self._payments.flag(payment)
        self._unit_of_work.commit(*self._inbox.park(event, key, self._clock.now()), seen)
        return Outcome.PARKED

    def _set_aside(self, event: ProviderEvent, outcome: Outcome) -> Outcome:
        self._unit_of_work.commit(self._inbox.settle(event, outcome, self._clock.now()))
        return outcome

    def _key(self, provider: str, notice: Notice) -> PaymentKey | None:
        if notice.tenant and notice.payment_id and is_id("pay", notice.payment_id):
            return PaymentKey(notice.tenant, notice.payment_id)
        return self._payments.find(provider, notice.reference) if notice.reference else None


def _of_another(payment: Payment, event: ProviderEvent, report: Report) -> Outcome:
    """Of whoever was asked before, pages that no buyer has seen may end; money is nothing that it could have taken."""
    moved = report.capture is not None or report.fact in REVERSALS
    return Outcome.STALE if event.provider in payment.passed and not moved else Outcome.FAILED


def _outcome(report: Report, recorded: Recorded) -> Outcome:
    if comes_too_late(recorded.payment, report):
        return Outcome.PARKED
    moved, payment = recorded.meaning is Meaning.MOVE, recorded.payment
    unexpected = report.fact is Fact.CAPTURED and payment.review is not None
    # More went back, or is in dispute, than was ever taken: it has happened, and somebody must hear of it.
    overdrawn = report.fact in REVERSALS and payment.refundable < 0
    return Outcome.HELD if moved and (unexpected or overdrawn) else _OUTCOMES[recorded.meaning]
