"""The provider's own list of sessions against our payments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.checkout.ports import Approved, CheckoutProvider, Closed, ProviderUnavailable, SeenSession, unavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import is_id
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Change, Payment, Report, Session
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import Recorder
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import RunRepository
from tollgate.reconciliation.stretches import sweep_until

# Each session is compared while it is young, and again when the last day's pages have ended.
PASSES = {"soon": timedelta(minutes=20), "final": timedelta(hours=25)}

# Of these no page must be open, not even their own.
_ENDED = (State.FAILED, State.CANCELLED)


class ProviderSessions:
    """Finds what the due-lists cannot: money we were never told of, and pages that should not be there."""

    def __init__(
        self,
        payments: PaymentRepository,
        providers: Mapping[str, CheckoutProvider],
        recorder: Recorder,
        runs: RunRepository,
        clock: Clock,
    ) -> None:
        self._payments = payments
        self._providers = providers
        self._recorder = recorder
        self._runs = runs
        self._clock = clock

    def sweep(self, notes: Notes, out_of_time: Callable[[], bool]) -> bool:
        """Whether it came to the end. A provider that does not answer is left for the next run."""
        complete = True
        for name in filter(self._has_sold, self._providers):
            for pass_, lag in PASSES.items():
                if notes.asks(name):
                    complete &= self._follow(name, pass_, lag, notes, out_of_time)
        return complete

    def is_settled(self, finding: Finding) -> bool:
        """A page that is closed by now, a payment that is there by now; a mismatch is for a person."""
        if finding.kind is Kind.STRAY_PAGE:
            page = Session(str(finding.detail["session"]), None, self._clock.now())
            return isinstance(self._providers[str(finding.detail["provider"])].look(page), Closed)
        payment = self._payments.get(PaymentKey(finding.tenant, finding.subject_id))
        return finding.kind is Kind.UNKNOWN_SESSION and payment is not None

    def _has_sold(self, name: str) -> bool:
        """Whether it gets sales, or did before: what was sold then moves on."""
        return self._providers[name].offer.enabled or self._runs.mark(_sweep(name, next(iter(PASSES)))) is not None

    def _follow(self, name: str, pass_: str, lag: timedelta, notes: Notes, out_of_time: Callable[[], bool]) -> bool:
        def compare(since: datetime, until: datetime) -> bool:
            return self._compare_all(name, since, until, notes, out_of_time)

        return sweep_until(self._clock.now() - lag, self._runs, _sweep(name, pass_), compare, out_of_time)

    def _compare_all(
        self, name: str, since: datetime, until: datetime, notes: Notes, out_of_time: Callable[[], bool]
    ) -> bool:
        try:
            for seen in self._providers[name].list_sessions(since, until):
                if out_of_time():
                    return False
                if seen.tenant and seen.payment_id and is_id("pay", seen.payment_id):
                    notes.examined["sessions"] += 1
                    self._compare(name, seen, PaymentKey(seen.tenant, seen.payment_id), notes)
        except Exception as error:  # noqa: BLE001 - the run goes on, and this stretch comes again
            if _is_left(self._providers[name], error):
                return True
            notes.trouble(f"sessions of {name}", error)
            return False
        return True

    def _compare(self, name: str, seen: SeenSession, key: PaymentKey, notes: Notes) -> None:
        payment = self._payments.get(key)
        if payment is None:
            notes.open(self._finding(Kind.UNKNOWN_SESSION, key, seen, Remedy.INVESTIGATE, provider=name))
        elif payment.provider != name:
            self._compare_left(name, payment, seen, notes)
        elif _is_open(payment) and (seen.report is None or seen.report.capture is None):
            return  # that request is due by itself
        elif seen.report is not None and isinstance(payment.apply(seen.report, self._clock.now()), Change):
            self._catch_up(payment, seen, seen.report, notes)
        elif _is_stray(payment, seen):
            if seen.report is None:
                self._close(name, payment, seen, notes)
        elif payment.captures and not _agrees(payment, seen.report):
            notes.open(self._finding(Kind.STATE_MISMATCH, key, seen, Remedy.INVESTIGATE, provider=name))

    def _compare_left(self, name: str, payment: Payment, seen: SeenSession, notes: Notes) -> None:
        """The page of a provider that was asked in vain, and made it all the same."""
        if seen.report is None:
            self._close(name, payment, seen, notes)
        elif seen.report.capture is not None:
            key = PaymentKey(payment.tenant, payment.id)
            notes.open(self._finding(Kind.STATE_MISMATCH, key, seen, Remedy.INVESTIGATE, provider=name))

    def _catch_up(self, payment: Payment, seen: SeenSession, report: Report, notes: Notes) -> None:
        key = PaymentKey(payment.tenant, payment.id)
        remedy = Remedy.APPLY
        finding = notes.open(self._finding(Kind.MISSED_EVENT, key, seen, remedy, fact=report.fact.value))
        self._recorder.record(payment, report)
        notes.mended(finding)

    def _close(self, name: str, payment: Payment, seen: SeenSession, notes: Notes) -> None:
        """No buyer has seen the second page, but whoever finds it could pay twice."""
        key = PaymentKey(payment.tenant, payment.id)
        finding = notes.open(self._finding(Kind.STRAY_PAGE, key, seen, Remedy.CLOSE, provider=name))
        outcome = self._providers[name].close(seen.session)
        if not isinstance(outcome, Closed | Approved):
            raise unavailable(name, outcome)
        report = outcome.report if isinstance(outcome, Closed) else None
        if report is not None and report.fact is Fact.CAPTURED and payment.provider == name:
            self._recorder.record(payment, report)
        notes.mended(finding)

    def _finding(self, kind: Kind, key: PaymentKey, seen: SeenSession, remedy: Remedy, **detail: Any) -> Finding:
        reference = seen.session.reference
        return a_finding(
            kind,
            key.tenant,
            ("payment", key.id),
            remedy,
            self._clock.now(),
            occasion=reference,
            detail={"session": reference, **detail},
        )


def _is_open(payment: Payment) -> bool:
    """Whether nobody knows yet which of its pages counts. Of one that has ended nobody is shown any."""
    return payment.session is None and payment.state in (State.PENDING, State.PROCESSING)


def _is_stray(payment: Payment, seen: SeenSession) -> bool:
    """Whether it is not the page of this payment, or that of one that has ended, and can be paid all the same."""
    if payment.session is None or seen.session.reference != payment.session.reference:
        return True
    return seen.report is None and payment.state in _ENDED


def _sweep(name: str, pass_: str) -> str:
    return f"sessions:{name}:{pass_}"


def _is_left(provider: CheckoutProvider, error: Exception) -> bool:
    """Whether it takes no new sales and its credentials are gone too: there is nobody to ask any more."""
    refused = isinstance(error, ProviderUnavailable) and error.credentials_refused
    return refused and not provider.offer.enabled


def _agrees(payment: Payment, report: Report | None) -> bool:
    """Whether the provider's session says that it took what we have as taken."""
    if report is None or report.capture is None:
        return False
    return any(
        known.reference == report.capture.reference and known.amount == report.capture.amount
        for known in payment.captures
    )
