"""A deployment inside the test process: the real handlers with their real composition, on tables of their
own in the engine.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3

from contract.responses import PLAIN
from tests.support.engine import Engine
from tests.support.furnishing import furnish
from tests.support.lighter_sessions import lighten
from tests.support.privileges import Judge, privileges
from tests.support.promises import hold_answer, hold_stored_events
from tests.support.requests import (
    AUDIENCE,
    ISSUER,
    KEY_ID,
    PUBLIC_KEY,
    a_checkout,
    answered_headers,
    context,
    http_event,
    new_key,
    signature_header,
    token,
)
from tests.support.streams import records_of
from tests.support.tables import create_table
from tollgate.runtime.http.auth import sign

ROOT = Path(__file__).resolve().parents[2]
WEBHOOK_SECRET, MOCK_SECRET = "whsec_test_only", "whsec_mock_only"
GROUP_PAGE, GROUP_KEY = "https://shop.example/groups", "group-payment-key-of-the-tests-and-of-nobody-else"
GIFT_CARD_KEY = "gift-card-key-of-the-tests-and-of-nobody-else"
PLATFORM_TOKEN, SERVICE, SERVICE_SECRET = "platform-token-for-tests", "ticket-service", "service-secret-for-tests"
MAIL_SENDER = "mails@tollgate.example"
# A service that acts for one tenant only.
NEIGHBOUR, NEIGHBOURS_TOKEN = "tenant_123", "neighbours-token-for-tests"
_numbers = itertools.count()
lighten()


@dataclass(frozen=True)
class Answer:
    """What a handler answered."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class Deployment:
    """Functions by folder name, and everything that reaches them from outside."""

    engine: Engine
    prefix: str
    environment: dict[str, str]
    modules: dict[str, ModuleType] = field(default_factory=dict)
    loaded: list[str] = field(default_factory=list)
    # Holds each function to its rights; a benchmark has none, since it takes time.
    judge: Judge | None = None
    # Whether what the inbox consumer has done comes to it again each time.
    redelivers: bool = True
    applied: int = 0

    def function(self, name: str) -> ModuleType:
        """The function's module, composed once, as a Lambda instance is."""
        if name not in self.modules:
            self.modules[name] = self.fresh(name)
        return self.modules[name]

    def fresh(self, name: str) -> ModuleType:
        """Another instance of the function."""
        spec = importlib.util.spec_from_file_location(f"{name}_{next(_numbers)}", ROOT / "functions" / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # Powertools looks its callers up by name
        self.loaded.append(spec.name)
        if self.judge is None:
            spec.loader.exec_module(module)
            return module
        actor = self.judge.actor(name)
        with self.judge.acting(actor):
            spec.loader.exec_module(module)
        vars(module)["handler"] = self.judge.as_actor(actor, module.handler)
        return module

    def forget(self) -> None:
        """Every instance, with its clients: they hold some twenty megabytes each."""
        self.modules.clear()
        for name in self.loaded:
            del sys.modules[name]

    def client(self, service: str) -> Any:
        return _client(service, self.engine.url)

    # --- the HTTP API ---

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        function: str = "checkout_api",
        raw: bytes | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """One request through the handler, as API Gateway's payload 2.0 carries it, from that address."""
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else b"")
        sent = {"content-type": "application/json", **{name.lower(): value for name, value in (headers or {}).items()}}
        event = http_event(method, path, sent, query, data, source)
        return _heard(method, path, self.function(function).handler(event, context()))

    def as_user(self, user: str = "user-1", tenant: str = "demo", role: str = "user", **claims: Any) -> dict[str, str]:
        """Headers of a signed-in person."""
        return {"authorization": f"Bearer {token(user, tenant, role, **claims)}"}

    def as_service(
        self, method: str, target: str, body: bytes = b"", *, tenant: str = "demo", at: float | None = None
    ) -> dict[str, str]:
        """Headers of a signed service request."""
        timestamp = str(int(time.time() if at is None else at))
        signature = sign(SERVICE_SECRET, SERVICE, timestamp, method, target, body)
        return {
            "x-internal-service": SERVICE,
            "x-internal-timestamp": timestamp,
            "x-internal-signature": signature,
            "x-tenant-id": tenant,
        }

    def checkout(self, key: str | None = None, *, user: str = "user-1", tenant: str = "demo", **fields: Any) -> Answer:
        """A checkout for one ticket at the mock, unless told otherwise."""
        body = a_checkout(**fields)
        return self.call(
            "POST",
            "/payments/checkout",
            body,
            headers={**self.as_user(user, tenant), "idempotency-key": key or new_key()},
        )

    # --- webhooks ---

    def webhook(self, provider: str, payload: bytes, header: str, *, function: ModuleType | None = None) -> Answer:
        """Deliver signed bytes to the function URL."""
        event = http_event("POST", f"/webhooks/{provider}", {f"{provider}-signature": header}, "", payload)
        handler = (function or self.function("provider_webhook")).handler
        return _heard("POST", f"/webhooks/{provider}", handler(event, context()))

    def tell(self, event: Mapping[str, Any], *, provider: str = "mock") -> Answer:
        """Deliver an event, properly signed."""
        payload = json.dumps(event).encode()
        secret = {"mock": MOCK_SECRET, "stripe": WEBHOOK_SECRET}[provider]
        return self.webhook(provider, payload, signature_header(payload, secret))

    # --- streams ---

    def stream(self, table: str) -> list[dict[str, Any]]:
        """Every record of a table's stream so far, as Lambda gets them."""
        return records_of(self.client("dynamodb"), self.client("dynamodbstreams"), self.environment[table])

    def apply_inbox(self) -> Any:
        """Run the inbox consumer over the whole stream, as a first delivery or as the hundredth; where nothing comes
        again, over what it has not done yet.
        """
        records = self.stream("INBOX_TABLE")
        given = records if self.redelivers else records[self.applied :]
        answer = self.function("inbox_consumer").handler({"Records": given}, context())
        self.applied = self.applied if answer["batchItemFailures"] else len(records)
        return answer

    # --- what is stored ---

    def items(self, table: str = "CORE_TABLE") -> list[dict[str, Any]]:
        """Everything in a table."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.environment[table], ConsistentRead=True)
        )
        return [item for page in pages for item in page["Items"]]

    def stored(self, kind: str, table: str = "CORE_TABLE") -> list[dict[str, Any]]:
        """The items of one kind, in the order of their sort keys."""
        return sorted(
            (item for item in self.items(table) if item["kind"]["S"] == kind), key=lambda item: item["sk"]["S"]
        )

    def events(self, payment_id: str) -> list[dict[str, Any]]:
        """The envelopes of a payment, in order."""
        envelopes = [json.loads(item["body"]["S"]) for item in self.stored("event")]
        return [envelope for envelope in envelopes if envelope["aggregate"]["id"] == payment_id]


@cache
def _client(service: str, url: str) -> Any:
    make: Any = boto3.client
    return make(service, endpoint_url=url, region_name="us-east-1")


@contextmanager
def deployment(
    engine: Engine, *, judged: bool = True, made_up_events: bool = False, **overrides: str
) -> Iterator[Deployment]:
    """Fresh tables and secrets; the environment of the functions for as long as it lasts. It fails in the end if a
    function went beyond its rights, unless it is not `judged`, or if an event was stored that is not as docs/events
    says, unless tests store `made_up_events`.
    """
    prefix = f"t{uuid.uuid4().hex[:10]}"
    environment = {
        "TOLLGATE_ENVIRONMENT": "test",
        "CORE_TABLE": f"{prefix}-core",
        "INBOX_TABLE": f"{prefix}-inbox",
        "EVENT_BUS": f"{prefix}-bus",
        "SECRETS_PREFIX": prefix,
        "RECONCILER_FUNCTION": f"{prefix}-reconciler",
        "MAIL_SENDER": MAIL_SENDER,
        "DELIVERY_WAKES": f"{engine.url}/000000000000/{prefix}-wakes",
        "GROUP_PAYMENT_EXPIRY_MACHINE": f"arn:aws:states:us-east-1:000000000000:stateMachine:{prefix}-expiry",
        "GROUP_PAYMENT_PAGE": GROUP_PAGE,
        "DUNNING_MACHINE": f"arn:aws:states:us-east-1:000000000000:stateMachine:{prefix}-dunning",
        "ESCROW_RELEASE_MACHINE": "arn:aws:states:us-east-1:000000000000:stateMachine:tollgate-test-escrow_release",
        **dict.fromkeys(("ENABLE_STRIPE", "ENABLE_MOCK", "ENABLE_GIFT_CARDS"), "true"),
        "MOCK_PAGE": "http://127.0.0.1:9/mock",
        "DEFAULT_PAYMENT_PROVIDER": "stripe",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Tollgate",
        "LOG_LEVEL": "INFO",
        "AWS_ENDPOINT_URL": engine.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        **overrides,
    }
    with patch.dict(os.environ, environment), privileges() if judged else nullcontext() as judge:
        made = Deployment(engine, prefix, environment, judge=judge)
        dynamodb = made.client("dynamodb")
        create_table(dynamodb, "CoreTable", environment["CORE_TABLE"])
        create_table(dynamodb, "InboxTable", environment["INBOX_TABLE"])
        made.client("sqs").create_queue(QueueName=f"{prefix}-wakes")
        _fill_secrets(made)
        furnish(dynamodb, environment["CORE_TABLE"])
        yield made
        if not made_up_events:
            hold_stored_events(made.items())
        made.forget()


def _fill_secrets(made: Deployment) -> None:
    secrets: dict[str, Any] = {
        "stripe/api": {"secret_key": "sk_test_only"},
        "stripe/webhook": {"signing_secrets": [WEBHOOK_SECRET]},
        "mock/webhook": {"signing_secrets": [MOCK_SECRET]},
        "gift_cards": {"keys": [GIFT_CARD_KEY]},
        "group_payments": {"keys": [GROUP_KEY]},
        "auth": {
            "jwt": {"issuer": ISSUER, "audience": AUDIENCE, "public_keys": {KEY_ID: PUBLIC_KEY}},
            "internal_tokens": [
                {"token": PLATFORM_TOKEN, "service": "platform", "tenants": ["*"]},
                {"token": NEIGHBOURS_TOKEN, "service": "neighbour", "tenants": [NEIGHBOUR]},
            ],
            "services": {SERVICE: {"secrets": [SERVICE_SECRET], "tenants": ["demo", "tenant_123"]}},
        },
    }
    # As the template makes them: nobody has filled these.
    empty: dict[str, Any] = {
        f"{name}/{which}": {} for name in ("segpay", "square", "paypal") for which in ("api", "webhook")
    }
    manager = made.client("secretsmanager")
    for name, value in (secrets | empty).items():
        manager.create_secret(Name=f"{made.prefix}/{name}", SecretString=json.dumps(value))


def _heard(method: str, path: str, answer: Mapping[str, Any]) -> Answer:
    """What was answered, which is as docs/api says."""
    headers = answered_headers(answer)
    body = answer["body"] if headers["content-type"] == PLAIN else json.loads(answer["body"])
    heard = Answer(answer["statusCode"], body, headers)
    hold_answer(method, path, heard.status, heard.headers, heard.body)
    return heard
