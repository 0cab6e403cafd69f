"""Opening a checkout, or charging at once: store the intent, call the provider, store what it said. Killed anywhere,
the next try goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tollgate.checkout.charge_ports import Declined, Held, NeverMade, OnItsWay, Taken
from tollgate.checkout.drafting import Draft, Drafting
from tollgate.checkout.failover import NOT_ASKED, Failover, Spare
from tollgate.checkout.pages import with_page
from tollgate.checkout.ports import Closed, Covered, Opened, Rejected, Unknown, Unreachable, unavailable
from tollgate.checkout.presentation import ACCEPTED, PRESENTERS, Presenter, respond
from tollgate.checkout.ways import Outcome, Ways
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, NotFound, ValidationFailed
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
from tollgate.payments.lifecycle import NEVER_MADE, Fact, Meaning, State
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import ParkedEvents, PaymentKey, PaymentRepository, TiedRecordChanged
from tollgate.payments.recording import Recorded, Recorder

# Each loss means that somebody else spent of the same gift card or credit.
_TRIES = 8
# When it is asked what has become of a charge whose outcome nobody knows, after it was last sent; afterwards every day.
# By the third time every provider can tell of what it never heard. Its webhook is sooner.
ASKED_AFTER = (timedelta(minutes=5), timedelta(hours=1), timedelta(minutes=90))


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for a checkout, as far as its answer depends on it. Without a `spare` nobody else is asked, and
    nothing is charged: it cannot be sold any more, or its caller is `gone`, and somebody finishes it in their place.
    """

    fingerprint: str
    presenter: Presenter
    trace: str | None
    spare: Spare | None = None
    gone: bool = False

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
        drafting: Drafting,
        recorder: Recorder,
        ways: Ways,
        unit_of_work: UnitOfWork,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._payments = payments
        self._parked = parked
        self._idempotency = idempotency
        self._drafting = drafting
        self._failover = Failover(drafting, recorder, idempotency, clock)
        self._recorder = recorder
        self._ways = ways
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    def resume(self, stored: IdempotencyRecord) -> None:
        """Finish what a request left behind, in its place, so that its next retry is answered. Raises
        `DuplicateInProgress` or `LeaseLost` while someone else does it, and `ProviderUnavailable`.
        """
        self._go_on(stored, Asking(stored.fingerprint, PRESENTERS[stored.operation], None, gone=True))

    def repeat(
        self, scope: tuple[str, str, str, str], body: Mapping[str, object], presenter: Presenter, trace: str | None
    ) -> Response | None:
        """What an earlier request with this key was answered, or what becomes of it now; None for a key that is new.

        Raises `IdempotencyKeyReused`, `DuplicateInProgress`, `ProviderUnavailable`.
        """
        stored = self._idempotency.get(record_id(*scope))
        return self._go_on(stored, Asking(fingerprint(body), presenter, trace)) if stored else None

    def check(self, wish: CreateCheckout) -> None:
        """Raises `ValidationFailed` for what could not be asked of its provider. Stores nothing."""
        self._drafting.draft(wish, "")

    def create(self, wish: CreateCheckout, presenter: Presenter) -> Response:
        """Open a checkout, or answer what an earlier request with this key was answered.

        Raises `ValidationFailed` (nothing stored), `IdempotencyKeyReused`, `DuplicateInProgress`,
        `ProviderUnavailable`, and `PaymentChanged` where the payment to be retried moved on.
        """
        asking = Asking(fingerprint(wish.body), presenter, wish.trace)
        for _ in range(_TRIES):
            try:
                draft = self._drafting.draft(wish, asking.fingerprint)
            except ValidationFailed:
                # Prices, flags and balances change: what was valid when the key was first used is still answered.
                stored = self._idempotency.get(record_id(*wish.scope))
                if stored is None:
                    raise
                return self._go_on(stored, asking)
            asking = replace(asking, spare=Spare(draft.sale, wish.request))
            record = self._record(wish, draft.opened.payment, draft.parameters)
            try:
                self._begin(record, draft, wish.retried)
            except AlreadyBegun as taken:
                return self._go_on(taken.record, asking)
            except PaymentExists as existing:
                return self._answer_from(existing.payment, asking)
            except TiedRecordChanged:
                if not wish.tenders:
                    raise  # whoever has laid it beside knows what it means
                continue  # somebody else has spent of the same card meanwhile
            payment = draft.opened.payment
            outcome = self._ask(record, payment, probes=draft.probes)
            return self._go_round(outcome, record, payment, asking, first=True)
        raise ConcurrentChange("what this is paid with changes too fast")

    def _begin(self, record: IdempotencyRecord, draft: Draft, retried: Payment | None) -> None:
        """Transaction 1. A provider's event that came before the payment is applied as soon as the payment is there."""
        opened, begun = draft.opened, [self._idempotency.begin(record)]
        beside = [*([self._payments.unchanged(retried)] if retried else []), *draft.beside]
        try:
            self._unit_of_work.commit(*begun, *self._payments.create(opened), *beside)
        except PaymentExpected:
            self._unit_of_work.commit(*begun, *self._payments.create(opened, expected=True), *beside)
            self._parked.wake(PaymentKey(opened.payment.tenant, opened.payment.id))

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
        # A charge that was on its way may have ended: its answer was not the last word.
        if response is not None and response.status != ACCEPTED and not stored.expired(now):
            return response
        payment = self._payments.get(PaymentKey(stored.tenant, stored.subject_id))
        if payment is None:
            raise NotFound("payment")
        if response is not None:
            return self._answer_from(payment, asking)
        way = self._ways.of(payment)
        sends = asking.spare is not None and way.sends_again(stored, now)
        successor = stored.leased_to(self._ids.new("lease"), now, sends=payment.direct and sends)
        self._unit_of_work.commit(self._idempotency.take_over(stored, successor))
        if _is_done(payment):
            return self._finish(successor, with_page(self._payments, payment), None, asking)
        again = way.ask_again if sends else way.ask_about
        first = sends and stored.unsent
        return self._go_round(again(successor, payment, self._clock.now()), successor, payment, asking, first=first)

    def _answer_from(self, payment: Payment, asking: Asking) -> Response:
        if payment.fingerprint != asking.fingerprint:
            raise IdempotencyKeyReused
        return asking.answer(with_page(self._payments, payment)).replay()

    def _go_round(
        self, outcome: Outcome | None, record: IdempotencyRecord, payment: Payment, asking: Asking, *, first: bool
    ) -> Response:
        """Ask one provider after the other, until one answers or nobody is left."""
        way, asked = self._ways.of(payment), [record.provider]
        while asking.spare is not None and way.moves_on(outcome, first=first):
            turned = self._failover.turn(record, payment, outcome, asking.spare, asked, asking.trace)
            if turned is None:
                break
            record, payment = turned.record, turned.payment
            if _is_done(payment):
                return self._finish(record, with_page(self._payments, payment), None, asking)
            asked.append(record.provider)
            outcome, first = self._ask(record, payment, probes=turned.probes), True
        if outcome is NOT_ASKED:
            outcome = way.ask_in_time(record, payment, self._clock.now())  # it is the last that is left
        if payment.direct and way.moves_on(outcome, first=first):
            record = replace(record, unsent=True)
        return self._learn(outcome, record, payment, asking)

    def _ask(self, record: IdempotencyRecord, payment: Payment, *, probes: bool) -> Outcome:
        if not self._drafting.may_ask(record.provider, probes=probes):
            return NOT_ASKED
        return self._ways.of(payment).ask_in_time(record, payment, self._clock.now())

    def _learn(self, outcome: Outcome | None, record: IdempotencyRecord, payment: Payment, asking: Asking) -> Response:
        """Store what the provider said. Without a word from it the record is freed for the next try."""
        now, trace = self._clock.now(), asking.trace
        match outcome:
            case None:
                report = Report(Fact.CANCELLED, now, reason="abandoned", trace=trace)
            case Covered(capture) | Taken(capture):
                report = Report(Fact.CAPTURED, now, capture=capture, trace=trace)
            case Opened(session) | OnItsWay(session):
                report = Report(Fact.CHECKOUT_OPENED, now, session=session, trace=trace)
            case Held(session):
                report = Report(Fact.APPROVED, now, session=session, trace=trace, about=session.reference)
            case Declined(decline):
                report = Report(Fact.FAILED, now, reason=decline.code, decline=decline.class_, trace=trace)
            case NeverMade():
                report = Report(Fact.FAILED, now, reason=NEVER_MADE, trace=trace)
            case Rejected(code):
                report = Report(Fact.FAILED, now, reason=code, trace=trace)
            case _:
                return self._leave(outcome, record, payment, asking)
        return self._finish(record, payment, report, asking)

    def _leave(
        self, outcome: Unreachable | Unknown, record: IdempotencyRecord, payment: Payment, asking: Asking
    ) -> Response:
        """Nobody knows. Of a page that is told as trouble, of a charge as what it is: it may have been made, unless
        surely nothing was sent.
        """
        now = self._clock.now()
        if not payment.direct:
            self._release(record.released(now, key_spent=isinstance(outcome, Unknown) and outcome.key_spent))
            raise unavailable(record.provider, outcome)
        self._release(record.released(now, key_spent=False, ask_at=_next_question(record.last_try_at, now)))
        if asking.gone or record.unsent:
            raise unavailable(record.provider, outcome)
        return asking.answer(payment)

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
        """A checkout that was cancelled while its page was being made must not be paid. A page of which nobody knows
        whether it is closed, the reconciler finds on the provider's list.
        """
        if report.session is not None and payment.state in (State.CANCELLED, State.FAILED):
            closed = self._ways.of(payment).close(payment, report.session)
            if isinstance(closed, Closed):
                self._recorder.record(payment, closed.report)

    def _release(self, released: IdempotencyRecord) -> None:
        try:
            self._unit_of_work.commit(self._idempotency.release(released))
        except LeaseLost:
            return  # someone else works on it already


def _next_question(sent_at: datetime, now: datetime) -> datetime:
    times = (sent_at + after for after in ASKED_AFTER)
    return next((time for time in times if time > now), now + timedelta(days=1))


def _is_done(payment: Payment) -> bool:
    """Whether there is nothing left to ask a provider for."""
    return payment.state is not State.PENDING or payment.session is not None
