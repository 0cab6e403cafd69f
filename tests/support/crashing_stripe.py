"""Stripe's simulator in this process: its door is on the wire, its clock is the domain's, and its webhooks wait to be
fetched.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local.simulators.stripe import accounts, api, control_actions, control_money, faults
from local.simulators.stripe.app import create_app
from local.simulators.stripe.settings import StripeSimulatorSettings
from local.simulators.stripe.simulator import Simulator
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work
from tests.simulators.world import KEY, SECRET, a_client, free_port, served
from tests.support import crashing_billing as billing
from tests.support.crashing_billing import Contract, Invoice, Plan
from tests.support.crashing_door import Door, at_once
from tests.support.crashing_wire import Wire
from tollgate.adapters.providers.stripe.transport import Transport

CARD = "4242424242424242"
# As much as Stripe takes at once.
EARNED = 99_999_999
_ID = re.compile(r"\b[a-z]{2,4}_\w{14,}")


@dataclass(frozen=True, slots=True)
class Page:
    """A hosted page as its provider has it. `payment` is ours, as the provider echoes it."""

    reference: str
    payment: str
    status: str
    provider: str = "stripe"


@dataclass(frozen=True, slots=True)
class Money:
    """What a provider has taken for a payment of ours, in minor units."""

    payment: str
    reference: str
    amount: int
    provider: str = "stripe"


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge at once: `taken`, `held` where the money is only set aside, `ended` without any, or `open` for as long
    as it may still take some.
    """

    provider: str
    payment: str
    reference: str
    state: str


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer to a seller's account, or a payout from there to a bank. `payout` is ours, as Stripe echoes it;
    `returned` is what came back of it. Minor units.
    """

    payout: str
    reference: str
    account: str
    amount: int
    returned: int
    status: str = ""

    @property
    def on_its_way(self) -> bool:
        """Neither there nor back."""
        return self.status in ("pending", "in_transit")


@dataclass
class Stripe:
    """What buyers and Stripe itself do, and the truth about pages and money."""

    base: str
    simulator: Simulator
    # Nobody listens at its address: no connection is made.
    down: bool = False
    _objects: int = 0
    _webhooks: int = 0

    def begin(self) -> None:
        """What is told from now on begins here. Stripe forgets nothing: it may be asked about what was before."""
        self.calm()
        self.down = False
        self._objects = self._last("SELECT coalesce(max(seq), 0) FROM objects")
        self._webhooks = self._last("SELECT coalesce(max(id), 0) FROM deliveries")

    def calm(self) -> None:
        """Nothing goes wrong at its door any more."""
        self._do(control_actions.no_api_faults, "")

    def pay(self, session: str, card: str = CARD) -> None:
        """The buyer pays; nothing happens where the page is open no more."""
        if any(page.reference == session and page.status == "open" for page in self.pages()):
            self._do(control_actions.pay, session, card=card, method="card", email=None)

    def expire(self, session: str) -> None:
        """The page's time is over."""
        self._do(control_actions.expire, session)

    def webhooks(self, types: tuple[str, ...] = ("",)) -> list[tuple[str, bytes]]:
        """Every event of types that begin so, with its bytes, in the order they happened."""
        sql = "SELECT event, type, payload FROM deliveries WHERE id > ? ORDER BY id"
        rows = self.simulator.perform(lambda work: work.tx.execute(sql, (self._webhooks,)).fetchall())
        return [(row["event"], row["payload"].encode()) for row in rows if row["type"].startswith(types)]

    def pages(self) -> list[Page]:
        found = self._new("checkout.session")
        return [Page(each.id, each.body["client_reference_id"], each.body["status"]) for each in found]

    def money(self) -> list[Money]:
        """Of invoices, too, whose intents carry no mark of ours."""
        paid = [each for each in self._new("payment_intent") if each.body["amount_received"]]
        return [Money(self._paid_with(each), each.id, each.body["amount_received"]) for each in paid]

    def _paid_with(self, intent: Record) -> str:
        billed = intent.private.get("invoice")
        if billed is None:
            return str(intent.body["metadata"]["tollgate_payment"])
        return self.simulator.perform(lambda work: billing.payment_of(work.get("invoice", billed).body))

    def charges(self) -> list[Charge]:
        """The intents that belong to no page, and to no invoice."""
        found = self._new("payment_intent")
        made = [each.body for each in found if not (each.private.get("session") or each.private.get("invoice"))]
        return [Charge("stripe", body["metadata"]["tollgate_payment"], body["id"], _stands(body)) for body in made]

    def invoices(self) -> list[Invoice]:
        """Those of our subscriptions."""
        found = [each for each in self._new("invoice") if billing.bills_ours(each.body)]
        return self.simulator.perform(lambda work: [billing.invoice_of(work, each) for each in found]) if found else []

    def contracts(self) -> list[Contract]:
        """Our subscriptions there."""
        return [billing.contract_of(each) for each in self._new("subscription")]

    def subscribed(self, plan: Plan, start: datetime, declines: Sequence[str]) -> tuple[Mapping[str, Any], str]:
        """Somebody has a plan since then, and what was told of that is heard. The subscription, and the intent that
        paid its first period.
        """

        def subscribe(work: Work) -> tuple[Mapping[str, Any], str]:
            made = billing.subscribe(work, plan, CARD, start, declines)
            return made, billing.intent_of_first(work, made)

        return self.heard(subscribe)

    def heard[T](self, happens: Callable[[Work], T]) -> T:
        """Something happens there, and what was told of that is heard."""

        def happen(work: Work) -> T:
            happened = happens(work)
            self._webhooks = int(work.tx.execute("SELECT coalesce(max(id), 0) FROM deliveries").fetchone()[0])
            return happened

        return self.simulator.perform(happen)

    def silence(self, path: str) -> None:
        """Once it does what it is asked there, and gives no answer."""
        rule = {"kind": "drop", "times": 1, "method": "POST", "path": path, "seconds": 0.0, "work": None}
        self._do(control_actions.api_fault, "", **rule, retry_after=1)

    def authenticate(self, intent: str) -> None:
        """The buyer passes the bank's challenge."""
        self._do(control_actions.authenticate, intent, outcome="succeeded")

    def decide(self, intent: str, outcome: str) -> None:
        """The bank has taken its time, and says what becomes of it: `succeeded` or `failed`."""
        self._do(control_actions.settle_async, intent, outcome=outcome)

    def refunds(self) -> list[Money]:
        """What Stripe has given back of what it took, or is at; the reference is ours."""
        booked = [each.body for each in self._new("refund") if each.body["balance_transaction"]]
        gone = [each for each in booked if each["status"] in ("succeeded", "pending")]
        return [_given_back(body) for body in gone]

    def connected(self) -> str:
        """An account of a seller who was identified, and named a bank."""

        def make(work: Work) -> str:
            made = accounts.create(work, {}, {"type": "express"})
            accounts.enable(work, work.get("account", made["id"]))
            return str(made["id"])

        return self.simulator.perform(make)

    def transfers(self) -> list[Move]:
        """What the platform moved to sellers' accounts."""
        found = [each.body for each in self._new("transfer")]
        return [_moved(body, body["destination"], body["amount_reversed"]) for body in found]

    def payouts(self) -> list[Move]:
        """What sellers' accounts sent to their banks."""
        back = ("failed", "canceled")
        return [
            _moved(each.body, str(each.account), each.body["amount"] if each.body["status"] in back else 0)
            for each in self._new("payout", everywhere=True)
        ]

    def banks(self, outcome: str, payout: Move) -> None:
        """The bank has the money, or sends it back, even after that."""
        self._do(control_money.settle_payout, payout.reference, outcome=outcome, failure_code="account_closed")

    def _new(self, kind: str, *, everywhere: bool = False) -> list[Record]:
        newer = {"seq > ?": self._objects}

        def select(work: Work) -> list[Record]:
            return (work.tx.everywhere() if everywhere else work.tx).select(kind, newer, tail="ORDER BY seq")

        return self.simulator.perform(select)

    def _last(self, sql: str) -> int:
        return self.simulator.perform(lambda work: int(work.tx.execute(sql).fetchone()[0]))

    def _do(self, action: Callable[..., Any], identifier: str, **fields: Any) -> Any:
        return self.simulator.perform(lambda work: action(work, identifier, fields))


