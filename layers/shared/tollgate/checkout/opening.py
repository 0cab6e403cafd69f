"""Opening a checkout: store the intent, call the provider, store what it said. Killed anywhere, the next try goes on
from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tollgate.catalog.ports import CatalogRepository
from tollgate.checkout.pages import with_page
from tollgate.checkout.ports import (
    Absent,
    CheckoutProvider,
    Lookup,
    NoRecovery,
    Opened,
    OpenOutcome,
    Rejected,
    Replay,
    Unknown,
    unavailable,
)
from tollgate.checkout.presentation import PRESENTERS, Presenter, respond
from tollgate.checkout.quote import quote, require
from tollgate.checkout.wishes import CreateCheckout
from tollgate.fees.platform import PlatformFees
from tollgate.fees.providers import expected
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import NotFound, ValidationFailed
from tollgate.kernel.idempotency import (
    LEASE,
    AlreadyBegun,
    IdempotencyKeyReused,
    IdempotencyRecord,
    IdempotencyRepository,
    LeaseLost,
    Response,
    answer_or_resume,
    fingerprint,
    record_id,
)
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.errors import PaymentExists, PaymentExpected
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report, open_payment
from tollgate.payments.ports import ParkedEvents, PaymentKey, PaymentRepository
from tollgate.payments.recording import Recorded, Recorder
from tollgate.routing.router import Router


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for a checkout, as far as its answer depends on it."""

    fingerprint: str
    presenter: Presenter
    trace: str | None

    def answer(self, payment: Payment) -> Response:
        return respond(payment, self.presenter)


