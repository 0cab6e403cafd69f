"""One request that left the process, and its answer. Loads nothing but the standard library."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `target` is `dynamodb.PutItem`, or `stripe.POST /v1/checkout/sessions`."""

    target: str
    request: bytes
    status: int
    answer: bytes

    @property
    def is_aws(self) -> bool:
        return not self.target.startswith("stripe.")

    def sent(self) -> dict[str, Any]:
        return dict(json.loads(self.request or b"{}"))

    def received(self) -> dict[str, Any]:
        return dict(json.loads(self.answer or b"{}"))


@dataclass(frozen=True, slots=True)
class Operation:
    """What one run of an operation sent, how many bytes it logged, and how many stream records it was for."""

    name: str
    exchanges: tuple[Exchange, ...]
    log_bytes: int
    records: int


_SERVICES = {"DynamoDB_20120810": "dynamodb", "AWSEvents": "events", "secretsmanager": "secretsmanager"}


def aws_target(request: Any) -> str:
    """Service and operation of a prepared request in one of AWS's JSON protocols; verb and path in the one that has no
    operations.
    """
    header = request.headers.get("X-Amz-Target")
    if header is None:
        return f"rest.{request.method} {urlsplit(request.url).path}"
    service, _, operation = (header.decode() if isinstance(header, bytes) else header).rpartition(".")
    return f"{_SERVICES.get(service, service)}.{operation}"


def stripe_target(method: str, url: str) -> str:
    """Verb and path of a request to Stripe, wherever its API is."""
    return f"stripe.{method} {urlsplit(url).path}"


def request_bytes(body: Any) -> bytes:
    """A prepared body as bytes, whatever its library made of it."""
    return body.encode() if isinstance(body, str) else bytes(body or b"")
