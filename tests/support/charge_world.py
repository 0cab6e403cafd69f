"""Charges at once, on fakes: a provider that remembers what it took, and whose answers a test writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.builders import NOW
from tests.support.checkout_world import CheckoutWorld, ScriptedProvider, a_wish
from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeProvider,
    ChargeRequest,
    Declined,
    EndOutcome,
    Held,
    LookedOutcome,
    NeverMade,
    OnItsWay,
    ResolveOutcome,
    Taken,
)
from tollgate.checkout.ports import (
    Closed,
    Opened,
    ProviderUnavailable,
    StillOpen,
    Unknown,
    Unreachable,
)
from tollgate.checkout.presentation import present_charge
from tollgate.kernel.clock import Clock, FixedClock
from tollgate.kernel.idempotency import LEASE, IdempotencyRecord, Response
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session

LATER = NOW + timedelta(days=1)


class ScriptedCharges(ChargeProvider):
    """Takes money once for each key, whatever it answers. `script` holds what the next calls answer instead of the
    truth; one that says `Unreachable` was never reached. `meanwhile` runs once the money is taken. It tells
    nobody what became of a charge while it is `silent`, and finds one only once it was made `found_after` ago.
    """

    def __init__(self) -> None:
        self.script: list[ChargeOutcome | None] = []
        self.results: dict[str, ChargeOutcome] = {}
        self.made: dict[str, datetime] = {}
        self.clock: Clock = FixedClock(NOW)
        self.asked: list[str] = []
        self.resolved: list[timedelta] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.lost = False
        self.silent = False
        self.found_after = timedelta(0)
        self.looks: LookedOutcome = StillOpen()
        self.closed: list[str] = []

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return json.dumps([payment.id, payment.due.amount, payment.due.currency, sorted(request.sources.items())])

    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        self.asked.append(key)
        scripted = self.script.pop(0) if self.script else None
        if isinstance(scripted, Unreachable):
            return scripted
        if key not in self.results:
            self.made[key] = self.clock.now()
        made = self.results.setdefault(key, self._made(parameters, key, scripted))
        self.meanwhile()
        return scripted if isinstance(scripted, Unknown) else made

    def _made(self, parameters: str, key: str, scripted: ChargeOutcome | None) -> ChargeOutcome:
        if self.lost:
            return Unknown("it never came here")
        if scripted is not None and not isinstance(scripted, Unknown):
            return scripted
        _, amount, currency, _ = json.loads(parameters)
        return Taken(Capture(derived("cap", key), Money(amount, currency), NOW))

    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> ResolveOutcome:
        self.resolved.append(age)
        if self.silent:
            return Unknown("nobody can tell")
        found = key in self.made and self.clock.now() - self.made[key] >= self.found_after
        match self.results.get(key) if found else None:
            case Taken() | Held() | OnItsWay() | Declined() as known:
                return known
            case _:
                return NeverMade() if age >= timedelta(hours=1) else Unknown("too early to tell")

    def look_at_charge(self, session: Session) -> LookedOutcome:
        return self.looks

    def cancel_charge(self, session: Session) -> EndOutcome:
        self.closed.append(session.reference)
        return Closed(Report(Fact.CANCELLED, NOW, reason="requested"))

    @property
    def takings(self) -> int:
        """How often money was taken here."""
        return sum(isinstance(each, Taken) for each in self.results.values())


@dataclass
class ChargeWorld(CheckoutWorld):
    """A deployment with two providers that charge, Stripe being preferred."""

    stripe: ScriptedCharges = field(default_factory=ScriptedCharges)
    square: ScriptedCharges = field(default_factory=ScriptedCharges)

    def __post_init__(self) -> None:
        self.others = (ScriptedProvider("square"),)
        self.stripe.clock = self.square.clock = self.clock
        self.charges = {"stripe": self.stripe, "square": self.square}
        super().__post_init__()

    def charge(self, **fields: Any) -> Response:
        return self.opening.create(a_charge(**fields), present_charge)

    def resume(self) -> bool:
        """As the reconciler does; whether it could tell."""
        try:
            self.opening.resume(self.stored_request())
        except ProviderUnavailable:
            return False
        return True

    def stored_request(self) -> IdempotencyRecord:
        (record,) = self.store.of("idempotency")
        assert isinstance(record, IdempotencyRecord)
        return record

    def pass_time(self, time: timedelta = LEASE) -> None:
        self.clock.advance(time)

    @property
    def takings(self) -> int:
        return self.stripe.takings + self.square.takings


def a_charge(**fields: Any) -> Any:
    sources = fields.pop("sources", {"stripe": "pm_1", "square": "cnon:1"})
    request = fields.pop("request", ChargeRequest(sources))
    return a_wish(operation="charge.create", request=request, **fields)


SOFT = Declined(Decline(DeclineClass.SOFT, "insufficient_funds"))
HARD = Declined(Decline(DeclineClass.HARD))
CHALLENGE = Opened(Session("pi_1", "https://bank.example/confirm", LATER))
PENDING = OnItsWay(Session("pi_1", None, LATER))
