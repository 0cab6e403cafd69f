"""A deployment with everything around it: buyers who insist, a provider that delivers again, streams, a clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.simulators.world import KEY, SECRET
from tests.support.crashing_client import TENANT, Purchase, passing
from tests.support.crashing_holds import banks_that_may_refuse
from tests.support.crashing_square import Square, a_square
from tests.support.crashing_streams import Feed, Queue, queued
from tests.support.crashing_stripe import Money, Stripe, a_stripe
from tests.support.crashing_webhooks import SUBSCRIBED, Delivery
from tests.support.crashing_wire import Crashed, Fault, Wire, a_wire, printing_to
from tests.support.deployment import Answer, Deployment, deployment
from tests.support.domain_clock import DomainClock
from tests.support.engine import Engine
from tests.support.promises import hold_answer
from tests.support.requests import a_checkout, context, http_event, new_key, token
from tests.support.sweeping import swept
from tollgate.adapters.dynamodb.ledger_items import KIND as ENTRY
from tollgate.runtime.capture_work import Captures
from tollgate.runtime.refund_work import GiveBack
from tollgate.statistics.model import OUTCOME_OF

# Past the 15 minutes after which an open payment is looked at, and within the hour that a refusal is kept.
UNTIL_RECONCILED = 20 * 60
# What happened so long before a point began was another point's.
BEFORE = timedelta(hours=1)
# A client gives up after this many tries; with Retry-After honoured, the third finds the lease passed.
MOST_TRIES = 8
QUIET_AFTER = 25


@dataclass
class World:
    """One deployment for many points; each starts with `begin`."""

    deployed: Deployment
    stripe: Stripe
    wire: Wire
    clock: DomainClock
    # Only where there is another provider to go to.
    square: Square | None = None
    purchase: Purchase = field(default_factory=Purchase)
    # The events of Stripe's that are delivered, by how their types begin. Without any, nobody's are.
    subscribed: tuple[str, ...] = SUBSCRIBED
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    mock_money: list[Money] = field(default_factory=list)
    # What the functions log and measure.
    printed: StringIO = field(default_factory=StringIO)
    # What earlier points were about: the reconciler may still speak of it.
    past: set[str] = field(default_factory=set)
    others: dict[str, ModuleType] = field(default_factory=dict)
    _heard: int = 0
    _posted: int = 0
    # When the point began, until its first run of the reconciler.
    _began: datetime | None = None

    def __post_init__(self) -> None:
        self.core = Feed(self.deployed, self.wire, "CORE_TABLE", lambda records: self._consume("event_relay", records))
        self.inbox = Feed(
            self.deployed, self.wire, "INBOX_TABLE", lambda records: self._consume("inbox_consumer", records)
        )
        self.captures = Queue(self.wire, self.invoke, "capturer", Captures.types)
        self.returns = Queue(self.wire, self.invoke, "refunder", GiveBack.types)

    def begin(self) -> None:
        """Leave behind all that was: another user, another payment."""
        self.core.look()
        self.past |= {record["dynamodb"]["Keys"]["pk"]["S"].rpartition("#")[2] for record in self.core.seen}
        self.core.skip()
        self.inbox.skip()
        self.stripe.begin()
        if self.square:
            self.square.begin()
        self.wire.published.clear()
        self.wire.asked.clear()
        self.printed.seek(0)
        self.printed.truncate()
        self._heard = self._posted = 0
        self.captures.begin()
        self.returns.begin()
        self._began = datetime.fromtimestamp(self.clock.now(), UTC)
        self.purchase, self.deliveries, self.mock_money, self.subscribed = Purchase(), {}, [], SUBSCRIBED

    # --- functions ---

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """One invocation."""
        return self.within(function, lambda instance: instance.handler(dict(event), context()))

    def within(self, function: str, work: Callable[[ModuleType], Any]) -> Any:
        """What an instance does. One that crashed is thrown away, and whatever it answered is not heard."""
        modules = self.deployed.modules
        try:
            with self.wire.inside(function), printing_to(self.printed):
                answer = work(self.deployed.function(function))
        except Crashed:
            modules.pop(function, None)
            raise
        if self.wire.dead:
            modules.pop(function, None)
            raise Crashed
        return answer

    @contextmanager
    def another_instance(self) -> Iterator[None]:
        """The functions as other instances of them, while these ones stand still."""
        modules, self.deployed.modules = self.deployed.modules, self.others
        try:
            yield
        finally:
            self.deployed.modules = modules

    def die_at(self, call: str, fault: Fault, act: Callable[[World], object]) -> None:
        """A try that ends at its first call of that name. Another instance was hit: the ones at hand stay warm."""
        modules = dict(self.deployed.modules)
        at_that_call = replace(fault, fits=lambda made: made.name == call, lasting=True)
        try:
            with self.wire.armed(0, at_that_call):
                act(self)
        except Crashed:
            self.deployed.modules.update(modules)
        else:
            raise AssertionError(f"it never came to {call}")

    def warm(self) -> None:
        """What an instance reads once is read, so that its calls have the usual numbers; then as if nothing was."""
        self.insist(self.purchase)
        self.begin()

    def cold(self, function: str) -> None:
        """The next invocation is the first of its instance."""
        self.deployed.modules.pop(function, None)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        function: str = "checkout_api",
    ) -> Answer:
        """One request to the API, as the purchase's user."""
        sent = {"content-type": "application/json", "authorization": f"Bearer {self._token()}", **(headers or {})}
        data = json.dumps(body).encode() if body is not None else b""
        answer = self.invoke(function, http_event(method, path, sent, "", data))
        many = {name.lower(): values[0] for name, values in (answer.get("multiValueHeaders") or {}).items()}
        told = many | {name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
        hold_answer(method, path, answer["statusCode"], told, json.loads(answer["body"]))
        return Answer(answer["statusCode"], json.loads(answer["body"]), told)

    def _token(self) -> str:
        return token(self.purchase.user, TENANT, "user")

    def _consume(self, function: str, records: list[dict[str, Any]]) -> Any:
        """An error of the function fails the whole batch."""
        try:
            return self.invoke(function, {"Records": records})
        except Exception:  # noqa: BLE001 - whatever it is, Lambda sends the batch again
            return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}

    # --- clients ---

    def ask(self, purchase: Purchase) -> Answer:
        """The client asks once for a checkout."""
        body = a_checkout(method=purchase.method, tenders=purchase.tenders or None)
        return purchase.hear(self.call("POST", "/payments/checkout", body, {"idempotency-key": purchase.key}))

    def insist(self, purchase: Purchase) -> None:
        """The client asks with the same key until it has its answer, and once more."""
        self.until_answered(lambda: self.ask(purchase))
        self.ask(purchase)

    def until_answered(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again and again, and wait as long as each answer says."""
        answer = ask()
        for _ in range(MOST_TRIES):
            if not passing(answer):
                break
            self.clock.advance(float(answer.headers.get("retry-after", 1)))
            answer = ask()
        return answer

    # --- the provider ---

    def tell(self, provider: str, event: Mapping[str, Any]) -> None:
        """The provider has something to say; it is delivered later. What was captured, it holds."""
        self.deliveries[event["id"]] = Delivery(provider, json.dumps(event).encode())
        if event["type"] == "captured":
            money = Money(event["payment"], event["capture"], event["amount"], "mock")
            self.mock_money += [money] if money not in self.mock_money else []

    def listen(self) -> list[Delivery]:
        """Everything that has not been acknowledged, in the order it happened."""
        for event_id, payload in self.stripe.webhooks(self.subscribed):
            self.deliveries.setdefault(event_id, Delivery("stripe", payload))
        for event_id, payload in self.square.webhooks() if self.square and self.subscribed else ():
            self.deliveries.setdefault(event_id, Delivery("square", payload))
        return [each for each in self.deliveries.values() if not each.acknowledged]

    def deliver(self, delivery: Delivery) -> None:
        """One try of one webhook."""
        try:
            answer = self.invoke("provider_webhook", delivery.request())
        except Exception:  # noqa: BLE001 - an error of the function is a 502 to the provider
            return
        delivery.acknowledged = 200 <= answer["statusCode"] < 300

    def deliver_all(self) -> bool:
        """Every webhook until it is acknowledged; whether there was any."""
        waiting = self.listen()
        for delivery in waiting:
            for _ in range(MOST_TRIES):
                if not delivery.acknowledged:
                    self.deliver(delivery)
        return bool(waiting)

    # --- subscribers ---

    def hear(self) -> bool:
        """What the bus took reaches the queue of the counters; whether there was anything."""
        new, self._heard = self.wire.published[self._heard :], len(self.wire.published)
        records = queued([entry for entry in new if entry["DetailType"] in OUTCOME_OF])
        if records:
            answer = self.invoke("stats_counter", {"Records": records})
            assert answer == {"batchItemFailures": []}, answer
        return bool(new)

    def project(self) -> bool:
        """What was posted reaches the ledger's projector, the second reader of its stream; whether there was any."""
        self.core.look()
        new, self._posted = self.core.seen[self._posted :], len(self.core.seen)
        entries = [record for record in new if record["dynamodb"].get("NewImage", {}).get("kind") == {"S": ENTRY}]
        if entries:
            answer = self.invoke("ledger_projector", {"Records": entries})
            assert answer == {"batchItemFailures": []}, answer
        return bool(entries)

    # --- time ---

    def flow(self) -> None:
        """Webhooks, streams and subscribers, until everything is quiet."""
        for _ in range(QUIET_AFTER):
            busy = [self.deliver_all(), self.inbox.drain(), self.core.drain(), self.project(), self.hear()]
            busy += [self.captures.deliver(), self.returns.deliver()]
            if not any(busy):
                return
        raise AssertionError("it never becomes quiet")

    def reconcile(self, after: float = UNTIL_RECONCILED) -> dict[str, Any]:
        """The reconciler's next run, by default when everything that hangs is overdue; what it tells of it. Whatever
        was before the point, it has been over.
        """
        if self._began:
            swept(self.deployed, self._began - BEFORE, *(["square"] if self.square else []))
            self._began = None
        self.clock.advance(after)
        return dict(self.invoke("reconciler", {"source": "aws.events", "detail-type": "Scheduled Event"}))


@contextmanager
def a_world(engine: Engine, folder: Path, *, with_square: bool = False) -> Iterator[World]:
    """Start all of it; ends with the block. What the functions print is kept until the next point begins."""
    clock = DomainClock(folder / "clock")
    clock.advance(0)
    with (
        a_wire() as wire,
        banks_that_may_refuse(),
        a_stripe(folder, wire, lambda: clock.offset) as stripe,
        a_square(wire, lambda: clock.offset) if with_square else nullcontext() as square,
        deployment(
            engine,
            STRIPE_API_BASE=stripe.base,
            TOLLGATE_CLOCK_FILE=str(clock.file),
            # Loggers are kept by their name, with the output that they were made with.
            POWERTOOLS_SERVICE_NAME=f"crashing-{new_key()}",
            **(square.settings if square else {}),
        ) as deployed,
    ):
        manager = deployed.client("secretsmanager")
        values = {"stripe/api": {"secret_key": KEY}, "stripe/webhook": {"signing_secrets": [SECRET]}}
        for name, value in values.items():
            manager.put_secret_value(SecretId=f"{deployed.prefix}/{name}", SecretString=json.dumps(value))
        if square:
            square.fill_secrets(deployed)
        deployed.client("events").create_event_bus(Name=deployed.environment["EVENT_BUS"])
        yield World(deployed, stripe, wire, clock, square)
