"""Everything a client of the local stack needs to know, as one document."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from local.aws import DUMMY_KEY
from local.credentials import AUDIENCE, CONSUMER, ISSUER, SERVICE, TOKEN_SERVICE
from local.proxy import PRETENDED_ADDRESS
from local.settings import REGION
from local.stack import LocalStack
from local.tokens import sign_service_request


def describe(stack: LocalStack) -> dict[str, Any]:
    """Shown at `/local/info`."""
    base, deployment = stack.settings.base_url, stack.deployment
    return {
        "urls": {
            "api": base,
            "webhooks": f"{base}/webhooks",
            "stripe_webhook": f"{base}/webhooks/stripe",
            "square_webhook": f"{base}/webhooks/square",
            "console": f"{base}/local",
            "stripe_simulator": f"{base}/simulators/stripe",
            "segpay_simulator": f"{base}/simulators/segpay",
            "square_simulator": f"{base}/simulators/square",
            "paypal_simulator": f"{base}/simulators/paypal",
            "consumer_simulator": f"{base}/simulators/{CONSUMER}",
            "consumer_received": f"{base}/simulators/{CONSUMER}/control/state",
            "event_deliveries": f"{base}/internal/payments/event-deliveries",
            "events": f"{base}/local/events",
            "outbox": f"{base}/local/outbox",
            "token": f"{base}/local/token",
            "statistics": f"{base}/admin/stats",
            "clock": f"{base}/local/clock",
        },
        "secrets": _secrets(stack),
        "auth": _auth(stack),
        "gift_cards": _gift_cards(base),
        "stack": {
            "tables": dict(deployment.tables),
            "buses": dict(deployment.buses),
            "functions": dict(deployment.functions),
            "state_machines": dict(deployment.state_machines),
            "outputs": dict(deployment.outputs),
        },
        "engine": {
            "endpoint_url": stack.settings.engine_url,
            "region": REGION,
            "aws_access_key_id": DUMMY_KEY,
            "aws_secret_access_key": DUMMY_KEY,
        },
        "headers": {PRETENDED_ADDRESS: "Send it to the front port to be seen under another source address."},
        "state_dir": str(stack.settings.state_dir),
        "clock": clock_document(stack),
    }


def clock_document(stack: LocalStack) -> dict[str, Any]:
    offset = stack.clock.offset()
    now = time.time()
    return {
        "now": datetime.fromtimestamp(now + offset, UTC).isoformat(),
        "epoch_seconds": now + offset,
        "wall": datetime.fromtimestamp(now, UTC).isoformat(),
        "offset_seconds": offset,
    }


def _secrets(stack: LocalStack) -> dict[str, Any]:
    credentials = stack.credentials
    return {
        "stripe_secret_key": credentials.stripe_key,
        "stripe_webhook_secrets": list(credentials.webhook_secrets),
        "square_access_token": credentials.square_token,
        "square_webhook_keys": list(credentials.square_keys),
        "consumer_secrets": list(credentials.consumer_secrets),
        "internal_token": credentials.internal_token,
        "service": {"name": SERVICE, "secrets": list(credentials.service_secrets)},
    }


def _gift_cards(base: str) -> dict[str, Any]:
    """What can be asked with a code. It is shown nowhere: whoever buys a card has it sent."""
    code, known = "XXXX-XXXX-XXXX", '-H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $(uuidgen)"'
    sent = '-H "Content-Type: application/json"'
    return {
        "balance": f"curl -s {base}/gift-cards/{code}/balance -H 'x-tenant-id: demo'",
        "use": f"curl -s -X POST {base}/gift-cards/{code}/use {known} {sent} -d '{{\"amount\": 500}}'",
        "redeem": f'curl -s -X POST {base}/gift-cards/redeem {known} {sent} -d \'{{"code": "{code}"}}\'',
        "credit": f'curl -s {base}/credit -H "Authorization: Bearer $TOKEN"',
    }


def _auth(stack: LocalStack) -> dict[str, Any]:
    credentials, example_time = stack.credentials, 1_700_000_000
    path, body = "/internal/payments/providers", b""
    return {
        "jwt": {
            "algorithm": "RS256",
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "key_id": credentials.key_id,
            "public_key": credentials.public_key,
            "how": f"POST {stack.settings.base_url}/local/token with any of sub, role, tenant_id, venues, ttl_seconds; "
            "send the answer's token as `Authorization: Bearer <token>`.",
        },
        "internal_token": {"header": "x-platform-internal-token", "acts_as": TOKEN_SERVICE},
        "hmac": {
            "headers": ["x-internal-service", "x-internal-timestamp", "x-internal-signature"],
            "string_to_sign": "service\\ntimestamp\\nMETHOD\\npath?query\\nsha256hex(body)",
            "algorithm": "hex HMAC-SHA256 with the service's secret; the timestamp is in seconds, within 5 minutes",
            "example": {
                "service": SERVICE,
                "timestamp": example_time,
                "method": "GET",
                "path": path,
                "body": "",
                "signature": sign_service_request(
                    credentials.service_secrets[0], SERVICE, example_time, "GET", path, body
                ),
            },
        },
    }
