"""Buying at Segpay, and what its postbacks bring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.functions.reconciling import Stuck, stuck_deployment
from tests.simulators.segpay_world import PACKAGES, Postback, SegpayWorld, stored_secrets
from tests.simulators.world import World
from tests.support.deployment import Answer, Deployment
from tests.support.engine import Engine
from tests.support.requests import answered_headers, context, http_event, new_key
from tollgate.runtime.http.errors import JSON


@dataclass
class Shop:
    """A deployment that sells over Segpay."""

    stuck: Stuck
    segpay: SegpayWorld

    @property
    def deployed(self) -> Deployment:
        return self.stuck.deployed

    def later(self, seconds: float) -> None:
        self.stuck.later(seconds)
        self.segpay.clock.offset = self.stuck.stripe.clock.offset

    def checkout(self, key: str | None = None, **fields: Any) -> Answer:
        return self.deployed.checkout(key, method="card", provider="segpay", **fields)

    def sold(self, **fields: Any) -> tuple[str, str]:
        """A payment that was paid and confirmed, and the transaction."""
        checkout = self.checkout(**fields)
        transaction = self.segpay.pay(checkout.body["checkoutUrl"])
        self.hear(1)
        assert self.shown(checkout.body["id"])["status"] == "confirmed"
        return checkout.body["id"], transaction

    def hear(self, count: int = 0) -> None:
        """Hand every postback to the function URL, once so many have come, and apply them."""
        for each in self.segpay.receiver.wait_for(count):
            assert self.post(each) == (200, "OK")
        self.deployed.apply_inbox()

    def post(self, told: Postback, source: str = "203.0.113.80") -> tuple[int, str]:
        event = http_event(told.method, "/webhooks/segpay", told.headers, told.query, told.body, source)
        answer = self.deployed.function("provider_webhook").handler(event, context())
        kind = answered_headers(answer)["content-type"]
        assert kind == ("text/plain" if answer["statusCode"] == 200 else JSON)
        return answer["statusCode"], answer["body"]

    def shown(self, payment: str) -> dict[str, Any]:
        found = self.deployed.call("GET", f"/transactions/{payment}", headers=self.deployed.as_user()).body
        return dict(found["transaction"])

    def types(self, payment: str) -> list[str]:
        return [event["type"] for event in self.deployed.events(payment)]

    def inbox(self) -> list[str]:
        return [item["status"]["S"] for item in self.deployed.stored("provider_event", "INBOX_TABLE")]

    def refund(self, payment: str, **body: Any) -> Answer:
        headers = {**self.deployed.as_user("boss", role="admin"), "idempotency-key": new_key()}
        return self.deployed.call("POST", f"/transactions/{payment}/refund", body, headers=headers)


@contextmanager
def a_shop(engine: Engine, stripe: World, segpay: SegpayWorld, folder: Path, **overrides: str) -> Iterator[Shop]:
    switches = {"ENABLE_SEGPAY": "true", "SEGPAY_API_BASE": segpay.base, "SEGPAY_CURRENCIES": ",".join(PACKAGES)}
    with stuck_deployment(engine, stripe, folder, **switches, **overrides) as stuck:
        fill_secrets(stuck.deployed, segpay)
        yield Shop(stuck, segpay)


def fill_secrets(made: Deployment, segpay: SegpayWorld) -> None:
    for name, text in stored_secrets(segpay).items():
        made.client("secretsmanager").put_secret_value(SecretId=f"{made.prefix}/{name}", SecretString=text)
