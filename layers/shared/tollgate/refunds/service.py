"""Giving money back: reserve it, ask the provider, store what it said. Killed anywhere, the next try goes on from
there, and never under another key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tollgate.checkout.ports import Absent, Rejected, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import NotFound
from tollgate.kernel.idempotency import (
    LEASE,
    AlreadyBegun,
    IdempotencyRecord,
    IdempotencyRepository,
    LeaseLost,
    Response,
    answer_or_resume,
    fingerprint,
    record_id,
)
from tollgate.kernel.ids import IdFactory, derived, is_id
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import Recorded, Recorder
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.splitting import RefundOrder
from tollgate.refunds.ports import Answered, FoundRefund, RefundOutcome, RefundProvider

OPERATION = "refund.create"


@dataclass(frozen=True, slots=True)
class MayRefund:
    """Whose payments may be given back: those of some sellers, or with None all of the tenant's."""

    tenant: str
    sellers: frozenset[str] | None

    def covers(self, payment: Payment) -> bool:
        return self.sellers is None or payment.seller in self.sellers


@dataclass(frozen=True, slots=True)
class CreateRefund:
    """A wish to give back `amount` minor units, or everything that remains. `body` tells the same wish from another
    under one key.
    """

    allowed: MayRefund
    caller: str
    payment_id: str
    key: str
    body: Mapping[str, object]
    amount: int | None = None
    reason: str | None = None
    trace: str | None = None
    # Of which capture, where that is not left to the payment.
    capture: str | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.allowed.tenant, self.caller, OPERATION, self.key)

    @property
    def fingerprint(self) -> str:
        return fingerprint({"payment": self.payment_id, **self.body})


