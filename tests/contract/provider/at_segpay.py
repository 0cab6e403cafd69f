"""Segpay's adapters against its simulator over a socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.contract.provider.providers import SimulatorClock
from tests.simulators.segpay_world import PACKAGES, SegpayWorld
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.segpay.client import SegpayProvider
from tollgate.adapters.providers.segpay.refund_client import SegpayRefunds
from tollgate.payments.model import Session
from tollgate.payments.ports import PaymentKey


@dataclass
class AtSegpay:
    """Over its services and its page."""

    simulator: SegpayWorld

    def __post_init__(self) -> None:
        self.clock = SimulatorClock(self.simulator.clock)
        self.secrets = MemorySecrets(self.simulator.secrets())
        self.checkouts = SegpayProvider(
            self.secrets, self.clock, enabled=True, currencies=frozenset(PACKAGES), stand_in=self.simulator.base
        )
        self.refunds = SegpayRefunds(self.checkouts.srs, self.clock)

    def pay(self, session: Session) -> None:
        self.simulator.pay(session.url)

    def advance(self, by: timedelta) -> None:
        self.simulator.clock.offset += by.total_seconds()

    def owner_of(self, transaction: str) -> PaymentKey | None:
        return self.checkouts.owner_of(transaction)
