"""How callers prove who they are."""

from __future__ import annotations

from typing import Any

from contract.operations import Who
from tollgate.runtime.http.group_payments import LINK_TOKEN

_SIGNED = ("serviceName", "serviceTimestamp", "serviceSignature")
_SERVICES: list[dict[str, list[str]]] = [{name: [] for name in _SIGNED}, {"platformToken": []}]
SECURITY: dict[Who, list[dict[str, list[str]]]] = {
    Who.KNOWN: [{"person": []}, *_SERVICES],
    Who.ANYBODY: [{}, {"person": []}, *_SERVICES],
    Who.LINKED: [{"paymentLink": []}, {"person": []}, *_SERVICES],
    Who.SERVICES: _SERVICES,
    Who.EVERYONE: [],
    Who.PROVIDERS: [{"stripeSignature": []}, {"segpayPassword": []}, {"squareSignature": []}, {"mockSignature": []}],
}


def _header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


SCHEMES: dict[str, Any] = {
    "person": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "RS256, with the claims `sub`, `tenant_id`, `role` and `venues`.",
    },
    "serviceName": _header("x-internal-service", "Which service signs."),
    "serviceTimestamp": _header("x-internal-timestamp", "Epoch seconds, at most five minutes off."),
    "serviceSignature": _header(
        "x-internal-signature",
        "HMAC-SHA256 in hex over service, timestamp, method, path with query, and the body's SHA-256, a line each. "
        "Counts once for what changes something, but for repetitions under one idempotency key.",
    ),
    "paymentLink": _header(LINK_TOKEN, "What stands behind the `#` of a member's payment link."),
    "platformToken": _header("x-platform-internal-token", "The platform's own token."),
    "stripeSignature": _header("stripe-signature", "Stripe's, over the bytes of the body."),
    "segpayPassword": {"type": "http", "scheme": "basic", "description": "The one that Segpay's portal was given."},
    "squareSignature": _header(
        "x-square-hmacsha256-signature", "Square's, over the address that it was given and the bytes of the body."
    ),
    "mockSignature": _header("mock-signature", "The mock's, in Stripe's manner."),
}
