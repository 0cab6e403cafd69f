"""Applying provider events: each at most once, in whatever order they come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tollgate.inbox.model import Notice, Outcome, ProviderEvent
from tollgate.inbox.ports import AlreadySettled, EventReader, InboxRepository, UnreadableEvent
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import Recorded, Recorder

_OUTCOMES = {
    Meaning.MOVE: Outcome.APPLIED,
    Meaning.REPEAT: Outcome.REPEATED,
    Meaning.STALE: Outcome.STALE,
    Meaning.EARLY: Outcome.PARKED,
}


class InboxService:
    """Turns stored provider events into facts about payments."""

    def __init__(
        self,
        *,
        inbox: InboxRepository,
        payments: PaymentRepository,
        readers: Mapping[str, EventReader],
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._inbox = inbox
        self._payments = payments
        self._readers = readers
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._recorder = Recorder(payments, unit_of_work, clock)

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
        if notice is None:
            return self._set_aside(event, Outcome.IGNORED)
        payment = self._payment(event.provider, notice)
        if payment is None:
            return self._set_aside(event, Outcome.PARKED)
        if payment.provider != event.provider:
            return self._set_aside(event, Outcome.FAILED)

        report = replace(notice.report, trace=event.id)

        def alongside(recorded: Recorded) -> tuple[Write, ...]:
            return (self._inbox.settle(event, _outcome(report, recorded), self._clock.now()),)

        return _outcome(report, self._recorder.record(payment, report, alongside))

    def _set_aside(self, event: ProviderEvent, outcome: Outcome) -> Outcome:
        self._unit_of_work.commit(self._inbox.settle(event, outcome, self._clock.now()))
        return outcome

    def _payment(self, provider: str, notice: Notice) -> Payment | None:
        if notice.tenant and notice.payment_id and is_id("pay", notice.payment_id):
            return self._payments.get(PaymentKey(notice.tenant, notice.payment_id))
        key = self._payments.find(provider, notice.reference) if notice.reference else None
        return self._payments.get(key) if key else None


def _outcome(report: Report, recorded: Recorded) -> Outcome:
    held = report.fact is Fact.CAPTURED and recorded.meaning is Meaning.MOVE and recorded.payment.review is not None
    return Outcome.HELD if held else _OUTCOMES[recorded.meaning]
