"""Charges that only set money aside, on fakes: a provider that takes it or lets it go, and never both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.support.builders import NOW
from tests.support.charge_world import ChargeWorld, ScriptedCharges, a_charge
from tests.support.stores import InMemory
from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeRequest,
    Declined,
    EndOutcome,
    Held,
    LookedOutcome,
    TakeOutcome,
)
from tollgate.checkout.holds import Holds
from tollgate.checkout.ports import Closed, StillOpen, Unknown
from tollgate.checkout.presentation import present_charge
from tollgate.kernel.access import Viewer
from tollgate.kernel.idempotency import Response
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Capture, Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.open_payments import OpenPayments
from tollgate.reconciliation.ports import DuePayment
from tollgate.refunds.returning import Returning
from tollgate.refunds.service import Refunding

BUYER = Viewer("demo", "user-1")
UNTIL = NOW + timedelta(days=7)
HELD, TAKEN, LET_GO = "held", "taken", "let go"
LOST = Unknown("timeout")
_ENDS = {TAKEN: State.CONFIRMED, LET_GO: State.CANCELLED, HELD: State.PENDING}


def _nothing() -> None:
    """What happens between two things, where no test says otherwise."""


class HoldingCharges(ScriptedCharges):
    """Knows of each reference what became of the money. `answers` are what the next calls to take it or let it go
    answer instead of the truth, once that is done; `arriving` runs before a call is carried out, and `leaving` after
    it. A bank that `refuses` pays nothing of what is set aside.
    """

    holds = True

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, str] = {}
        self.amounts: dict[str, Money] = {}
        self.answers: list[TakeOutcome | None] = []
        self.arriving: Callable[[], object] = _nothing
        self.leaving: Callable[[], object] = _nothing
        self.refuses: Declined | None = None
        self.captured: list[str] = []
        self.looked = 0

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return json.dumps([payment.hold, super().charge_parameters(payment, request)])

    def _made(self, parameters: str, key: str, scripted: ChargeOutcome | None) -> ChargeOutcome:
        hold, rest = json.loads(parameters)
        made = super()._made(rest, key, scripted)
        if not hold or made == scripted or self.lost:
            return made
        _, amount, currency, _ = json.loads(rest)
        return self.set_aside(derived("cap", key), Money(amount, currency))

    def set_aside(self, reference: str, amount: Money) -> Held:
        self.kept[reference], self.amounts[reference] = HELD, amount
        return Held(Session(reference, None, UNTIL))

    def capture_charge(self, session: Session) -> TakeOutcome:
        self.captured.append(session.reference)
        self.arriving()
        if self.refuses is not None and self.kept[session.reference] == HELD:
            return self.refuses
        return self._answered(session.reference, TAKEN)

    def cancel_charge(self, session: Session) -> EndOutcome:
        self.closed.append(session.reference)
        self.arriving()
        self.kept.setdefault(session.reference, HELD)
        answer = self._answered(session.reference, LET_GO)
        assert not isinstance(answer, Declined)
        return answer

    def look_at_charge(self, session: Session) -> LookedOutcome:
        self.looked += 1
        state = self.kept.get(session.reference)
        if state == HELD:
            return Held(Session(session.reference, None, UNTIL))
        return Closed(self.told(session.reference)) if state else StillOpen()

    def told(self, reference: str) -> Report:
        """What its event says by now."""
        match self.kept[reference]:
            case "taken":
                capture = Capture(reference, self.amounts[reference], NOW)
                return Report(Fact.CAPTURED, NOW, capture=capture)
            case "let go":
                return Report(Fact.EXPIRED, NOW, about=reference)
        return Report(Fact.APPROVED, NOW, session=Session(reference, None, UNTIL), about=reference)

    def _answered(self, reference: str, end: str) -> TakeOutcome:
        if self.kept[reference] == HELD:
            self.kept[reference] = end
        answer = self.answers.pop(0) if self.answers else None
        self.leaving()
        return answer or Closed(self.told(reference))


@dataclass
class HoldWorld(ChargeWorld):
    """Of its providers Stripe holds, and Square takes at once."""

    stripe: HoldingCharges = field(default_factory=HoldingCharges)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.holds = Holds(self.ways.charges, self.recorder, self.clock)
        self.stored = InMemory()

    def hold(self, **fields: Any) -> Response:
        sources = fields.pop("sources", {"stripe": "pm_1", "square": "cnon:1"})
        request = fields.pop("request", ChargeRequest(sources, hold=True))
        return self.opening.create(a_charge(request=request, **fields), present_charge)

    def take(self) -> Payment:
        return self.holds.take(self.payment())

    def let_go(self) -> Payment:
        return self.desk.cancel(BUYER, self.payment().id)

    def hear(self) -> None:
        """The provider's event about the only hold, as it stands there."""
        ((reference, _),) = self.stripe.kept.items()
        self.record(self.stripe.told(reference))

    def reconcile(self) -> Notes:
        """What the reconciler does once the payment is due."""
        notes = Notes(self.stored.findings, self.stored.unit_of_work, self.clock, lambda _what, _error: None)
        known = OpenPayments(self.payments, self.ways, self.recorder, self._returning(), self.unit_of_work, self.clock)
        payment = self.payment()
        known.examine(DuePayment(PaymentKey(payment.tenant, payment.id)), notes)
        return notes

    def _returning(self) -> Returning:
        refunding = Refunding(
            payments=self.payments,
            recorder=self.recorder,
            idempotency=self.idempotency,
            providers={},
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            ids=self._ids,
        )
        return Returning(self.payments, refunding)

    @property
    def end(self) -> str:
        """What became of the only hold, at the provider."""
        (state,) = self.stripe.kept.values()
        return state

    @property
    def tells_the_truth(self) -> bool:
        """Whether the payment stands as its money does, where no bank has declined."""
        payment = self.payment()
        captures = [each.amount for each in payment.captures]
        expected = [payment.due] if self.end == TAKEN else []
        return (payment.state, payment.review, captures) == (_ENDS[self.end], None, expected)
