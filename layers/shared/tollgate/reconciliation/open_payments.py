"""Payments that are open for long, and money that nobody expected."""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.checkout.capturing import Capturing
from tollgate.checkout.charge_ports import Held, LookedOutcome
from tollgate.checkout.ports import Approved, Closed, CloseOutcome, Rejected, StillOpen, unavailable
from tollgate.checkout.ways import Ways
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.payments.approvals import asks_anew, awaits_capture, is_authorized
from tollgate.payments.attention import AFTER_EXPIRY, CHECK_AFTER
from tollgate.payments.deposits import UNWANTED
from tollgate.payments.errors import PaymentChanged
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Change, Payment, Report, Session
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import Recorder
from tollgate.payments.refunds import ASK_AFTER
from tollgate.payments.review import is_known
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DuePayment
from tollgate.refunds.returning import NOTHING, Returning, goes_back

LONGEST_WAIT = timedelta(days=1)

# What becomes of money that came late, twice or in a wrong amount. The buyer was told that the payment had ended, and
# the goods may be gone: so what came late goes back. A wrong amount needs a person.
RULES: dict[str, Remedy] = {
    "late_capture": Remedy.REFUND,
    "second_capture": Remedy.REFUND,
    UNWANTED: Remedy.REFUND,
    "amount_mismatch": Remedy.DECIDE,
}


class OpenPayments:
    """Asks the provider what has become of the buyer; once the page cannot be paid any more, makes sure of it."""

    def __init__(
        self,
        payments: PaymentRepository,
        ways: Ways,
        recorder: Recorder,
        returning: Returning,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._payments = payments
        self._ways = ways
        self._recorder = recorder
        self._returning = returning
        self._capturing = Capturing(ways.pages.providers, recorder, clock)
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DuePayment, notes: Notes) -> None:
        payment, now = self._payments.get(due.key), self._clock.now()
        if payment is None or payment.due_at is None:
            return
        if payment.review is not None:
            self._hold(payment, payment.review, now, notes)
        elif payment.state not in (State.PENDING, State.PROCESSING):
            return  # a refund of it is open, and asked about by itself
        elif payment.session is None and payment.captures:
            self._go(payment, _gone(now), now, notes)
        elif payment.session is None:
            self._look_again(payment, now + CHECK_AFTER)  # the request that asks for its page is due by itself
        elif not notes.asks(payment.provider):
            return
        elif awaits_capture(payment):
            self._take(payment, payment.session, now, notes)
        else:
            self._ask(payment, payment.session, now, notes)

    def is_settled(self, finding: Finding) -> bool:
        payment = self._payments.get(PaymentKey(finding.tenant, finding.subject_id))
        if payment is None:
            return True
        if finding.kind is Kind.HELD_MONEY:
            return payment.review is None or _went_back(payment)
        return payment.review is not None or payment.due_at is None

    def _hold(self, payment: Payment, review: str, now: datetime, notes: Notes) -> None:
        if goes_back(payment) and not any(each.is_open for each in payment.refunds):
            self._give_back(payment, review, now, notes)
            return
        notes.open(_held_money(payment, review, now))
        asked = min((each.at + ASK_AFTER[each.state] for each in payment.refunds if each.is_unsure), default=None)
        if asked is None or asked > now:  # of one that was to be asked about by now, it is said already when it is next
            self._look_again(payment, asked)

    def _give_back(self, payment: Payment, review: str, now: datetime, notes: Notes) -> None:
        """Whoever hears of it gives it back at once: this is for when that has failed, or the provider has refused."""
        due = payment.updated_at + _patience(payment, payment.updated_at)
        if now < due:
            self._look_again(payment, due)
            return
        finding = notes.open(_held_money(payment, review, now))
        # Put off first: those that a provider does not answer must not come first in every run.
        self._look_again(payment, now + _patience(payment, now))
        if not notes.asks(payment.provider):
            return
        if self._returning.give_back_held(PaymentKey(payment.tenant, payment.id), review) == NOTHING:
            self._look_again(payment, None)  # somebody has to decide after all, and the finding says so
        else:
            notes.started(finding)

    def _ask(self, payment: Payment, session: Session, now: datetime, notes: Notes) -> None:
        overdue = now >= session.expires_at + AFTER_EXPIRY
        outcome = self._outcome(payment, session, overdue=overdue)
        match outcome:
            case Closed(report):
                self._tell(payment, session, report, now, notes)
            case Approved() if not asks_anew(payment):
                self._take(payment, session, now, notes)
            case Approved() if overdue:
                expired = Report(Fact.EXPIRED, now, about=session.reference, yields=True)
                self._tell(payment, session, expired, now, notes)
            case Approved():
                self._look_again(payment, _next_question(payment, session, now))
            case Held(told) if not payment.approved:
                approved = Report(Fact.APPROVED, now, session=told, about=told.reference)
                self._tell(payment, session, approved, now, notes)
            case Held() | StillOpen():
                self._look_again(payment, _next_question(payment, session, now))
            case Rejected(code):
                self._disown(payment, session, code, now, notes)
            case _:
                # Put off all the same: those that a provider does not answer must not come first in every run.
                self._look_again(payment, now + CHECK_AFTER)
                raise unavailable(payment.provider, outcome)

    def _outcome(self, payment: Payment, session: Session, *, overdue: bool) -> LookedOutcome | CloseOutcome:
        """What is overdue is closed. Money that the buyer let us set aside, unheard, is none of that."""
        way = self._ways.of(payment)
        if overdue and payment.hold and not is_authorized(payment):
            seen = way.look(payment, session)
            return way.close(payment, session) if isinstance(seen, StillOpen) else seen
        return way.close(payment, session) if overdue else way.look(payment, session)

    def _take(self, payment: Payment, session: Session, now: datetime, notes: Notes) -> None:
        """The buyer has agreed, and what should have taken it has not, or the answer was lost."""
        self._look_again(payment, now + CHECK_AFTER)
        finding = notes.open(
            a_finding(
                Kind.MISSED_EVENT,
                payment.tenant,
                ("payment", payment.id),
                Remedy.APPLY,
                now,
                occasion=f"{Fact.APPROVED}:{payment.approved}",
                detail={"session": session.reference, "fact": Fact.APPROVED.value, "status": payment.status},
            )
        )
        if payment.approved:
            self._capturing.take(payment)
        else:
            self._capturing.approve(payment, session, now)
        notes.mended(finding)

    def _disown(self, payment: Payment, session: Session, code: str, now: datetime, notes: Notes) -> None:
        """The provider knows nothing of the page that it gave us: another account's key, perhaps."""
        notes.open(
            a_finding(
                Kind.STATE_MISMATCH,
                payment.tenant,
                ("payment", payment.id),
                Remedy.INVESTIGATE,
                now,
                occasion=session.reference,
                detail={"session": session.reference, "provider": payment.provider, "answer": code},
            )
        )
        self._look_again(payment, _next_question(payment, session, now))

    def _tell(self, payment: Payment, session: Session, report: Report, now: datetime, notes: Notes) -> None:
        if is_known(payment, report.capture):
            report = _gone(now)
        if not isinstance(payment.apply(report, now), Change):
            self._look_again(payment, _next_question(payment, session, now))
            return
        self._go(payment, report, now, notes)

    def _go(self, payment: Payment, report: Report, now: datetime, notes: Notes) -> None:
        kind = Kind.OVERDUE_PAYMENT if report.fact is Fact.EXPIRED else Kind.MISSED_EVENT
        finding = notes.open(
            a_finding(
                kind,
                payment.tenant,
                ("payment", payment.id),
                Remedy.CLOSE if report.fact is Fact.EXPIRED else Remedy.APPLY,
                now,
                occasion=report.fact.value,
                detail=_told(payment, report),
            )
        )
        self._recorder.record(payment, report)
        notes.mended(finding)

    def _look_again(self, payment: Payment, at: datetime | None) -> None:
        try:
            self._unit_of_work.commit(self._payments.look_again(payment, at))
        except PaymentChanged:
            return  # it moved on by itself


