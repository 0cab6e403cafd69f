"""A shop with real-sized customers: the functions on an engine, Stripe's simulator behind them, and the addresses, ids
and baskets as long as they are in production.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.exchanges import Exchanges, observed
from bench.units import Item
from tests.simulators.world import KEY, World, a_world
from tests.support.deployment import Deployment, deployment
from tests.support.engine import running_engine
from tests.support.requests import ORIGIN, context, http_event, new_key, signature_header

# Addresses of Stripe's hosted page end in a fragment of some 350 characters.
PAGE_ADDRESS_LENGTH = 460
_PAGE = "https://checkout.stripe.com/c/pay/"


_BASKET: dict[str, Any] = {
    "items": [{"code": "concert_ticket", "quantity": 2}, {"code": "starter_month", "quantity": 1}],
    "method": "card",
    "customerEmail": "firstname.lastname@mail.example",
    "reference": "order-2026-0001234",
}


def checkout_event(
    deployed: Deployment, key: str | None = None, user: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A signed-in buyer with two things in the basket, and whatever else they ask for."""
    body = {
        **_BASKET,
        "successUrl": f"{ORIGIN}/checkout/thanks?session_id={{CHECKOUT_SESSION_ID}}&order=order-2026-0001234",
        "cancelUrl": f"{ORIGIN}/checkout/cart?order=order-2026-0001234",
        **fields,
    }
    return _event(deployed, "/payments/checkout", body, key, user)


def charge_event(deployed: Deployment) -> dict[str, Any]:
    """A saved card, of a buyer who has paid before."""
    sources = {"stripe": "pm_card_visa"}
    return _event(deployed, "/payments/charges", {**_BASKET, "sources": sources}, None, None)


def _event(deployed: Deployment, path: str, body: dict[str, Any], key: str | None, user: str | None) -> dict[str, Any]:
    headers = {
        "content-type": "application/json",
        "idempotency-key": key or new_key(),
        "x-amzn-trace-id": f"Root=1-6900a1b2-{uuid.uuid4().hex[:24]}",
        **deployed.as_user(user or str(uuid.uuid4())),
    }
    return http_event("POST", path, headers, "", json.dumps(body).encode())


def webhook_event(payload: bytes, secret: str) -> dict[str, Any]:
    """As the function URL gives it: JSON bodies come as text."""
    event = http_event("POST", "/webhooks/stripe", {"stripe-signature": signature_header(payload, secret)}, "", b"")
    return event | {"body": payload.decode(), "isBase64Encoded": False}


