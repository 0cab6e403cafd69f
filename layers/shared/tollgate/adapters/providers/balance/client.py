"""Nothing is asked of anybody: a payment that is covered is paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tollgate.checkout.charge_ports import ChargeProvider, ChargeRequest, Taken
from tollgate.checkout.ports import (
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    Covered,
    Recovery,
    Replay,
    SeenSession,
)
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session
from tollgate.routing.router import Offer


class BalanceProvider(CheckoutProvider, ChargeProvider):
    """Never chosen by a buyer, nor by the router."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def offer(self) -> Offer:
        return Offer("balance", frozenset(), enabled=False)

    @property
    def recovery(self) -> Recovery:
        return Replay(timedelta.max)

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return payment.due.currency

    def open(self, parameters: str, key: str) -> Covered:
        return Covered(Capture(derived("cov", key), Money(0, parameters), self._clock.now()))

    def look(self, session: Session) -> Closed:
        return self.close(session)

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        return iter(())

    def close(self, session: Session) -> Closed:
        return Closed(Report(Fact.EXPIRED, self._clock.now()))

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return payment.due.currency

    def charge(self, parameters: str, key: str) -> Covered:
        return self.open(parameters, key)

    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> Taken:
        return Taken(self.open(parameters, key).capture)

    def look_at_charge(self, session: Session) -> Closed:
        return self.close(session)

    def cancel_charge(self, session: Session) -> Closed:
        return self.close(session)
