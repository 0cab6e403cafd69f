"""The edge of an HTTP function: reads a request, finds out who asks, turns every error into its response, and logs
each call once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.checkout.ports import ProviderUnavailable
from tollgate.gift_cards.errors import GiftCardNotFound, TooManyGuesses
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import Forbidden, NotFound, TollgateError
from tollgate.runtime.http.auth import CREDENTIALS, Authenticator, Call
from tollgate.runtime.http.errors import (
    MalformedRequest,
    PayloadTooLarge,
    UnsupportedMediaType,
    error_body,
    error_response,
    status_of,
)
from tollgate.runtime.http.payload import raw_body
from tollgate.runtime.http.principal import Principal, Service
from tollgate.runtime.observability import cause_of, flush

MAX_BODY_BYTES = 64 * 1024


class Edge:
    """One per function. Routes are added to `routes`; `handle` is the Lambda handler."""

    def __init__(
        self,
        clock: Clock,
        logger: Logger,
        metrics: Metrics,
        authenticator: Authenticator | None = None,
        *,
        secrets_below: Sequence[str] = (),
    ) -> None:
        """Below `secrets_below` (`/gift-cards/`) addresses may hold a secret: errors tell the route instead."""
        # Its debugging prints the whole request.
        self.routes = APIGatewayHttpResolver(debug=False)
        self._secrets_below = tuple(secrets_below)
        self._clock = clock
        self._logger = logger
        self._metrics = metrics
        self._authenticator = authenticator
        self._headers: dict[str, str] = {}
        self._sent: bytes | None = None
        self._echoed: dict[str, str] = {}
        self.routes.exception_handler(TollgateError)(self._refuse)
        self.routes.exception_handler(Exception)(self._fail)
        self.routes.not_found()(lambda _: self._refuse(NotFound("route")))

    def handle(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request; the log line has the route, never a query or a body."""
        request = event.get("requestContext", {})
        self._logger.set_correlation_id(request.get("requestId", ""))
        self._logger.append_keys(route=event.get("routeKey", ""), function_request_id=context.aws_request_id)
        # Read once per request, and asked for many times.
        self._headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        self._sent = raw_body(event)
        self._echoed.clear()
        answer = self.routes.resolve(event, context)
        answer["headers"] = {**(answer.get("headers") or {}), **self._echoed}
        self._logger.info("answered", status=answer.get("statusCode"))
        flush(self._metrics)
        return answer

    def principal(self) -> Principal:
        """Who asks; raises unless they prove it."""
        if self._authenticator is None:
            raise Forbidden("this function knows nobody")
        event = self.routes.current_event
        query = event.raw_event.get("rawQueryString") or ""
        target = event.path + (f"?{query}" if query else "")
        return self._authenticator.identify(Call(event.http_method, target, self._headers, self._body_bytes()))

    def perhaps(self) -> Principal | None:
        """Who asks, or None where nobody says so. Credentials that prove nothing are refused, as everywhere."""
        return self.principal() if any(name in self._headers for name in CREDENTIALS) else None

    def service(self) -> Service:
        """The service that asks; people are refused."""
        principal = self.principal()
        if not isinstance(principal, Service):
            raise Forbidden("this is for services only")
        return principal

    def viewer(self) -> Viewer:
        """What the asker may see."""
        return self.principal().viewer(self.header("x-tenant-id"))

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        raw = self._body_bytes()
        kind = self._headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise UnsupportedMediaType("send Content-Type: application/json")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            raise MalformedRequest("the body is not JSON") from None
        if not isinstance(body, dict):
            raise MalformedRequest("the body is not a JSON object")
        return body

    def header(self, name: str) -> str | None:
        """A request header, by its lower-case name."""
        return self._headers.get(name)

    def source_ip(self) -> str | None:
        """The address that API Gateway saw. What callers say of it in headers is theirs to choose."""
        source: str | None = self._request().get("http", {}).get("sourceIp")
        return source

    def trace(self) -> str | None:
        """What ties events to the request that caused them."""
        root = (self.header("x-amzn-trace-id") or "").partition(";")[0].removeprefix("Root=")
        return root or self._request().get("requestId")

    def echo(self, header: str, value: str) -> None:
        """Send a header with whatever the answer to this request will be, an error too."""
        self._echoed[header] = value

    def count(self, name: str) -> None:
        """One more of something, as a metric."""
        self._metrics.add_metric(name, MetricUnit.Count, 1)

    def error_of(self, refusal: Mapping[str, Any]) -> dict[str, Any]:
        """A stored refusal with the time and path that every error has."""
        return {**refusal, **error_body(refusal["error"], refusal["code"], self._told_path(), self._clock)}

    def _request(self) -> Mapping[str, Any]:
        context: Mapping[str, Any] = self.routes.current_event.raw_event["requestContext"]
        return context

    def _told_path(self) -> str:
        """The address, as an error may repeat it."""
        path, hidden = self.routes.current_event.path, self._hidden_below()
        route = self.routes.current_event.raw_event.get("routeKey", "").partition(" ")[2]
        return path if hidden is None else route or hidden

    def _hidden_below(self) -> str | None:
        path = self.routes.current_event.path
        return next((each for each in self._secrets_below if path.startswith(each)), None)

    def _body_bytes(self) -> bytes:
        if self._sent is None:
            raise MalformedRequest("the body is not readable")
        if len(self._sent) > MAX_BODY_BYTES:
            raise PayloadTooLarge(f"a body is at most {MAX_BODY_BYTES} bytes")
        return self._sent

    def _refuse(self, error: TollgateError) -> Response[str]:
        if status_of(error) >= 500:
            self._logger.warning("refused", code=error.code, kind=type(error).__name__, cause=cause_of(error))
        self.count(f"Refused.{error.code}")
        if isinstance(error, TooManyGuesses):
            self.count("GiftCardGuessesBlocked")
        if isinstance(error, GiftCardNotFound) and self._hidden_below():
            self.count("GiftCardGuess")
        if isinstance(error, ProviderUnavailable) and error.credentials_refused:
            self.count("ProviderCredentialsRefused")
        return error_response(error, self._told_path(), self._clock)

    def _fail(self, error: Exception) -> Response[str]:
        self._logger.error("failed", exc_info=error)
        self.count("Failed")
        return error_response(TollgateError(), self._told_path(), self._clock)
