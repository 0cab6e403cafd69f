"""Taking what a buyer has agreed to, at providers where that is left to us. Killed anywhere, the next try goes on from
there under the same key, so that it is taken once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tollgate.checkout.ports import CheckoutProvider, Closed, Declined, NothingToCapture, unavailable
from tollgate.kernel.clock import Clock
from tollgate.payments.approvals import asks_anew, awaits_capture
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.recording import Recorder


class Capturing:
    """An approval is stored before anything is taken, and a payment that has ended first stores none."""

    def __init__(self, providers: Mapping[str, CheckoutProvider], recorder: Recorder, clock: Clock) -> None:
        self._providers = providers
        self._recorder = recorder
        self._clock = clock

    def approve(self, payment: Payment, session: Session, asked_at: datetime) -> Payment:
        """Store what the provider told whoever asked then, and take it, unless a try was refused before. Raises as
        `take` does.
        """
        if asks_anew(payment):
            return payment
        agreed = Report(Fact.APPROVED, asked_at, about=session.reference)
        return self.take(self._recorder.record(payment, agreed).payment)

    def take(self, payment: Payment) -> Payment:
        """The payment once the provider has said what it took; as it is, where nothing waits to be taken. Raises
        `ProviderUnavailable` while nobody can tell, and where the provider refuses a request of ours.
        """
        if payment.session is None or not awaits_capture(payment):
            return payment
        key = payment.provider_key("capture", payment.approved)
        outcome = self._providers[payment.provider].capture(payment.session, key)
        match outcome:
            case Closed(report):
                return self._recorder.record(payment, report).payment
            case Declined(reason):
                return self._recorder.record(payment, self._declined(payment, reason)).payment
            case NothingToCapture():
                return payment
        raise unavailable(payment.provider, outcome)

    def _declined(self, payment: Payment, reason: str) -> Report:
        return Report(Fact.DECLINED, self._clock.now(), reason=reason, approval=payment.approved)
