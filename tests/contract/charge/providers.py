"""The providers that one suite of promises about direct charges runs on: the mock, and Stripe's adapter and SDK against
its simulator over a socket. Others stand beside, a file each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

import stripe

from tests.contract.provider.providers import SimulatorClock
from tests.simulators.world import KEY, free_port, wait_until
from tests.simulators.world import World as Simulator
from tests.support.builders import NOW, a_draft, a_provider_event
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.adapters.providers.mock.client import MockBehaviour, MockProvider
from tollgate.adapters.providers.stripe.charge_transformers import capture_of
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeProvider,
    ChargeRequest,
    Declined,
    OnItsWay,
    ResolveOutcome,
    Taken,
)
from tollgate.inbox.model import Notice
from tollgate.kernel.clock import Clock, FixedClock
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Session
from tollgate.payments.refunds import Refund, RefundState
from tollgate.refunds.ports import Answered

type Kind = Literal["ok", "soft", "hard", "fix_input", "unknown", "challenge", "processing"]
# What may go wrong with one request for a charge: the money is taken, or not, and we do not hear which.
type Fault = Literal["answer lost", "500 after the work", "500 before the work", "503", "connection torn"]
FAULTS: tuple[Fault, ...] = ("answer lost", "500 after the work", "500 before the work", "503", "connection torn")

BACK = "https://shop.example/back"


class Charging(Protocol):
    """A provider's port for charges. `unreachable` is the same where nobody listens."""

    name: str

    @property
    def clock(self) -> Clock: ...
    @property
    def adapter(self) -> ChargeProvider: ...
    @property
    def unreachable(self) -> ChargeProvider: ...

    def source_for(self, kind: Kind) -> str:
        """A token that comes to this; `challenge` wants its buyer, if there is one."""

    def taken(self, payment: Payment) -> list[Capture]:
        """What the provider really took for a payment."""

    def advance(self, minutes: int) -> None: ...


class Afterwards(Charging, Protocol):
    """One that keeps what it did, tells of it, and can fail."""

    def fault(self, kind: Fault) -> None:
        """For the next request that would charge."""

    def settle(self, session: Session, *, succeeded: bool) -> None:
        """What was processing ends."""

    def give_back(self, payment: Payment, amount: int) -> None:
        """By the adapter for refunds."""

    def told(self, fact: Fact) -> Notice:
        """The first of its events that says so to us, once it has come."""


class Confirming(Afterwards, Protocol):
    """One with a page on which a buyer confirms."""

    def confirm(self, session: Session, *, passed: bool) -> None:
        """The buyer at the bank's page."""


@dataclass
class AtMock:
    """It keeps nothing: what it took is what it said that it took."""

    name = "mock"
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    made: dict[str, dict[str, Capture]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.adapter = _Remembering(_mock(self.clock), self.made)
        self.unreachable = MockCharges(_mock(self.clock, failure_basis_points=10_000))

    def source_for(self, kind: Kind) -> str:
        return kind

    def taken(self, payment: Payment) -> list[Capture]:
        return list(self.made.get(payment.id, {}).values())

    def advance(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))


def _mock(clock: Clock, **behaviour: int) -> MockProvider:
    return MockProvider(
        clock, enabled=True, page="http://127.0.0.1/mock", behaviour=MockBehaviour(**behaviour), sleep=lambda _: None
    )


class _Remembering(MockCharges):
    def __init__(self, mock: MockProvider, made: dict[str, dict[str, Capture]]) -> None:
        super().__init__(mock)
        self._made = made

    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        outcome = super().charge(parameters, key)
        if isinstance(outcome, Taken):
            kept = self._made.setdefault(json.loads(parameters)["payment"], {})
            kept[outcome.capture.reference] = outcome.capture
        return outcome


_TOKENS: dict[Kind, str] = {
    "ok": "pm_card_visa",
    "soft": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "hard": "pm_card_chargeDeclinedExpiredCard",
    "fix_input": "pm_card_chargeDeclinedIncorrectCvc",
    "unknown": "pm_unheard_of",
    "challenge": "pm_card_threeDSecure2Required",
    "processing": "pm_card_simulatedProcessing",
}
# In a simulator's words.
FAULT_ORDERS: dict[Fault, dict[str, str]] = {
    "answer lost": {"kind": "drop"},
    "500 after the work": {"kind": "500", "work": "first"},
    "500 before the work": {"kind": "500", "work": "never"},
    "503": {"kind": "503"},
    "connection torn": {"kind": "reset"},
}


