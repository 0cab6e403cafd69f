"""Counting AWS calls where they leave: botocore's own hooks see every request, whoever made it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.endpoint import Endpoint


@dataclass
class Calls:
    """What was sent, in order: service and operation."""

    made: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def of(self, service: str) -> list[str]:
        """The operations of one service."""
        return [name.split(".")[1] for name in self.made if name.startswith(f"{service}.")]


@contextmanager
def counted_calls() -> Iterator[Calls]:
    """Every AWS request that this process sends meanwhile."""
    calls = Calls()
    send = Endpoint.make_request

    def counting(endpoint: Endpoint, operation: Any, request: dict[str, Any]) -> Any:
        calls.made.append(f"{operation.service_model.service_name}.{operation.name}")
        body = request.get("body") or b"{}"
        calls.requests.append(json.loads(body) if body[:1] in (b"{", "{") else {})
        return send(endpoint, operation, request)

    with patch.object(Endpoint, "make_request", counting):
        yield calls