class Refunding:
    """Two transactions around one provider call."""

    def __init__(
        self,
        *,
        payments: PaymentRepository,
        recorder: Recorder,
        idempotency: IdempotencyRepository,
        providers: Mapping[str, RefundProvider],
        unit_of_work: UnitOfWork,
        clock: Clock,
        ids: IdFactory,
        order: RefundOrder = RefundOrder.CARD_FIRST,
    ) -> None:
        self._payments = payments
        self._recorder = recorder
        self._idempotency = idempotency
        self._providers = providers
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids
        self._order = order

    def create(self, wish: CreateRefund) -> Response:
        """Give money back, or answer what an earlier request with this key was answered.

        Raises `NotFound`, `NotRefundable`, `RefundExceedsRemaining` (nothing stored), `IdempotencyKeyReused`,
        `DuplicateInProgress`, and `ProviderUnavailable` when the provider surely was not asked.
        """
        payment = self._seen(wish)
        id_ = derived("ref", *wish.scope)
        if any(each.id == id_ for each in payment.refunds):
            return self._again(wish, payment, id_)
        amount = None if wish.amount is None else Money(wish.amount, payment.amount.currency)
        undivided = not self._providers[payment.provider].in_parts
        asked = RefundReport(
            RefundState.REQUESTED,
            id_,
            amount=amount,
            capture=wish.capture,
            reason=wish.reason,
            order=self._order,
            undivided=undivided,
        )
        report = Report(Fact.REFUND, self._clock.now(), refund=asked, trace=wish.trace)
        record: list[IdempotencyRecord] = []

        def alongside(recorded: Recorded) -> Sequence[Write]:
            record[:] = [self._record(wish, recorded.payment, id_)]
            return [self._idempotency.begin(self._answered(record[0], recorded.payment))]

        try:
            reserved = self._recorder.record(payment, report, alongside).payment
        except AlreadyBegun as taken:
            return self._go_on(taken.record, wish.fingerprint)
        if not _is_asked(reserved, id_):
            return respond(reserved, id_)
        return self._learn(self._send(record[0], reserved), record[0], reserved)

    def resume(self, stored: IdempotencyRecord) -> None:
        """Finish what a request left behind. Raises `DuplicateInProgress` or `LeaseLost` while someone else does it,
        and `ProviderUnavailable`.
        """
        self._go_on(stored, stored.fingerprint)

    def resolve(self, payment: Payment, refund: Refund) -> RefundReport | None:
        """What has become of a refund whose answer was lost, or that takes its time; None while nobody can tell. What
        the provider surely does not have is sent again under its own key, or, when that is forgotten, has failed.
        """
        provider = self._providers[payment.provider]
        found: FoundRefund = provider.find_refund(payment, refund)
        if isinstance(found, Absent):
            if self._clock.now() - refund.at >= provider.refund_window:
                return RefundReport(RefundState.FAILED, refund.id, refund.reference, reason="never_made")
            found = provider.refund(provider.refund_parameters(payment, refund), _key(payment, refund.id))
        match found:
            case Answered(report):
                return replace(report, id=refund.id)
            case Rejected(code):
                return RefundReport(RefundState.FAILED, refund.id, refund.reference, reason=code)
            case Unknown(key_spent=True):
                return None
        raise unavailable(payment.provider, found)

    def _seen(self, wish: CreateRefund) -> Payment:
        shaped = is_id("pay", wish.payment_id)
        payment = self._payments.get(PaymentKey(wish.allowed.tenant, wish.payment_id)) if shaped else None
        if payment is None or not wish.allowed.covers(payment):
            raise NotFound("transaction")
        return payment

    def _again(self, wish: CreateRefund, payment: Payment, id_: str) -> Response:
        stored = self._idempotency.get(record_id(*wish.scope))
        if stored is not None:
            return self._go_on(stored, wish.fingerprint)
        return respond(payment, id_).replay()

    def _record(self, wish: CreateRefund, payment: Payment, id_: str) -> IdempotencyRecord:
        now = self._clock.now()
        return IdempotencyRecord(
            id=record_id(*wish.scope),
            tenant=payment.tenant,
            operation=OPERATION,
            fingerprint=wish.fingerprint,
            subject_id=id_,
            provider=payment.provider,
            parameters=json.dumps([payment.id, self._parameters(payment, id_)]),
            lease_owner=self._ids.new("lease"),
            lease_expires_at=now + LEASE,
            created_at=now,
        )

    def _answered(self, record: IdempotencyRecord, payment: Payment) -> IdempotencyRecord:
        """Where the provider has no part in it, there is nothing to wait for."""
        if _is_asked(payment, record.subject_id):
            return record
        return record.finished(respond(payment, record.subject_id), self._clock.now())

    def _parameters(self, payment: Payment, id_: str) -> str:
        if not _is_asked(payment, id_):
            return ""
        return self._providers[payment.provider].refund_parameters(payment, refund_of(payment, id_))

    def _go_on(self, stored: IdempotencyRecord, request_fingerprint: str) -> Response:
        now = self._clock.now()
        response = answer_or_resume(stored, request_fingerprint, now)
        if response is not None:
            return response
        payment_id, _ = json.loads(stored.parameters)
        payment = self._payments.get(PaymentKey(stored.tenant, payment_id))
        if payment is None:
            raise NotFound("transaction")
        successor = stored.leased_to(self._ids.new("lease"), now)
        self._unit_of_work.commit(self._idempotency.take_over(stored, successor))
        if not _is_asked(payment, stored.subject_id):
            return self._finish(successor, payment, None)
        if now - stored.created_at >= self._providers[stored.provider].refund_window:
            return self._finish(successor, payment, RefundReport(RefundState.UNKNOWN, stored.subject_id))
        return self._learn(self._send(successor, payment), successor, payment)

    def _send(self, record: IdempotencyRecord, payment: Payment) -> RefundOutcome:
        _, parameters = json.loads(record.parameters)
        return self._providers[record.provider].refund(parameters, _key(payment, record.subject_id))

    def _learn(self, outcome: RefundOutcome, record: IdempotencyRecord, payment: Payment) -> Response:
        """Store what the provider said. An answer that was lost leaves the refund unknown, until the provider tells."""
        match outcome:
            case Answered(report):
                told = replace(report, id=record.subject_id)
            case Rejected(code):
                told = RefundReport(RefundState.FAILED, record.subject_id, reason=code)
            case Unknown():
                told = RefundReport(RefundState.UNKNOWN, record.subject_id)
            case Unreachable() if not self._providers[record.provider].refund_window:
                # Under no key: sent later, nobody could tell it from what was sent now. So it is over.
                told = RefundReport(RefundState.FAILED, record.subject_id, reason="not_sent")
            case _:
                self._release(record)
                raise unavailable(record.provider, outcome)
        return self._finish(record, payment, told)

    def _finish(self, record: IdempotencyRecord, payment: Payment, told: RefundReport | None) -> Response:
        def alongside(recorded: Recorded) -> Sequence[Write]:
            answer = respond(recorded.payment, record.subject_id)
            return [self._idempotency.finish(record.finished(answer, self._clock.now()))]

        if told is None:
            answer = respond(payment, record.subject_id)
            self._unit_of_work.commit(self._idempotency.finish(record.finished(answer, self._clock.now())))
            return answer
        report = Report(Fact.REFUND, self._clock.now(), refund=told)
        return respond(self._recorder.record(payment, report, alongside).payment, record.subject_id)

    def _release(self, record: IdempotencyRecord) -> None:
        try:
            released = record.released(self._clock.now(), key_spent=False)
            self._unit_of_work.commit(self._idempotency.release(released))
        except LeaseLost:
            return  # someone else works on it already


def refund_of(payment: Payment, id_: str) -> Refund:
    """One refund of a payment, by our id."""
    return next(each for each in payment.refunds if each.id == id_)


def _is_asked(payment: Payment, id_: str) -> bool:
    """Whether the provider's answer is waited for."""
    return refund_of(payment, id_).state is RefundState.REQUESTED


def present_refund(refund: Refund, currency: str) -> dict[str, object]:
    """A refund as the API shows it; the amount is minor units."""
    return {
        "id": refund.id,
        "amount": refund.whole,
        "ontoTenders": refund.onto_tenders,
        "currency": currency,
        "status": refund.state.value,
        "reason": refund.reason,
    }


def respond(payment: Payment, id_: str) -> Response:
    """The answer to a request for a refund; one that the provider refused is an error, with its code."""
    refund = refund_of(payment, id_)
    if refund.state is RefundState.FAILED:
        refusal = {"error": "the payment provider refused this refund", "code": "REFUND_FAILED"}
        return Response(502, json.dumps(refusal, separators=(",", ":")))
    body = {"success": True, "refund": present_refund(refund, payment.amount.currency)}
    return Response(200, json.dumps(body, separators=(",", ":")))


def _key(payment: Payment, refund_id: str) -> str:
    """One for the refund's whole life: whatever is sent again is the same to the provider."""
    return payment.provider_key(f"refund:{refund_id}")