@dataclass
class AtStripe:
    """Over the SDK."""

    name = "stripe"
    simulator: Simulator

    def __post_init__(self) -> None:
        self.clock = SimulatorClock(self.simulator.clock)
        self.client = self._client_of(self.simulator.base)
        self.adapter = StripeCharges(self.client, self.clock)
        self.unreachable = StripeCharges(self._client_of(f"http://127.0.0.1:{free_port()}"), self.clock)

    def _client_of(self, base: str) -> Callable[[], stripe.StripeClient | None]:
        secrets = MemorySecrets({"stripe/api": {"secret_key": KEY}})
        return StripeProvider(secrets, self.clock, enabled=True, api_base=base).client

    def source_for(self, kind: Kind) -> str:
        return _TOKENS[kind]

    def taken(self, payment: Payment) -> list[Capture]:
        intents: Any = self.simulator.client.v1.payment_intents.list(params={"limit": 100}).data
        ours = [each for each in intents if each.to_dict()["metadata"].get("tollgate_payment") == payment.id]
        return [capture_of(each.to_dict()) for each in ours if each.status == "succeeded"]

    def fault(self, kind: Fault) -> None:
        self.simulator.control("api/faults", method="POST", path="/v1/payment_intents", **FAULT_ORDERS[kind])

    def confirm(self, session: Session, *, passed: bool) -> None:
        outcome = "succeeded" if passed else "failed"
        self.simulator.control(f"payment_intents/{session.reference}/authenticate", outcome=outcome)

    def settle(self, session: Session, *, succeeded: bool) -> None:
        outcome = "succeeded" if succeeded else "failed"
        self.simulator.control(f"payment_intents/{session.reference}/settle_async", outcome=outcome)

    def advance(self, minutes: int) -> None:
        self.simulator.clock.offset += 60 * minutes

    def give_back(self, payment: Payment, amount: int) -> None:
        refund = Refund(derived("ref", payment.id), amount, RefundState.REQUESTED, payment.captures[0].reference, NOW)
        refunds = StripeRefunds(self.client)
        assert isinstance(refunds.refund(refunds.refund_parameters(payment, refund), "key_r"), Answered)

    def told(self, fact: Fact) -> Notice:
        wait_until(lambda: any(each.report.fact is fact for each in self._notices()), fact)
        return next(each for each in self._notices() if each.report.fact is fact)

    def _notices(self) -> Iterator[Notice]:
        reader, heard = StripeEvents(), self.simulator.receiver
        for type_, body in zip(heard.types(), list(heard.bodies), strict=False):
            notice = reader.read(a_provider_event(type=type_, payload=body))
            if isinstance(notice, Notice):
                yield notice


def a_sale(provider: Charging, name: str = "1", amount: int = 5_000) -> Payment:
    """A draft of our own, made now."""
    return a_draft(name, amount=Money(amount, "USD"), created_at=provider.clock.now(), provider=provider.name)


def parameters(
    provider: Charging, payment: Payment, kind: Kind = "ok", *, back: str | None = None, off_session: bool = False
) -> str:
    request = ChargeRequest({provider.name: provider.source_for(kind)}, return_url=back, off_session=off_session)
    return provider.adapter.charge_parameters(payment, request)


def key_of(payment: Payment, attempt: int = 1) -> str:
    return payment.provider_key("charge", attempt)


def charged(
    provider: Charging, payment: Payment, kind: Kind = "ok", *, back: str | None = None, off_session: bool = False
) -> ChargeOutcome:
    wanted = parameters(provider, payment, kind, back=back, off_session=off_session)
    return provider.adapter.charge(wanted, key_of(payment))


def resolved(provider: Charging, payment: Payment, kind: Kind = "ok", *, back: str | None = None) -> ResolveOutcome:
    """What is known of a charge that was made when the payment was."""
    wanted, age = parameters(provider, payment, kind, back=back), provider.clock.now() - payment.created_at
    return provider.adapter.resolve(payment, wanted, key_of(payment), age)


def gist_of(outcome: ChargeOutcome | ResolveOutcome) -> object:
    """What must be the same whoever tells it, and when."""
    match outcome:
        case Taken(capture):
            return ("taken", capture.reference, capture.amount)
        case OnItsWay(session):
            return ("on its way", session.reference)
        case Declined(decline):
            return ("declined", decline)
    return outcome
