"""Everything that leaves the process while an operation runs, with what came back: taken at the last step before the
network, so that it does not matter who sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.httpsession import URLLib3Session
from urllib3 import BaseHTTPResponse, HTTPResponse, PoolManager

from bench.exchange import Exchange, aws_target, request_bytes, stripe_target

# What Stripe answered to `stripe.POST /v1/checkout/sessions`, and what is passed on instead.
type Rewrite = Callable[[str, bytes], bytes]


@dataclass
class Exchanges:
    """In the order they were made."""

    made: list[Exchange] = field(default_factory=list)

    def aws(self) -> list[Exchange]:
        return [exchange for exchange in self.made if exchange.is_aws]

    def of(self, service: str) -> list[Exchange]:
        return [exchange for exchange in self.made if exchange.target.startswith(f"{service}.")]


@contextmanager
def observed(rewrite: Rewrite = lambda _target, answer: answer) -> Iterator[Exchanges]:
    """Watch both transports, AWS's and Stripe's. `rewrite` may change what Stripe answered."""
    exchanges = Exchanges()
    aws_send, stripe_send = URLLib3Session.send, PoolManager.urlopen

    def through_aws(session: URLLib3Session, request: Any) -> Any:
        response = aws_send(session, request)
        body = request_bytes(request.body)
        exchanges.made.append(Exchange(aws_target(request), body, response.status_code, response.content))
        return response

    def through_stripe(pools: PoolManager, method: str, url: str, **options: Any) -> BaseHTTPResponse:
        response = stripe_send(pools, method, url, **options)
        target = stripe_target(method, url)
        answer = rewrite(target, response.data)
        exchanges.made.append(Exchange(target, request_bytes(options.get("body")), response.status, answer))
        return HTTPResponse(answer, response.headers, response.status)

    # botocore keeps pools of its own, and goes past the manager to them.
    with patch.object(URLLib3Session, "send", through_aws), patch.object(PoolManager, "urlopen", through_stripe):
        yield exchanges