def _held_money(payment: Payment, review: str, now: datetime) -> Finding:
    return a_finding(
        Kind.HELD_MONEY,
        payment.tenant,
        ("payment", payment.id),
        RULES.get(review, Remedy.DECIDE),
        now,
        occasion=str(len(payment.captures)),
        detail={
            "review": review,
            "status": payment.status,
            "refundable": payment.refundable,
            "currency": payment.amount.currency,
            "captures": [capture.reference for capture in payment.captures],
        },
    )


def _patience(payment: Payment, since: datetime) -> timedelta:
    """How long what is given back may take, ever longer the longer the money has been here."""
    return min(max(since - payment.captures[-1].at, CHECK_AFTER), LONGEST_WAIT)


def _went_back(payment: Payment) -> bool:
    """Whether none of its money is here any more. What came in another currency never counts as refundable; what is on
    its way may come back.
    """
    foreign = any(capture.amount.currency != payment.amount.currency for capture in payment.captures)
    under_way = any(each.is_open for each in payment.refunds)
    return payment.refundable == 0 and not foreign and not under_way


def _gone(now: datetime) -> Report:
    """It was paid in a way that came to nothing, and that money has gone back: it is paid no second time."""
    return Report(Fact.CANCELLED, now, reason="money_went_back")


def _told(payment: Payment, report: Report) -> dict[str, str]:
    session = {"session": payment.session.reference} if payment.session else {}
    return {**session, "fact": report.fact.value, "status": payment.status}


def _next_question(payment: Payment, session: Session, now: datetime) -> datetime:
    """Ever more rarely, but once when its page has expired."""
    later = now + min(max(now - payment.created_at, CHECK_AFTER), LONGEST_WAIT)
    end = session.expires_at + AFTER_EXPIRY
    return min(later, end) if now < end else later
