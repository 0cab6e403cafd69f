"""Counting AWS calls where they leave: at the HTTP session through which every request goes, whoever made it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.httpsession import URLLib3Session

from bench.exchange import aws_target, request_bytes


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
    send = URLLib3Session.send

    def counting(session: URLLib3Session, request: Any) -> Any:
        calls.made.append(aws_target(request))
        calls.requests.append(json.loads(request_bytes(request.body) or b"{}"))
        return send(session, request)

    with patch.object(URLLib3Session, "send", counting):
        yield calls
