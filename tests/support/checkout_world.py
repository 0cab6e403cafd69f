"""The checkout and inbox rooms on fakes, with a provider whose answers a test writes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_session
from tests.support.fakes import CountingIds, MemoryCatalog
from tests.support.memory.idempotency import MemoryIdempotency
from tests.support.memory.inbox import MemoryInbox, MemoryParking
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tests.support.without_tenders import plain_drafting, plain_recorder
from tollgate.checkout.charge_ports import ChargeProvider
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.pages import with_page
from tollgate.checkout.ports import (
    Absent,
    CaptureOutcome,
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    CloseOutcome,
    FindOutcome,
    LookOutcome,
    Opened,
    OpenOutcome,
    Recovery,
    Rejected,
    Replay,
    SeenSession,
    StillOpen,
    Unknown,
)
from tollgate.checkout.presentation import present
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.ways import Charges, Pages, Ways
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.idempotency import Response
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import Recorded
from tollgate.routing.ports import Circuits
from tollgate.routing.router import Offer

FIRST_KEY = "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"


class Killed(BaseException):
    """A function's end, at any point: nothing of ours catches it."""


def kill() -> None:
    raise Killed


def at_commit(number: int, act: Callable[[], object]) -> Callable[[int], None]:
    """For `MemoryUnitOfWork.before`: act once, just before that commit."""

    def before(commit: int) -> None:
        if commit == number:
            act()

    return before


class ScriptedProvider(CheckoutProvider):
    """Keeps its promises about keys as Stripe does: one session per key, and other parameters are refused.

    `script` holds what the next calls answer instead; `meanwhile` runs while the provider works, after it has made the
    session.
    """

    def __init__(self, name: str = "stripe") -> None:
        self._name = name
        self.sessions: dict[str, tuple[str, Session]] = {}
        self.script: list[OpenOutcome | None] = []
        self.ending: CloseOutcome = Closed(Report(Fact.EXPIRED, NOW))
        self.opened: list[tuple[str, str]] = []
        self.closed: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.window = timedelta(hours=23)
        self.declared: Recovery = Replay(self.window)
        self.found: FindOutcome = Absent()
        self.looks: LookOutcome = StillOpen()
        self.listed: list[SeenSession] = []
        # What is answered by key; the same each time, as if it had been done once.
        self.takes: Callable[[str], CaptureOutcome] = lambda _: Unknown("no test says")
        self.taken: list[str] = []

    @property
    def offer(self) -> Offer:
        return Offer(self._name, frozenset({"card"}))

    @property
    def recovery(self) -> Recovery:
        return self.declared

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return json.dumps({"payment": payment.id, "amount": payment.amount.amount, "success": request.success_url})

    def open(self, parameters: str, key: str) -> OpenOutcome:
        self.opened.append((parameters, key))
        known = self.sessions.setdefault(key, (parameters, a_session(f"cs_{len(self.sessions) + 1}")))
        self.meanwhile()
        scripted = self.script.pop(0) if self.script else None
        if scripted is not None:
            return scripted
        return Opened(known[1]) if known[0] == parameters else Rejected("idempotency_error")

    def find(self, payment: Payment) -> FindOutcome:
        return self.found

    def look(self, session: Session) -> LookOutcome:
        return self.looks

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        return (seen for seen in self.listed if since <= seen.created_at < until)

    def close(self, session: Session) -> CloseOutcome:
        self.closed.append(session.reference)
        return self.ending

    def capture(self, session: Session, key: str) -> CaptureOutcome:
        self.taken.append(key)
        outcome = self.takes(key)
        self.meanwhile()
        return outcome


@dataclass
class CheckoutWorld:
    """One deployment in memory."""

    store: MemoryStore = field(default_factory=MemoryStore)
    catalog: MemoryCatalog = field(default_factory=MemoryCatalog)
    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    others: tuple[ScriptedProvider, ...] = ()
    charges: dict[str, ChargeProvider] = field(default_factory=dict)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    circuits: Circuits | None = None

    def __post_init__(self) -> None:
        self.unit_of_work = MemoryUnitOfWork(self.store)
        self.payments = MemoryPayments(self.store)
        self.parking = MemoryParking(self.store, self.unit_of_work)
        self.idempotency = MemoryIdempotency(self.store)
        self.inbox = MemoryInbox(self.store, self.unit_of_work)
        self.recorder = plain_recorder(self.payments, self.parking, self.unit_of_work, self.clock)
        self.opening = self.another_opening()
        self.desk = CheckoutDesk(
            payments=self.payments,
            recorder=self.recorder,
            ways=self.ways,
            clock=self.clock,
        )

    @property
    def ways(self) -> Ways:
        return Ways(Pages(self.providers), Charges(self.charges))

    @property
    def providers(self) -> dict[str, CheckoutProvider]:
        return {each.offer.provider: each for each in (self.provider, *self.others)}

    def another_opening(self) -> CheckoutOpening:
        """A second instance of the function, on the same store."""
        return CheckoutOpening(
            payments=self.payments,
            parked=self.parking,
            idempotency=self.idempotency,
            drafting=plain_drafting(list(self.providers.values()), self.clock, self.catalog, self.ways, self.circuits),
            recorder=self.recorder,
            ways=self.ways,
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            ids=self._ids,
        )

    _ids: CountingIds = field(default_factory=CountingIds)

    def create(self, **fields: Any) -> Response:
        return self.opening.create(a_wish(**fields), present)

    def killed(self) -> None:
        """A try that ends wherever the test has put `kill`; afterwards the world is as before."""
        with pytest.raises(Killed):
            self.create()
        self.provider.meanwhile = lambda: None
        self.unit_of_work.before = lambda _: None

    def payment(self) -> Payment:
        """The only one there is."""
        (found,) = self.store.of("payment")
        assert isinstance(found, Payment)
        return found

    def shown(self) -> Payment:
        """The same with the address of its page, as those see it who show it."""
        return with_page(self.payments, self.payment())

    def record(self, report: Report) -> Recorded:
        """A fact that comes from elsewhere, a webhook for instance."""
        return self.recorder.record(self.payment(), report)

    def history(self) -> list[str]:
        """The types of the only payment's events, in order."""
        payment = self.payment()
        return [event["type"] for event in self.payments.history(PaymentKey(payment.tenant, payment.id))]


def a_wish(**fields: Any) -> CreateCheckout:
    """A wish to buy two tickets."""
    basket = fields.get("basket", (BasketItem("concert_ticket", 2),))
    defaults: dict[str, Any] = {
        "tenant": "demo",
        "owner": "user-1",
        "operation": "checkout.create",
        "key": FIRST_KEY,
        "body": {"items": [[item.code, item.quantity] for item in basket]},
        "basket": basket,
        "method": "card",
        "request": CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart"),
    }
    return CreateCheckout(**(defaults | fields))


def another_key() -> str:
    return str(uuid.uuid4())
