"""The simulation's books, over the same adapter as Stripe's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.contract.charge.providers import Fault, Kind
from tests.simulation.charge_adapters import SimulatedCharges
from tests.simulation.charge_books import confirm_charge, end_charge
from tests.simulation.stripe_adapters import SimulatedRefunds
from tests.simulation.stripe_books import StripeBooks
from tests.simulation.tasks import Kind as Befalls
from tests.support.builders import NOW, a_provider_event
from tollgate.adapters.providers.stripe.charge_transformers import capture_of
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.inbox.model import Notice
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.ids import derived
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Session
from tollgate.payments.refunds import Refund, RefundState
from tollgate.refunds.ports import Answered

_SOURCES: dict[Kind, str] = {
    "ok": "pm_ok",
    "soft": "pm_soft",
    "hard": "pm_hard",
    "fix_input": "pm_mistyped",
    "unknown": "pm_unheard_of",
    "challenge": "pm_confirm",
    "processing": "pm_slow",
}
_FAULTS: dict[Fault, Befalls] = {
    "answer lost": Befalls.ANSWER_LOST,
    "500 after the work": Befalls.BROKEN_LATE,
    "500 before the work": Befalls.BROKEN,
    "503": Befalls.REQUEST_LOST,
    "connection torn": Befalls.REQUEST_LOST,
}
_LONG = timedelta(days=365)


class InBooks:
    """Nothing travels."""

    name = "stripe"

    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.books, nobody = StripeBooks(self.clock), StripeBooks(self.clock)
        nobody.go_out(_LONG, Befalls.REFUSED)
        self.adapter, self.unreachable = SimulatedCharges(self.books), SimulatedCharges(nobody)

    def source_for(self, kind: Kind) -> str:
        return _SOURCES[kind]

    def taken(self, payment: Payment) -> list[Capture]:
        ours = [e for e in self.books.intents.values() if e["metadata"]["tollgate_payment"] == payment.id]
        return [capture_of(each) for each in ours if each["status"] == "succeeded"]

    def fault(self, kind: Fault) -> None:
        self.books.go_out(_LONG, None, first=_FAULTS[kind])

    def confirm(self, session: Session, *, passed: bool) -> None:
        intent = self.books.intents[session.reference]
        assert intent["status"] == "requires_action"
        confirm_charge(self.books, intent, passed=passed)

    def settle(self, session: Session, *, succeeded: bool) -> None:
        end_charge(self.books, self.books.intents[session.reference], succeeds=succeeded)

    def give_back(self, payment: Payment, amount: int) -> None:
        refund = Refund(derived("ref", payment.id), amount, RefundState.REQUESTED, payment.captures[0].reference, NOW)
        refunds = SimulatedRefunds(self.books)
        assert isinstance(refunds.refund(refunds.refund_parameters(payment, refund), "key_r"), Answered)

    def advance(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    def told(self, fact: Fact) -> Notice:
        return next(each for each in self._notices() if each.report.fact is fact)

    def _notices(self) -> Iterator[Notice]:
        for event in self.books.events:
            notice = StripeEvents().read(a_provider_event(type=event.type, payload=event.payload))
            if isinstance(notice, Notice):
                yield notice
