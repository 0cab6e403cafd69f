"""A deployment with PayPal: orders that buyers approve, webhooks, and the capturer as its queue calls it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.functions.test_stats import messages
from tests.simulators.paypal_world import CLIENT_ID, CLIENT_SECRET, WEBHOOK_ID, PayPalWorld, authority
from tests.support.deployment import Answer, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import context, http_event, new_key
from tollgate.payments.events import PAYMENT_APPROVED

CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def with_paypal(paypal: PayPalWorld) -> dict[str, Any]:
    """What a deployment is told of it."""
    return {"ENABLE_PAYPAL": "true", "PAYPAL_API_BASE": paypal.base, "PAYPAL_TEST_ROOT": authority().root}


@dataclass
class PalShop:
    """One deployment with its PayPal. `clock_file` moves both."""

    deployed: Deployment
    paypal: PayPalWorld
    clock_file: Path

    def __post_init__(self) -> None:
        manager, prefix = self.deployed.client("secretsmanager"), self.deployed.prefix
        manager.put_secret_value(SecretId=f"{prefix}/paypal/api", SecretString=json.dumps(CREDENTIALS))
        ids = json.dumps({"webhook_ids": [WEBHOOK_ID]})
        manager.put_secret_value(SecretId=f"{prefix}/paypal/webhook", SecretString=ids)
        self._passed = 0

    def checkout(self, key: str | None = None, **fields: Any) -> Answer:
        return self.deployed.checkout(key, method="paypal", **fields)

    def approve(self, checkout: Answer, instrument: str = "pays") -> None:
        """The buyer agrees on PayPal's page."""
        order = checkout.body["providerCheckoutSessionId"]
        self.paypal.control(f"orders/{order}/approve", **{"with": instrument})

    def knock(self, payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """A webhook at the function URL."""
        event = http_event("POST", "/webhooks/paypal", headers, "", payload)
        answer: dict[str, Any] = self.deployed.function("provider_webhook").handler(event, context())
        return answer

    def hear(self, *types: str, count: int = 1) -> None:
        """Hand on what PayPal has told since, once these have come so often, and apply it."""
        self.paypal.inbox.wait_for(*types, count=count)
        for body, headers in self.paypal.inbox.taken[self._passed :]:
            assert self.knock(body, headers)["statusCode"] == 200
            self._passed += 1
        assert self.deployed.apply_inbox() == {"batchItemFailures": []}

    def approvals(self, checkout: Answer | None = None) -> list[dict[str, Any]]:
        """Messages of the queue, of all approvals so far, or of one payment's."""
        found = [json.loads(item["body"]["S"]) for item in self.deployed.stored("event")]
        wanted = [each for each in found if checkout is None or each["aggregate"]["id"] == checkout.body["id"]]
        return messages(*(each for each in wanted if each["type"] == PAYMENT_APPROVED))

    def capture(self, records: list[dict[str, Any]] | None = None, function: Any = None) -> list[str]:
        """All approvals so far, or these; the messages that are to come again."""
        capturer = function or self.deployed.function("capturer")
        answer = capturer.handler({"Records": self.approvals() if records is None else records}, context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def paid(self, **fields: Any) -> Answer:
        """Approved, captured and told."""
        checkout, count = self.checkout(**fields), len(self.paypal.captures()) + 1
        self.approve(checkout)
        self.hear("CHECKOUT.ORDER.APPROVED", count=count)
        assert self.capture() == []
        self.hear("PAYMENT.CAPTURE.COMPLETED", count=count)
        assert self.shown(checkout)["status"] == "confirmed"
        return checkout

    def cancel(self, checkout: Answer) -> Answer:
        path = f"/payments/checkout/{checkout.body['id']}/cancel"
        return self.deployed.call("POST", path, headers=self.deployed.as_user())

    def refund(self, checkout: Answer, key: str | None = None, **body: Any) -> Answer:
        headers = {**self.deployed.as_user("boss", role="admin"), "idempotency-key": key or new_key()}
        return self.deployed.call("POST", f"/transactions/{checkout.body['id']}/refund", body, headers=headers)

    def shown(self, checkout: Answer) -> dict[str, Any]:
        path = f"/transactions/{checkout.body['id']}"
        return dict(self.deployed.call("GET", path, headers=self.deployed.as_user()).body["transaction"])

    def types(self, checkout: Answer) -> list[str]:
        return [event["type"] for event in self.deployed.events(checkout.body["id"])]

    def later(self, seconds: float) -> None:
        """Move the domain's clock and PayPal's."""
        offset = float(self.clock_file.read_text() or 0) + seconds
        self.clock_file.write_text(str(offset))
        self.paypal.clock.offset = offset

    def reconcile(self) -> dict[str, int]:
        """What was mended, without the events that no test has delivered to their subscriber."""
        run = self.deployed.function("reconciler").handler({"source": "aws.events"}, context())
        return {kind: count for kind, count in run["repaired"].items() if kind != "undelivered_events"}


@contextmanager
def pal_shop(engine: Engine, paypal: PayPalWorld, folder: Path, **overrides: str) -> Iterator[PalShop]:
    clock_file = folder / "clock"
    clock_file.write_text("0")
    told: dict[str, Any] = {**with_paypal(paypal), **overrides, "ENABLE_STRIPE": "false"}
    with deployment(engine, TOLLGATE_CLOCK_FILE=str(clock_file), **told) as made:
        made.client("events").create_event_bus(Name=made.environment["EVENT_BUS"])
        yield PalShop(made, paypal, clock_file)