def _given_back(body: Mapping[str, Any]) -> Money:
    return Money(body["metadata"]["tollgate_payment"], body["metadata"]["tollgate_refund"], body["amount"])


def _stands(intent: Mapping[str, Any]) -> str:
    if intent["status"] == "succeeded":
        return "taken"
    if intent["status"] == "requires_capture":
        return "held"
    declined = intent["status"] == "requires_payment_method" and intent["last_payment_error"]
    return "ended" if declined or intent["status"] == "canceled" else "open"


def _moved(body: Mapping[str, Any], account: str, returned: int) -> Move:
    ours = body["metadata"]["tollgate_payout"]
    return Move(ours, body["id"], account, body["amount"], returned, body.get("status", ""))


@contextmanager
def a_stripe(folder: Path, wire: Wire, offset: Callable[[], float]) -> Iterator[Stripe]:
    """A simulator that runs in a thread. It need not survive anything, so that it does not wait for the disk."""
    port = free_port()
    app = create_app(
        StripeSimulatorSettings(
            database=folder / "stripe.sqlite",
            public_base=f"http://127.0.0.1:{port}",
            webhook_url="http://127.0.0.1:9/nobody",
            secret_keys=lambda: [KEY],
            signing_secrets=lambda: [SECRET],
            now=lambda: time.time() + offset(),
        )
    )
    simulator: Simulator = app.state.simulator
    simulator._store._connection.execute("PRAGMA synchronous = OFF")
    # Time passes with every piece of work, and webhooks are fetched: its thread would be woken by each for nothing.
    simulator._worker.stop()

    def order(kind: str, work: str, times: int) -> None:
        rule = {"kind": kind, "left": times, "method": None, "path": None, "seconds": 0.0, "work": work}
        simulator.perform(lambda unit: faults.order(unit.tx, {**rule, "retry_after": 1}))

    with served(Door("stripe", "/v1/", _ID, app, wire, order), port):
        stripe = Stripe(f"http://127.0.0.1:{port}", simulator)
        simulator.perform(lambda work: control_actions.pause(work, "", {}))
        _earn(stripe.base)
        with patch.object(Transport, "request", _to(stripe)), patch.object(api, "run_in_threadpool", at_once):
            yield stripe


def _to(stripe: Stripe) -> Callable[..., Any]:
    """What is sent while it is down goes where nobody listens."""
    request, nobody = Transport.request, f"http://127.0.0.1:{free_port()}"

    def sent(transport: Transport, method: str, url: str, *arguments: Any, **usage: Any) -> Any:
        return request(transport, method, url.replace(stripe.base, nobody) if stripe.down else url, *arguments, **usage)

    return sent


def _earn(base: str) -> None:
    """What the platform pays out from: one sale that is settled, before anything is looked at."""
    sale: Any = {"amount": EARNED, "currency": "usd", "payment_method": "pm_card_bypassPending", "confirm": True}
    assert a_client(base).v1.payment_intents.create(params=sale).status == "succeeded"
