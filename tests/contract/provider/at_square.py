"""Square's adapters against its simulator over a socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.contract.provider.providers import SimulatorClock, Words
from tests.simulators.square_world import LOCATION, TOKEN, SquareWorld
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.client import SquareProvider
from tollgate.adapters.providers.square.refund_client import SquareRefunds
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.payments.model import Session
from tollgate.payments.ports import PaymentKey
from tollgate.payments.refunds import RefundState


@dataclass
class AtSquare:
    """Over its REST API."""

    simulator: SquareWorld
    words = Words(
        reader=SquareEvents(),
        purchase=("payment.updated COMPLETED",),
        refund="refund.created PENDING",
        dispute_taken="dispute.created EVIDENCE_REQUIRED",
        dispute_closed="dispute.state.updated WON",
        made=RefundState.PENDING,
        dispute_fee=None,
    )

    def __post_init__(self) -> None:
        self.clock = SimulatorClock(self.simulator.clock)
        api = SquareApi(MemorySecrets({"square/api": {"access_token": TOKEN}}), self.simulator.base)
        self.checkouts = SquareProvider(api, self.clock, enabled=True, locations={"USD": LOCATION})
        self.refunds = SquareRefunds(api, self.clock)

    def pay(self, session: Session) -> None:
        self.simulator.pay(session.reference)

    def promise(self, session: Session) -> None:
        self.simulator.pay(session.reference, method="bank")

    def break_promise(self, session: Session) -> None:
        (payment,) = self.simulator.state("payments")
        self.simulator.control(f"payments/{payment['id']}/settle", outcome="FAILED")

    def refund_at_dashboard(self, intent: str, amount: int) -> None:
        self.simulator.control(f"payments/{intent}/refund", amount=amount)

    def dispute(self, intent: str) -> str:
        return str(self.simulator.control(f"payments/{intent}/dispute")["id"])

    def win(self, dispute: str) -> None:
        self.simulator.control(f"disputes/{dispute}/move", state="WON")

    def advance(self, by: timedelta) -> None:
        self.simulator.clock.offset += by.total_seconds()

    def owner_of(self, intent: str) -> PaymentKey | None:
        return self.checkouts.owner_of(intent)

    def told(self, *types: str) -> list[tuple[str, bytes]]:
        self.simulator.receiver.wait_for(*types)
        return [(name, body) for name, body, _ in self.simulator.receiver.told() if name in types]