class CheckoutOpening:
    """Two transactions around one provider call, and every way back into them."""

    def __init__(  # noqa: PLR0913 - its collaborators, each a port
        self,
        *,
        payments: PaymentRepository,
        parked: ParkedEvents,
        idempotency: IdempotencyRepository,
        catalog: CatalogRepository,
        fees: PlatformFees,
        router: Router,
        providers: Mapping[str, CheckoutProvider],
        unit_of_work: UnitOfWork,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._payments = payments
        self._parked = parked
        self._idempotency = idempotency
        self._catalog = catalog
        self._fees = fees
        self._router = router
        self._providers = providers
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids
        self._recorder = Recorder(payments, parked, unit_of_work, clock)

    def resume(self, stored: IdempotencyRecord) -> None:
        """Finish what a request left behind, in its place, so that its next retry is answered. Raises
        `DuplicateInProgress` or `LeaseLost` while someone else does it, and `ProviderUnavailable`.
        """
        self._go_on(stored, Asking(stored.fingerprint, PRESENTERS[stored.operation], None))

    def repeat(
        self, scope: tuple[str, str, str, str], body: Mapping[str, object], presenter: Presenter, trace: str | None
    ) -> Response | None:
        """What an earlier request with this key was answered, or what becomes of it now; None for a key that is new.

        Raises `IdempotencyKeyReused`, `DuplicateInProgress`, `ProviderUnavailable`.
        """
        stored = self._idempotency.get(record_id(*scope))
        return self._go_on(stored, Asking(fingerprint(body), presenter, trace)) if stored else None

    def create(self, wish: CreateCheckout, presenter: Presenter) -> Response:
        """Open a checkout, or answer what an earlier request with this key was answered.

        Raises `ValidationFailed` (nothing stored), `IdempotencyKeyReused`, `DuplicateInProgress`,
        `ProviderUnavailable`, and `PaymentChanged` where the payment to be retried moved on.
        """
        asking = Asking(fingerprint(wish.body), presenter, wish.trace)
        try:
            opened, parameters = self._draft(wish, asking.fingerprint)
        except ValidationFailed:
            # Prices and flags change: what was valid when the key was first used is still answered.
            stored = self._idempotency.get(record_id(*wish.scope))
            if stored is None:
                raise
            return self._go_on(stored, asking)
        record = self._record(wish, opened.payment, parameters)
        try:
            self._begin(record, opened, wish.retried)
        except AlreadyBegun as taken:
            return self._go_on(taken.record, asking)
        except PaymentExists as existing:
            return self._answer_from(existing.payment, asking)
        return self._send(record, opened.payment, asking)

    def _begin(self, record: IdempotencyRecord, opened: Change, retried: Payment | None) -> None:
        """Transaction 1. A provider's event that came before the payment is applied as soon as the payment is there."""
        begun = [self._idempotency.begin(record)]
        still_ended = [self._payments.unchanged(retried)] if retried else []
        try:
            self._unit_of_work.commit(*begun, *self._payments.create(opened), *still_ended)
        except PaymentExpected:
            self._unit_of_work.commit(*begun, *self._payments.create(opened, expected=True), *still_ended)
            self._parked.wake(PaymentKey(opened.payment.tenant, opened.payment.id))

    def _draft(self, wish: CreateCheckout, request_fingerprint: str) -> tuple[Change, str]:
        quoted = quote(self._catalog, wish.tenant, wish.basket)
        require(quoted, amount=wish.amount, currency=wish.currency)
        provider = self._router.choose(wish.method, quoted.total.currency, wish.provider)
        now = self._clock.now()
        opened = open_payment(
            Payment(
                id=wish.payment_id,
                tenant=wish.tenant,
                owner=wish.owner,
                amount=quoted.total,
                items=quoted.lines,
                method=wish.method,
                provider=provider,
                state=State.PENDING,
                version=0,
                created_at=now,
                updated_at=now,
                fingerprint=request_fingerprint,
                consumer=wish.consumer,
                client_reference=wish.client_reference,
                retry_of=wish.retried.id if wish.retried else None,
                seller=wish.seller,
                fee=self._fees.of(wish.tenant, wish.seller, quoted.total),
                provider_fee=expected(provider, quoted.total),
                email=wish.request.customer_email,
            ),
            wish.trace,
        )
        return opened, self._providers[provider].parameters(opened.payment, wish.request)

    def _record(self, wish: CreateCheckout, payment: Payment, parameters: str) -> IdempotencyRecord:
        return IdempotencyRecord(
            id=record_id(*wish.scope),
            tenant=wish.tenant,
            operation=wish.operation,
            fingerprint=payment.fingerprint,
            subject_id=payment.id,
            provider=payment.provider,
            parameters=parameters,
            lease_owner=self._ids.new("lease"),
            lease_expires_at=payment.created_at + LEASE,
            created_at=payment.created_at,
        )

    def _go_on(self, stored: IdempotencyRecord, asking: Asking) -> Response:
        now = self._clock.now()
        response = answer_or_resume(stored, asking.fingerprint, now)
        if response is not None and not stored.expired(now):
            return response
        payment = self._payments.get(PaymentKey(stored.tenant, stored.subject_id))
        if payment is None:
            raise NotFound("payment")
        if response is not None:
            return self._answer_from(payment, asking)
        successor = stored.leased_to(self._ids.new("lease"), now)
        self._unit_of_work.commit(self._idempotency.take_over(stored, successor))
        if _is_done(payment):
            return self._finish(successor, with_page(self._payments, payment), None, asking)
        return self._learn(self._recover(successor, payment, now), successor, payment, asking)

    def _answer_from(self, payment: Payment, asking: Asking) -> Response:
        if payment.fingerprint != asking.fingerprint:
            raise IdempotencyKeyReused
        return asking.answer(with_page(self._payments, payment)).replay()

    def _send(self, record: IdempotencyRecord, payment: Payment, asking: Asking) -> Response:
        return self._learn(self._open(record, payment), record, payment, asking)

    def _open(self, record: IdempotencyRecord, payment: Payment) -> OpenOutcome:
        key = payment.provider_key("checkout", record.attempt)
        return self._providers[record.provider].open(record.parameters, key)

    def _recover(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> OpenOutcome | None:
        """What a call came to that was perhaps made before; None when nobody can tell any more. A page of it never
        reached the buyer, and has expired by then.
        """
        provider, age = self._providers[record.provider], now - record.created_at
        match provider.recovery:
            case Replay(window):
                return self._open(record, payment) if age < window else None
            case Lookup():
                found = provider.find(payment)
                return self._open(record, payment) if isinstance(found, Absent) else found
            case NoRecovery(page_life):
                return Unknown("nobody can tell yet") if age < page_life else None

    def _learn(
        self, outcome: OpenOutcome | None, record: IdempotencyRecord, payment: Payment, asking: Asking
    ) -> Response:
        """Store what the provider said. Without a word from it the record is freed for the next try."""
        now = self._clock.now()
        match outcome:
            case None:
                report = Report(Fact.CANCELLED, now, reason="abandoned", trace=asking.trace)
            case Opened(session):
                report = Report(Fact.CHECKOUT_OPENED, now, session=session, trace=asking.trace)
            case Rejected(code):
                report = Report(Fact.FAILED, now, reason=code, trace=asking.trace)
            case _:
                self._release(record, key_spent=isinstance(outcome, Unknown) and outcome.key_spent)
                raise unavailable(record.provider, outcome)
        return self._finish(record, payment, report, asking)

    def _finish(self, record: IdempotencyRecord, payment: Payment, report: Report | None, asking: Asking) -> Response:
        """Transaction 2: adds what the provider said to whatever state it finds, with the response that is kept."""

        def alongside(recorded: Recorded) -> Sequence[Write]:
            finished = record.finished(asking.answer(recorded.payment), self._clock.now())
            writes = [self._idempotency.finish(finished)]
            if report is not None and report.session is not None:
                page = recorded.payment.session.url if recorded.payment.session else None
                writes.append(self._payments.point(recorded.payment, report.session.reference, page))
            return writes

        if report is None:
            self._unit_of_work.commit(*alongside(Recorded(payment, Meaning.REPEAT)))
            return asking.answer(payment)
        recorded = self._recorder.record(payment, report, alongside)
        self._withdraw(recorded.payment, report)
        return asking.answer(recorded.payment)

    def _withdraw(self, payment: Payment, report: Report) -> None:
        """A checkout that was cancelled while its page was being made must not be paid."""
        if report.session is not None and payment.state in (State.CANCELLED, State.FAILED):
            self._providers[payment.provider].close(report.session)

    def _release(self, record: IdempotencyRecord, *, key_spent: bool) -> None:
        released = record.released(self._clock.now(), key_spent=key_spent)
        try:
            self._unit_of_work.commit(self._idempotency.release(released))
        except LeaseLost:
            return  # someone else works on it already


def _is_done(payment: Payment) -> bool:
    """Whether there is nothing left to ask a provider for."""
    return payment.state is not State.PENDING or payment.session is not None
