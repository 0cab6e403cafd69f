"""The providers that one suite of promises runs on: the books of the simulation, and Stripe's own adapters and SDK
against its simulator over a socket. Others stand beside, a file each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from tests.simulation.stripe_adapters import SimulatedCheckouts, SimulatedPayouts, SimulatedRefunds
from tests.simulation.stripe_books import StripeBooks
from tests.simulators.world import KEY
from tests.simulators.world import World as Simulator
from tests.support.builders import NOW, a_capture, a_draft, usd
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.payout_client import StripePayouts
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.checkout.ports import CheckoutProvider, CheckoutRequest, Closed, Opened
from tollgate.inbox.ports import EventReader
from tollgate.kernel.clock import Clock, FixedClock
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.model import Payment, Session
from tollgate.payments.ports import PaymentKey
from tollgate.payments.refunds import Refund, RefundState
from tollgate.payouts.model import Payout, PayoutState
from tollgate.payouts.providers import PayoutProvider
from tollgate.refunds.ports import RefundProvider

# Those that do once what they are told twice under one key, and tell how it ends.
KEYED = ["books", "stripe", "square", "paypal"]
LISTING = pytest.mark.parametrize("provider", ["books", "stripe", "square"], indirect=True)
EVERYWHERE = pytest.mark.parametrize("provider", [*KEYED, "segpay"], indirect=True)
AT_SEGPAY = pytest.mark.parametrize("provider", ["segpay"], indirect=True)
AT_PAYPAL = pytest.mark.parametrize("provider", ["paypal"], indirect=True)
PAGES = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")


@dataclass(frozen=True)
class Words:
    """How a provider says what all of them say: the events of a purchase, of a refund that was made, and of a dispute
    that begins and ends; how a refund stands right after it was asked for, and what a dispute costs.
    """

    reader: EventReader
    purchase: tuple[str, ...]
    refund: str
    dispute_taken: str
    dispute_closed: str
    made: RefundState
    dispute_fee: Money | None


STRIPES = Words(
    reader=StripeEvents(),
    purchase=("payment_intent.succeeded", "checkout.session.completed"),
    refund="refund.created",
    dispute_taken="charge.dispute.funds_withdrawn",
    dispute_closed="charge.dispute.closed",
    made=RefundState.SUCCEEDED,
    dispute_fee=usd(1_500),
)


class AnyProvider(Protocol):
    """What every provider has: pages that are paid, and refunds."""

    @property
    def clock(self) -> Clock: ...
    @property
    def checkouts(self) -> CheckoutProvider: ...
    @property
    def refunds(self) -> RefundProvider: ...

    def pay(self, session: Session) -> None:
        """A buyer pays with a card."""

    def advance(self, by: timedelta) -> None: ...
    def owner_of(self, intent: str) -> PaymentKey | None: ...


class Provider(AnyProvider, Protocol):
    """One that tells what buyers and banks do, in words of its own."""

    @property
    def words(self) -> Words: ...

    def promise(self, session: Session) -> None:
        """A buyer pays in a way that takes days."""

    def break_promise(self, session: Session) -> None:
        """The days are over, and the money does not come."""

    def refund_at_dashboard(self, intent: str, amount: int) -> None: ...
    def dispute(self, intent: str) -> str:
        """All of it; the dispute's id."""

    def win(self, dispute: str) -> None: ...
    def told(self, *types: str) -> list[tuple[str, bytes]]:
        """The events of these types so far, once each of them has come: type and bytes."""


class PayingProvider(Provider, Protocol):
    """One that pays sellers out, too."""

    @property
    def payouts(self) -> PayoutProvider: ...
    def account(self) -> str:
        """A seller's account that may be paid out."""

    def earn(self, amount: int) -> None:
        """What the platform can transfer."""

    def bank_takes(self, payout: str) -> None:
        """It arrives."""

    def bank_refuses(self, payout: str) -> None:
        """It comes back."""


@dataclass
class InBooks:
    """Of the simulation."""

    words = STRIPES

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.books = StripeBooks(self.clock)
        self.checkouts = SimulatedCheckouts(self.books)
        self.refunds, self.payouts = SimulatedRefunds(self.books), SimulatedPayouts(self.books)

    def pay(self, session: Session) -> None:
        self.books.pay(self.books.sessions[session.reference], "card")

    def promise(self, session: Session) -> None:
        self.books.pay(self.books.sessions[session.reference], "bank")

    def break_promise(self, session: Session) -> None:
        self.books.clear(self.books.sessions[session.reference], succeeds=False)

    def account(self) -> str:
        return "acct_1"

    def earn(self, amount: int) -> None:
        """It has what its payments brought, and nobody asks for more."""

    def refund_at_dashboard(self, intent: str, amount: int) -> None:
        self.books.make_refund({"payment_intent": intent, "amount": amount})

    def bank_takes(self, payout: str) -> None:
        self.books.end_payout(self.books.payouts[payout], paid=True)

    def bank_refuses(self, payout: str) -> None:
        self.books.end_payout(self.books.payouts[payout], paid=False)

    def dispute(self, intent: str) -> str:
        self.books.dispute(self.books.intents[intent], self.books.intents[intent]["amount_received"])
        return list(self.books.disputes)[-1]

    def win(self, dispute: str) -> None:
        self.books.close_dispute(self.books.disputes[dispute], won=True)

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.books.pass_time()

    def owner_of(self, intent: str) -> PaymentKey | None:
        return self.checkouts.owner_of(intent)

    def told(self, *types: str) -> list[tuple[str, bytes]]:
        return [(each.type, each.payload) for each in self.books.events if each.type in types]


