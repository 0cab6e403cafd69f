"""Everything that leaves the process while an operation runs, with what came back: taken at the last step before the
network, so that it does not matter who sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import requests
from botocore.httpsession import URLLib3Session
from requests.adapters import HTTPAdapter

from bench.exchange import Exchange, aws_target, request_bytes

type Rewrite = Callable[[requests.PreparedRequest, requests.Response], None]


@dataclass
class Exchanges:
    """In the order they were made."""

    made: list[Exchange] = field(default_factory=list)

    def aws(self) -> list[Exchange]:
        return [exchange for exchange in self.made if exchange.is_aws]

    def of(self, service: str) -> list[Exchange]:
        return [exchange for exchange in self.made if exchange.target.startswith(f"{service}.")]


@contextmanager
def observed(rewrite: Rewrite = lambda _request, _response: None) -> Iterator[Exchanges]:
    """Watch both transports, AWS's and Stripe's. `rewrite` may change what Stripe answered."""
    exchanges = Exchanges()
    aws_send, stripe_send = URLLib3Session.send, HTTPAdapter.send

    def through_aws(session: URLLib3Session, request: Any) -> Any:
        response = aws_send(session, request)
        body = request_bytes(request.body)
        exchanges.made.append(Exchange(aws_target(request), body, response.status_code, response.content))
        return response

    def through_stripe(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = stripe_send(adapter, request, **options)
        rewrite(request, response)
        target = f"stripe.{request.method} {request.path_url}"
        exchanges.made.append(Exchange(target, request_bytes(request.body), response.status_code, response.content))
        return response

    with patch.object(URLLib3Session, "send", through_aws), patch.object(HTTPAdapter, "send", through_stripe):
        yield exchanges
