"""A deployment as on a laptop, with a consumer on the same machine, and the deliverer as its queues call it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from local.simulators.consumer.app import PATH, ConsumerSimulatorSettings, create_app
from tests.functions.test_stats import message, messages
from tests.simulators.world import free_port, served
from tests.support.delivering import SECRET
from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import a_mock_event, context
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.routing import DynamoCircuits
from tollgate.deliveries.consumers import Consumer
from tollgate.kernel.clock import from_iso
from tollgate.routing.circuit import Cause, Circuit
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings

SINCE = from_iso("2026-01-01T00:00:00Z")


@dataclass
class Backend:
    """A consumer that can be told to fail."""

    base: str
    secrets: list[str] = field(default_factory=lambda: [SECRET])

    @property
    def url(self) -> str:
        return f"{self.base}{PATH}"

    def control(self, path: str, verb: str = "POST", **fields: Any) -> Any:
        answer = httpx.request(verb, f"{self.base}/control/{path}", json=fields or None, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> Any:
        return self.control("state", "GET")

    def heard(self, of: str) -> list[int]:
        """The sequences of an aggregate's events, in the order in which they were delivered."""
        state = self.state()
        events = {each["id"]: each["event"] for each in state["events"]}
        return [events[id_]["sequence"] for id_ in state["heard"] if events[id_]["aggregate"]["id"] == of]


@dataclass
class Delivered:
    """One deployment with its consumer."""

    deployed: Deployment
    backend: Backend
    clock_file: Path
    _applied: int = 0

    def listen(self, **fields: Any) -> None:
        """Write the consumer's item, and its secret, if there is none."""
        storage = open_storage(Settings.from_environment(self.deployed.environment))
        named = {"key": "funnel", "url": self.backend.url, "tenants": frozenset({"*"}), "types": frozenset()}
        consumer = Consumer(**{**named, "since": SINCE, **fields})
        DynamoConsumers(storage.core, storage.unit_of_work).put(consumer)

    def sold(self, *ends: str) -> str:
        """A payment's id, with all that became of it stored and not delivered."""
        checkout = self.deployed.checkout().body
        for end in ends or ("captured",):
            self.deployed.tell(a_mock_event(checkout, end))
        records = self.deployed.stream("INBOX_TABLE")
        self.deployed.function("inbox_consumer").handler({"Records": records[self._applied :]}, context())
        self._applied = len(records)
        return str(checkout["id"])

    def published(self, of: str) -> list[dict[str, Any]]:
        return messages(*self.deployed.events(of))

    def a_circuit_opened(self) -> dict[str, Any]:
        """The event of a provider that does not answer."""
        storage, now = open_storage(Settings.from_environment(self.deployed.environment)), datetime.now(UTC)
        opened, event = Circuit("mock").opened(Cause.CONSECUTIVE_FAILURES, now)
        storage.unit_of_work.commit(*DynamoCircuits(storage.core).put(opened, event))
        return event.envelope()

    def deliver(self, records: Sequence[dict[str, Any]], function: Any = None) -> list[str]:
        """The messages that stay in their queue."""
        answer = (function or self.deployed.function("deliverer")).handler({"Records": list(records)}, context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def waiting(self) -> list[dict[str, Any]]:
        """What the queue of lanes that wait gives out now, as Lambda gets it."""
        sqs, url = self.deployed.client("sqs"), self.deployed.environment["DELIVERY_WAKES"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [
            {**message(each["Body"]), "messageId": each["MessageId"], "receiptHandle": each["ReceiptHandle"]}
            for each in found
        ]

    def queue(self) -> dict[str, int]:
        """How many messages are there to be had, how many are delayed, and how many are hidden."""
        sqs, url = self.deployed.client("sqs"), self.deployed.environment["DELIVERY_WAKES"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        names = {"now": "", "delayed": "Delayed", "hidden": "NotVisible"}
        return {name: int(told[f"ApproximateNumberOfMessages{suffix}"]) for name, suffix in names.items()}

    def done(self, records: Sequence[dict[str, Any]]) -> None:
        """Lambda takes away what was dealt with."""
        sqs, url = self.deployed.client("sqs"), self.deployed.environment["DELIVERY_WAKES"]
        for each in records:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["receiptHandle"])

    def ask(self, method: str, path: str = "", query: str = "", tenant: str = "demo") -> Answer:
        """As a service for all tenants."""
        headers = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": tenant}
        address = f"/internal/payments/event-deliveries{path}"
        return self.deployed.call(method, address, headers=headers, query=query, function="delivery_api")

    def later(self, seconds: float) -> None:
        self.clock_file.write_text(str(float(self.clock_file.read_text() or 0) + seconds))

    def reconcile(self) -> dict[str, Any]:
        told: dict[str, Any] = self.deployed.function("reconciler").handler({"source": "aws.events"}, context())
        return told


@contextmanager
def a_backend() -> Iterator[Backend]:
    port = free_port()
    backend = Backend(f"http://127.0.0.1:{port}")
    settings = ConsumerSimulatorSettings(lambda: backend.secrets, time.time)
    with served(create_app(settings), port):
        yield backend


def with_secret(deployed: Deployment, key: str = "funnel") -> None:
    """As an operator makes it."""
    value = json.dumps({"signing_secrets": [SECRET]})
    deployed.client("secretsmanager").create_secret(Name=f"{deployed.prefix}/consumers/{key}", SecretString=value)


@contextmanager
def delivering_deployment(engine: Engine, backend: Backend, folder: Path) -> Iterator[Delivered]:
    """Nobody has delivered anything yet."""
    backend.control("reset")
    clock = folder / "clock"
    clock.write_text("0")
    with deployment(
        engine, TOLLGATE_ENVIRONMENT="local", TOLLGATE_CLOCK_FILE=str(clock), ENABLE_STRIPE="false"
    ) as made:
        made.client("events").create_event_bus(Name=made.environment["EVENT_BUS"])
        with_secret(made)
        delivered = Delivered(made, backend, clock)
        delivered.listen()
        yield delivered
