"""A provider whose calls are heard by those who watch its health. The adapters themselves know nothing of that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tollgate.checkout.ports import (
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

    def _heard[O](self, outcome: O) -> O:
        match outcome:
            case Unreachable(credentials_refused=refused):
                self._health.failed(self._name, credentials_refused=refused)
            case Unknown():
                self._health.failed(self._name)
            case Rejected():
                self._health.answered(self._name)
            case _:
                self._health.succeeded(self._name)
        return outcome
