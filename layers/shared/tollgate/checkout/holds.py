"""Taking what was only set aside, when whoever wanted that says so. Letting it go is cancelling (`service.py`).

The provider does one of the two, whoever comes first; both hear from it which, and record that.
"""

from __future__ import annotations

from dataclasses import replace

from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import Closed, unavailable
from tollgate.checkout.ways import Charges
from tollgate.kernel.clock import Clock
from tollgate.payments.approvals import is_authorized
from tollgate.payments.declines import Decline
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.recording import Recorder


class Holds:
    """Killed anywhere, the next try goes on from there: what was taken is found taken."""

    def __init__(self, charges: Charges, recorder: Recorder, clock: Clock) -> None:
        self._charges = charges
        self._recorder = recorder
        self._clock = clock

    def take(self, payment: Payment) -> Payment:
        """The payment once the provider has said what became of it: confirmed, failed where the bank would not pay, or
        cancelled where the money was let go before. As it is, where nothing is set aside. Raises `ProviderUnavailable`
        while nobody can tell, and where the provider refuses a request of ours.
        """
        if payment.session is None or not is_authorized(payment):
            return payment
        outcome = self._charges.capture(payment, payment.session)
        match outcome:
            case Closed(report):
                return self._recorder.record(payment, report).payment
            case Declined(decline):
                return self._give_up(payment, payment.session, decline)
        raise unavailable(payment.provider, outcome)

    def let_go_late(self, payment: Payment, session: Session) -> Payment:
        """What was set aside for a payment that had ended before, which stays so unless somebody took the money. Raises
        `ProviderUnavailable` while nobody can tell.
        """
        outcome = self._charges.close(payment, session)
        if not isinstance(outcome, Closed):
            raise unavailable(payment.provider, outcome)
        return self._recorder.record(payment, outcome.report).payment

    def _give_up(self, payment: Payment, session: Session, decline: Decline) -> Payment:
        """Nothing stays set aside of a payment that has failed."""
        outcome = self._charges.close(payment, session)
        if not isinstance(outcome, Closed):
            raise unavailable(payment.provider, outcome)
        report = outcome.report
        if report.fact is Fact.EXPIRED:
            failed = Report(Fact.FAILED, self._clock.now(), reason=decline.code, decline=decline.class_)
            report = replace(failed, about=session.reference)
        return self._recorder.record(payment, report).payment
