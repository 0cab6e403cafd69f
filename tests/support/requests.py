"""Requests as they reach the functions: events of the HTTP API and the function URL, tokens, signatures and bodies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.promises import route_of

ISSUER, AUDIENCE, KEY_ID = "https://identity.test", "tollgate", "test-key"
ORIGIN = "https://shop.example"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_KEY = (
    _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def http_event(
    method: str, path: str, headers: Mapping[str, str], query: str, body: bytes, source: str = "127.0.0.1"
) -> dict[str, Any]:
    """API Gateway's and function URLs' payload 2.0. What stands in a path is no part of the route's key."""
    return {
        "version": "2.0",
        "routeKey": " ".join(route_of(method, path) or (method, path)),
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": dict(part.split("=", 1) for part in query.split("&")) if query else {},
        "headers": dict(headers),
        "requestContext": {
            "requestId": uuid.uuid4().hex,
            "stage": "$default",
            "http": {"method": method, "path": path, "sourceIp": source},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def answered_headers(answer: Mapping[str, Any]) -> dict[str, str]:
    """Of a function's answer, by their lower-case names; the first of several."""
    many: Mapping[str, Sequence[str]] = answer.get("multiValueHeaders") or {}
    return {name.lower(): values[0] for name, values in many.items()} | {
        name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()
    }


def context() -> Any:
    """What a Lambda function knows about its invocation."""
    return SimpleNamespace(
        aws_request_id=uuid.uuid4().hex,
        function_name="test",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:test",
        get_remaining_time_in_millis=lambda: 240_000,
    )


def token(user: str, tenant: str, role: str, *, key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:
    """A token of ours, or, with other claims, one that should be refused."""
    full = {
        "sub": user,
        "tenant_id": tenant,
        "role": role,
        "venues": [],
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        **claims,
    }
    return jwt.encode(full, key or _KEY, algorithm=algorithm, headers={"kid": KEY_ID})


def signature_header(payload: bytes, secret: str, *, at: float | None = None) -> str:
    """A header in Stripe's manner."""
    timestamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), b"%d." % timestamp + payload, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def new_key() -> str:
    return str(uuid.uuid4())


def a_checkout(**fields: Any) -> dict[str, Any]:
    """A valid body."""
    body = {
        "items": [{"code": "concert_ticket", "quantity": 2}],
        "method": "mock",
        "successUrl": f"{ORIGIN}/thanks?session_id={{CHECKOUT_SESSION_ID}}",
        "cancelUrl": f"{ORIGIN}/cart",
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def a_mock_event(payment: Mapping[str, Any], type_: str = "captured", **fields: Any) -> dict[str, Any]:
    """What the mock says about a checkout that `POST /payments/checkout` answered."""
    return {
        "id": f"mevt_{uuid.uuid4().hex}",
        "type": type_,
        "at": datetime.now(UTC).isoformat(),
        "tenant": "demo",
        "payment": payment["id"],
        "reference": payment["providerCheckoutSessionId"],
        "capture": f"mcap_{payment['id']}",
        # The rest is paid with gift cards and credit.
        "amount": payment.get("due", payment["amount"]),
        "currency": payment["currency"],
        **fields,
    }
