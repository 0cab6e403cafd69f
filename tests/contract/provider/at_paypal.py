"""PayPal's adapters against its simulator over a socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.contract.provider.providers import SimulatorClock, Words
from tests.simulators.paypal_world import CLIENT_ID, CLIENT_SECRET, PayPalWorld
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.client import PayPalProvider
from tollgate.adapters.providers.paypal.refund_client import PayPalRefunds
from tollgate.adapters.providers.paypal.webhooks import PayPalEvents
from tollgate.checkout.ports import Closed
from tollgate.payments.model import Session
from tollgate.payments.ports import PaymentKey
from tollgate.payments.refunds import RefundState


@dataclass
class AtPayPal:
    """What a buyer has agreed to is captured at once, as the capturer does it."""

    simulator: PayPalWorld
    words = Words(
        reader=PayPalEvents(),
        purchase=("PAYMENT.CAPTURE.COMPLETED",),
        refund="PAYMENT.CAPTURE.REFUNDED",
        dispute_taken="CUSTOMER.DISPUTE.CREATED",
        dispute_closed="CUSTOMER.DISPUTE.RESOLVED",
        made=RefundState.SUCCEEDED,
        dispute_fee=None,
    )

    def __post_init__(self) -> None:
        self.clock = SimulatorClock(self.simulator.clock)
        secrets = MemorySecrets({"paypal/api": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}})
        api = PayPalApi(secrets, self.simulator.base)
        self.checkouts = PayPalProvider(api, self.clock, enabled=True, order_life=timedelta(hours=3))
        self.refunds = PayPalRefunds(api, self.clock)

    def approve(self, session: Session, instrument: str = "pays") -> None:
        self.simulator.control(f"orders/{session.reference}/approve", **{"with": instrument})

    def pay(self, session: Session) -> None:
        self.approve(session)
        assert isinstance(self.checkouts.capture(session, "key_c"), Closed)

    def promise(self, session: Session) -> None:
        self.approve(session, "waits")
        assert isinstance(self.checkouts.capture(session, "key_c"), Closed)

    def break_promise(self, session: Session) -> None:
        self.simulator.control(f"captures/{self.simulator.captures()[0]['id']}/settle", outcome="denied")

    def refund_at_dashboard(self, intent: str, amount: int) -> None:
        self.simulator.control(f"captures/{intent}/refund", value=f"{amount / 100:.2f}")

    def dispute(self, intent: str) -> str:
        return str(self.simulator.control(f"captures/{intent}/dispute")["dispute_id"])

    def win(self, dispute: str) -> None:
        self.simulator.control(f"disputes/{dispute}/resolve", outcome="RESOLVED_SELLER_FAVOUR")

    def advance(self, by: timedelta) -> None:
        self.simulator.clock.offset += by.total_seconds()

    def owner_of(self, intent: str) -> PaymentKey | None:
        return self.checkouts.owner_of(intent.replace("_", "-"))

    def told(self, *types: str) -> list[tuple[str, bytes]]:
        self.simulator.inbox.wait_for(*types)
        heard = zip(self.simulator.inbox.types(), (body for body, _ in self.simulator.inbox.taken), strict=False)
        return [(type_, body) for type_, body in heard if type_ in types]
