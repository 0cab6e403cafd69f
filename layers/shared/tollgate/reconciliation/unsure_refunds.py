"""Refunds whose answer was lost, or that a provider is at for long: the provider is asked."""

from __future__ import annotations

from datetime import timedelta

from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.payments.errors import PaymentChanged
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import Recorder
from tollgate.payments.refunds import ASK_AFTER, Refund, RefundReport
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DuePayment
from tollgate.refunds.service import Refunding

_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(minutes=15), timedelta(days=1)


class UnsureRefunds:
    """Never sent under a new key, and never given up while the provider may still have it."""

    def __init__(
        self,
        payments: PaymentRepository,
        refunding: Refunding,
        recorder: Recorder,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._payments = payments
        self._refunding = refunding
        self._recorder = recorder
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DuePayment, notes: Notes) -> None:
        payment = self._payments.get(due.key)
        if payment is None or payment.due_at is None or not notes.asks(payment.provider):
            return
        for refund in self._late(payment):
            payment = self._ask(payment, refund, notes)
        # What was told has set when the payment is looked at next.
        if left := self._late(payment):
            self._look_again(payment, left)

    def is_settled(self, finding: Finding) -> bool:
        payment = self._payments.get(PaymentKey(finding.tenant, str(finding.detail["payment"])))
        return payment is None or not any(each.id == finding.subject_id and each.is_open for each in payment.refunds)

    def _late(self, payment: Payment) -> list[Refund]:
        now = self._clock.now()
        return [each for each in payment.refunds if each.is_unsure and now >= each.at + ASK_AFTER[each.state]]

    def _ask(self, payment: Payment, refund: Refund, notes: Notes) -> Payment:
        try:
            told = self._refunding.resolve(payment, refund)
        except Exception:
            # Put off all the same: those that a provider does not answer must not come first in every run.
            self._look_again(payment, [refund])
            raise
        if told is None or not self._says_more(payment, told):
            return payment
        finding = notes.open(self._finding(payment, refund, told))
        recorded = self._recorder.record(payment, Report(Fact.REFUND, self._clock.now(), refund=told)).payment
        notes.mended(finding)
        return recorded

    def _says_more(self, payment: Payment, told: RefundReport) -> bool:
        now = self._clock.now()
        return isinstance(payment.apply(Report(Fact.REFUND, now, refund=told), now), Change)

    def _finding(self, payment: Payment, refund: Refund, told: RefundReport) -> Finding:
        return a_finding(
            Kind.UNSURE_REFUND,
            payment.tenant,
            ("refund", refund.id),
            Remedy.APPLY,
            self._clock.now(),
            occasion=told.state.value,
            detail={"payment": payment.id, "was": refund.state.value, "is": told.state.value},
        )

    def _look_again(self, payment: Payment, late: list[Refund]) -> None:
        now = self._clock.now()
        if payment.due_at is None:
            return
        wait = min(max(now - late[0].at, _SHORTEST_WAIT), _LONGEST_WAIT)
        try:
            self._unit_of_work.commit(self._payments.look_again(payment, now + wait))
        except PaymentChanged:
            return  # it moved on by itself
