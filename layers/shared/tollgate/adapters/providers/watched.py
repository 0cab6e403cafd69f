"""A provider whose calls are heard by those who watch its health. The adapters themselves know nothing of that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeProvider,
    ChargeRequest,
    EndOutcome,
    LookedOutcome,
    ResolveOutcome,
    TakeOutcome,
)
from tollgate.checkout.ports import (
    CaptureOutcome,
    CheckoutProvider,
    CheckoutRequest,
    CloseOutcome,
    FindOutcome,
    LookOutcome,
    OpenOutcome,
    Recovery,
    Rejected,
    SeenSession,
    Unknown,
    Unreachable,
)
from tollgate.payments.model import Payment, Session
from tollgate.routing.health import Health
from tollgate.routing.router import Offer


class WatchedProvider(CheckoutProvider):
    """What it answers is another's; what it did not answer is told."""

    def __init__(self, provider: CheckoutProvider, health: Health) -> None:
        self._provider = provider
        self._name = provider.offer.provider
        self._health = health

    @property
    def offer(self) -> Offer:
        return self._provider.offer

    @property
    def recovery(self) -> Recovery:
        return self._provider.recovery

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return self._provider.parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        return self._heard(self._provider.open(parameters, key))

    def find(self, payment: Payment) -> FindOutcome:
        return self._heard(self._provider.find(payment))

    def look(self, session: Session) -> LookOutcome:
        return self._heard(self._provider.look(session))

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        """Not heard: what goes wrong with a long list says little of a single sale."""
        return self._provider.list_sessions(since, until)

    def close(self, session: Session) -> CloseOutcome:
        return self._heard(self._provider.close(session))

    def capture(self, session: Session, key: str) -> CaptureOutcome:
        return self._heard(self._provider.capture(session, key))

    def _heard[O](self, outcome: O) -> O:
        return heard(self._health, self._name, outcome)


class WatchedCharges(ChargeProvider):
    """The same for charges. A decline is the bank's, and an answer like any other."""

    def __init__(self, name: str, charges: ChargeProvider, health: Health) -> None:
        self._name = name
        self._charges = charges
        self._health = health
        self.holds = charges.holds

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return self._charges.charge_parameters(payment, request)

    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        return heard(self._health, self._name, self._charges.charge(parameters, key))

    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> ResolveOutcome:
        return heard(self._health, self._name, self._charges.resolve(payment, parameters, key, age))

    def look_at_charge(self, session: Session) -> LookedOutcome:
        return heard(self._health, self._name, self._charges.look_at_charge(session))

    def cancel_charge(self, session: Session) -> EndOutcome:
        return heard(self._health, self._name, self._charges.cancel_charge(session))

    def capture_charge(self, session: Session) -> TakeOutcome:
        return heard(self._health, self._name, self._charges.capture_charge(session))


def heard[O](health: Health, provider: str, outcome: O) -> O:
    """Tell the watch what an outcome says of its provider, and hand it on."""
    match outcome:
        case Unreachable(credentials_refused=refused):
            health.failed(provider, credentials_refused=refused)
        case Unknown(told=False):
            health.failed(provider)
        case Rejected() | Unknown():
            health.answered(provider)
        case _:
            health.succeeded(provider)
    return outcome
