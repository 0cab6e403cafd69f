"""A product's backend and a buyer, in front of a running stack. Knows nothing that `/local/info` does not tell."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.local.laptop import Laptop, eventually


def a_key() -> str:
    return str(uuid.uuid4())


_PRESSED: dict[str, dict[str, Any]] = {
    "mock": {"json": {"outcome": "captured"}},
    "square": {"data": {"quick": "4111111111111111"}},
    "segpay": {"data": {"card": "4444333322221111"}},
    "paypal": {"data": {"with": "pays"}},
}


@dataclass
class Client:
    """One buyer of one tenant."""

    laptop: Laptop
    user: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:8]}")
    tenant: str = "demo"

    def headers(self) -> dict[str, str]:
        token = self.laptop.post("/local/token", {"sub": self.user, "tenant_id": self.tenant}).json()["token"]
        return {"authorization": f"Bearer {token}"}

    def checkout(self, key: str | None = None, **fields: Any) -> httpx.Response:
        body = {
            "items": [{"code": "concert_ticket", "quantity": 2}],
            "successUrl": "http://localhost:3000/thanks?session={CHECKOUT_SESSION_ID}",
            "cancelUrl": "http://localhost:3000/cart",
            **fields,
        }
        return self.laptop.post(
            "/payments/checkout", body, headers={**self.headers(), "idempotency-key": key or a_key()}
        )

    def transaction(self, payment: str) -> Any:
        return self.laptop.get(f"/transactions/{payment}", headers=self.headers()).json()

    def status_becomes(self, payment: str, status: str) -> Any:
        """The payment with its history once it has that status."""
        eventually(lambda: self.transaction(payment)["transaction"]["status"] == status, 30)
        shown = self.transaction(payment)
        assert shown["transaction"]["status"] == status, shown
        return shown

    def told(self, payment: str) -> list[dict[str, Any]]:
        """What subscribers received about a payment."""
        events = self.laptop.get("/local/events", params={"limit": 1000}).json()["events"]
        return [event for event in events if event["detail"]["aggregate"]["id"] == payment]

    def told_becomes(self, payment: str, detail_type: str) -> list[dict[str, Any]]:
        """The same, once that type is among it."""
        eventually(lambda: any(event["detail_type"] == detail_type for event in self.told(payment)), 30)
        return self.told(payment)

    def control(self, path: str, /, **fields: Any) -> Any:
        """The Stripe simulator's controls."""
        answer = self.laptop.post(f"/simulators/stripe/control/{path}", fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def method_of(self, provider: str) -> str:
        """How one pays there."""
        methods = self.laptop.get("/api/v1/payment-methods", headers=self.headers()).json()["methods"]
        return next(str(each["method"]) for each in methods if provider in each["providers"])

    def pay(self, checkout: dict[str, Any]) -> None:
        """As the provider in question is paid: what its page sends when the buyer presses the button."""
        if checkout["provider"] == "stripe":
            self.control(f"sessions/{checkout['providerCheckoutSessionId']}/pay")
            return
        answer = httpx.post(checkout["checkoutUrl"], trust_env=False, timeout=30, **_PRESSED[checkout["provider"]])
        assert answer.status_code == 303, answer.text

    def events_of(self, checkout: dict[str, Any], type_: str) -> list[dict[str, Any]]:
        """The simulator's own events about a session, with their deliveries."""
        state = self.laptop.get("/simulators/stripe/control/state").json()
        wanted = (type_, checkout["providerCheckoutSessionId"])
        return [event for event in state["events"] if (event["type"], event["object"]) == wanted]


def gapless(history: list[dict[str, Any]]) -> bool:
    return [step["sequence"] for step in history] == list(range(1, len(history) + 1))


def pause(seconds: float) -> None:
    """Time for something that must not happen."""
    time.sleep(seconds)