@dataclass
class Shop:
    """What buyers, Stripe and the streams do, as events of the functions."""

    deployed: Deployment
    stripe: World
    exchanges: Exchanges
    log: io.StringIO

    def checkout_event(self, key: str | None = None, user: str | None = None, **fields: Any) -> dict[str, Any]:
        return checkout_event(self.deployed, key, user, **fields)

    def checkout(self, event: dict[str, Any]) -> dict[str, Any]:
        answer = self.deployed.function("checkout_api").handler(event, context())
        assert answer["statusCode"] == 201, answer
        return dict(json.loads(answer["body"]))

    def pay(self, checkout: dict[str, Any]) -> list[bytes]:
        """Both webhooks of a card payment, the completed session first."""
        types = ("checkout.session.completed", "payment_intent.succeeded")
        self.stripe.control(f"sessions/{checkout['providerCheckoutSessionId']}/pay", card="4242424242424242")
        return [self.stripe.receiver.told(type_, checkout["id"]) for type_ in types]

    def webhook_event(self, payload: bytes) -> dict[str, Any]:
        return webhook_event(payload, self.stripe.receiver.secret)

    def accept(self, event: dict[str, Any]) -> dict[str, Any]:
        answer = self.deployed.function("provider_webhook").handler(event, context())
        assert answer["statusCode"] == 200, answer
        return dict(json.loads(answer["body"]))

    def apply(self, *records: dict[str, Any]) -> None:
        answer = self.deployed.function("inbox_consumer").handler({"Records": list(records)}, context())
        assert answer == {"batchItemFailures": []}, answer

    def refund(self, payment: str) -> None:
        """The tenant's admin gives everything back."""
        headers = {**self.deployed.as_user("boss", role="admin"), "idempotency-key": new_key()}
        answer = self.deployed.call("POST", f"/transactions/{payment}/refund", {}, headers=headers)
        assert answer.status == 200, answer.body

    def relay(self, *records: dict[str, Any]) -> None:
        answer = self.deployed.function("event_relay").handler({"Records": list(records)}, context())
        assert answer == {"batchItemFailures": []}, answer

    def count(self, *records: dict[str, Any]) -> None:
        """What the relay published of these, as a rule of the bus lays it into the queue."""
        messages = [
            {"messageId": str(number), "body": f'{{"detail":{record["dynamodb"]["NewImage"]["body"]["S"]}}}'}
            for number, record in enumerate(records)
        ]
        answer = self.deployed.function("stats_counter").handler({"Records": messages}, context())
        assert answer == {"batchItemFailures": []}, answer

    def project(self, *records: dict[str, Any]) -> None:
        answer = self.deployed.function("ledger_projector").handler({"Records": list(records)}, context())
        assert answer == {"batchItemFailures": []}, answer

    def stored(self, table: str, key: Item) -> Item:
        """An item as it stands now."""
        found: Item = self.deployed.client("dynamodb").get_item(TableName=table, Key=key).get("Item", {})
        return found

    def examined(self, query: dict[str, Any]) -> list[Item]:
        """What a query looked at before its filter left out the rest."""
        found: list[Item] = self.deployed.client("dynamodb").query(**_without_filter(query))["Items"]
        return found


def _without_filter(query: dict[str, Any]) -> dict[str, Any]:
    """DynamoDB refuses names and values that nothing refers to."""
    asked = {
        name: value for name, value in query.items() if name not in ("FilterExpression", "ExpressionAttributeNames")
    }
    mentioned = set(re.findall(r":\w+", query["KeyConditionExpression"]))
    values = {name: value for name, value in query["ExpressionAttributeValues"].items() if name in mentioned}
    return asked | {"ExpressionAttributeValues": values}


@contextmanager
def open_shop(program: str = "ministack", **environment: str) -> Iterator[Shop]:
    """Start all of it, with that engine and these settings besides; ends with the block."""
    with (
        tempfile.TemporaryDirectory() as folder,
        a_world(Path(folder)) as stripe,
        running_engine(program) as engine,
        deployment(
            engine, judged=False, made_up_events=True, STRIPE_API_BASE=stripe.base, ENABLE_MOCK="false", **environment
        ) as deployed,
    ):
        _share_secrets(deployed, stripe)
        deployed.client("events").create_event_bus(Name=deployed.environment["EVENT_BUS"])
        # Loggers keep the stream they find when the function is composed: one for all of them.
        with observed(_long_address) as exchanges, redirect_stdout(io.StringIO()) as log:
            yield Shop(deployed, stripe, exchanges, log)


def _share_secrets(deployed: Deployment, stripe: World) -> None:
    manager = deployed.client("secretsmanager")
    values = {
        "stripe/api": {"secret_key": KEY},
        "stripe/webhook": {"signing_secrets": [stripe.receiver.secret]},
    }
    for name, value in values.items():
        manager.put_secret_value(SecretId=f"{deployed.prefix}/{name}", SecretString=json.dumps(value))


def _long_address(target: str, answer: bytes) -> bytes:
    """The simulator's page is on loopback, at a short address; Stripe's is not."""
    if target != "stripe.POST /v1/checkout/sessions":
        return answer
    session = json.loads(answer)
    start = f"{_PAGE}{session['id']}#"
    fragment = base64.b64encode(os.urandom(PAGE_ADDRESS_LENGTH)).decode()
    session["url"] = start + fragment[: PAGE_ADDRESS_LENGTH - len(start)]
    return json.dumps(session).encode()