@dataclass
class SimulatorClock(Clock):
    """A simulator's own time."""

    seconds: Callable[[], float]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)


@dataclass
class AtStripe:
    """Over the SDK."""

    simulator: Simulator
    words = STRIPES

    def __post_init__(self) -> None:
        self.clock = SimulatorClock(self.simulator.clock)
        secrets = MemorySecrets({"stripe/api": {"secret_key": KEY}})
        self.checkouts = StripeProvider(secrets, self.clock, enabled=True, api_base=self.simulator.base)
        self.refunds, self.payouts = StripeRefunds(self.checkouts.client), StripePayouts(self.checkouts.client)

    def pay(self, session: Session) -> None:
        self.simulator.control(f"sessions/{session.reference}/pay")

    def promise(self, session: Session) -> None:
        self.simulator.control(f"sessions/{session.reference}/pay", method="bank_debit")

    def break_promise(self, session: Session) -> None:
        intent = self.simulator.client.v1.checkout.sessions.retrieve(session.reference).payment_intent
        self.simulator.control(f"payment_intents/{intent}/settle_async", outcome="failed")

    def account(self) -> str:
        return str(self.simulator.account().id)

    def earn(self, amount: int) -> None:
        self.simulator.earned(2 * amount + 1_000)

    def refund_at_dashboard(self, intent: str, amount: int) -> None:
        self.simulator.control(f"payment_intents/{intent}/refund", amount=amount)

    def bank_takes(self, payout: str) -> None:
        self.simulator.control(f"payouts/{payout}/settle", outcome="paid")

    def bank_refuses(self, payout: str) -> None:
        self.simulator.control(f"payouts/{payout}/settle", outcome="failed")

    def dispute(self, intent: str) -> str:
        return str(self.simulator.control(f"payment_intents/{intent}/dispute")["id"])

    def win(self, dispute: str) -> None:
        self.simulator.control(f"disputes/{dispute}/close", outcome="won")

    def advance(self, by: timedelta) -> None:
        self.simulator.clock.offset += by.total_seconds()

    def owner_of(self, intent: str) -> PaymentKey | None:
        return self.checkouts.owner_of(intent)

    def told(self, *types: str) -> list[tuple[str, bytes]]:
        self.simulator.receiver.wait_for(*types)
        heard = zip(self.simulator.receiver.types(), self.simulator.receiver.bodies, strict=False)
        return [(type_, body) for type_, body in heard if type_ in types]


def a_sale(provider: AnyProvider, amount: int = 5_000) -> Payment:
    """A draft of our own, made now."""
    return a_draft(amount=Money(amount, "USD"), created_at=provider.clock.now())


def opened(provider: AnyProvider, payment: Payment, key: str = "key_1") -> Session:
    outcome = provider.checkouts.open(provider.checkouts.parameters(payment, PAGES), key)
    assert isinstance(outcome, Opened)
    return outcome.session


def paid(provider: AnyProvider, payment: Payment) -> Payment:
    """With its capture, as the provider has it."""
    session = opened(provider, payment)
    provider.pay(session)
    looked = provider.checkouts.look(session)
    assert isinstance(looked, Closed)
    assert looked.report.capture is not None
    capture = replace(a_capture(looked.report.capture.reference, payment.amount), at=provider.clock.now())
    return replace(payment, session=session, captures=(capture,))


def a_refund(payment: Payment, amount: int, name: str = "1") -> Refund:
    (capture,) = payment.captures
    return Refund(derived("ref", name), amount, RefundState.REQUESTED, capture.reference, payment.created_at)


def a_payout(provider: PayingProvider, account: str, amount: int = 20_000, name: str = "1") -> Payout:
    now = provider.clock.now()
    return Payout(
        id=derived("pyt", name),
        tenant="demo",
        seller="ven_1",
        amount=amount,
        fee=0,
        currency="USD",
        instant=False,
        provider="stripe",
        account=account,
        state=PayoutState.REQUESTED,
        version=1,
        created_at=now,
        updated_at=now,
    )
