"""What providers deliver, signed as each of them signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.simulators.square.deliveries import signature
from tests.simulators.square_world import SIGNING_KEY
from tests.simulators.world import SECRET
from tests.support.crashing_square import ADDRESS
from tests.support.deployment import MOCK_SECRET
from tests.support.requests import http_event, signature_header
from tollgate.adapters.providers.square.door import HEADER

# What Stripe's endpoint is to be registered for, as the README says.
SUBSCRIBED = (
    "checkout.session.",
    "payment_intent.",
    "refund.",
    "payout.",
    "invoice.paid",
    "invoice.payment_failed",
    "customer.subscription.",
)


@dataclass
class Delivery:
    """A provider's event, until it is acknowledged."""

    provider: str
    payload: bytes
    acknowledged: bool = False

    def request(self) -> dict[str, Any]:
        """One try of it, as the function gets it."""
        return http_event("POST", f"/webhooks/{self.provider}", self._signed(), "", self.payload)

    def _signed(self) -> dict[str, str]:
        if self.provider == "square":
            return {HEADER: signature(SIGNING_KEY, ADDRESS, self.payload)}
        secret = {"stripe": SECRET, "mock": MOCK_SECRET}[self.provider]
        return {f"{self.provider}-signature": signature_header(self.payload, secret)}
