"""Square's adapter for charges against its simulator over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.contract.charge.providers import FAULT_ORDERS, Fault, Kind
from tests.contract.provider.providers import SimulatorClock
from tests.simulators.square_world import LOCATION, TOKEN, SquareWorld
from tests.simulators.world import free_port, wait_until
from tests.support.builders import NOW, a_provider_event
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.charges import SquareCharges
from tollgate.adapters.providers.square.payments import COMPLETED, capture_of
from tollgate.adapters.providers.square.refund_client import SquareRefunds
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.inbox.model import Notice
from tollgate.kernel.clock import from_iso
from tollgate.kernel.ids import derived
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Session
from tollgate.payments.refunds import Refund, RefundState
from tollgate.refunds.ports import Answered

_TOKENS: dict[Kind, str] = {
    "ok": "CUSTOMER/ccof:customer-card-id-ok",
    "soft": "cnon:card-nonce-insufficient-funds",
    "hard": "cnon:card-nonce-expired",
    "fix_input": "cnon:card-nonce-rejected-cvv",
    "unknown": "cnon:unheard-of",
    "challenge": "cnon:card-nonce-requires-verification",
    "processing": "cnon:card-nonce-pending",
}


@dataclass
class AtSquare:
    """Over its REST API."""

    name = "square"
    simulator: SquareWorld

    def __post_init__(self) -> None:
        self.clock = SimulatorClock(self.simulator.clock)
        self.api = self._api_at(self.simulator.base)
        self.adapter = SquareCharges(self.api, self.clock, {"USD": LOCATION})
        nobody = self._api_at(f"http://127.0.0.1:{free_port()}")
        self.unreachable = SquareCharges(nobody, self.clock, {"USD": LOCATION})

    def _api_at(self, base: str) -> SquareApi:
        return SquareApi(MemorySecrets({"square/api": {"access_token": TOKEN}}), base)

    def source_for(self, kind: Kind) -> str:
        return _TOKENS[kind]

    def taken(self, payment: Payment) -> list[Capture]:
        ours = [each for each in self.simulator.state("payments") if each["reference_id"] == payment.id]
        return [capture_of(each, from_iso(each["created_at"])) for each in ours if each["status"] == COMPLETED]

    def fault(self, kind: Fault) -> None:
        self.simulator.control("api/faults", method="POST", path="/v2/payments", **FAULT_ORDERS[kind])

    def settle(self, session: Session, *, succeeded: bool) -> None:
        outcome = "COMPLETED" if succeeded else "FAILED"
        self.simulator.control(f"payments/{session.reference}/settle", outcome=outcome)

    def advance(self, minutes: int) -> None:
        self.simulator.clock.offset += 60 * minutes

    def give_back(self, payment: Payment, amount: int) -> None:
        refund = Refund(derived("ref", payment.id), amount, RefundState.REQUESTED, payment.captures[0].reference, NOW)
        refunds = SquareRefunds(self.api, self.clock)
        assert isinstance(refunds.refund(refunds.refund_parameters(payment, refund), "key_r"), Answered)

    def told(self, fact: Fact) -> Notice:
        wait_until(lambda: any(each.report.fact is fact for each in self._notices()), fact)
        return next(each for each in self._notices() if each.report.fact is fact)

    def _notices(self) -> Iterator[Notice]:
        reader = SquareEvents()
        for name, body, _ in self.simulator.receiver.told():
            notice = reader.read(a_provider_event(type=name.partition(" ")[0], payload=body))
            if notice is not None:
                yield notice
