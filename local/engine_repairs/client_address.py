# a repair reaches into the engine's modules
"""HTTP API and function URL: `requestContext.http.sourceIp` is the client's address.

Engine: an HTTP API always reports 127.0.0.1, a function URL the address of whoever connected.
AWS: the address of the client. The front port connects here in place of the client and names it in a header.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any

HEADER = "x-tollgate-client-address"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def install() -> None:
    """Correct the events that the HTTP API makes."""
    service: Any = import_module("ministack.services.lambda_svc")
    responses: Any = import_module("ministack.core.responses")
    execute = service._execute_function

    def execute_with_address(function: Any, event: Any) -> Any:
        context = event.get("requestContext") if isinstance(event, dict) else None
        http = context.get("http") if isinstance(context, dict) else None
        if isinstance(http, dict) and http.get("sourceIp") == "127.0.0.1":
            http["sourceIp"] = responses.get_request_client_ip() or "127.0.0.1"
        return execute(function, event)

    service._execute_function = execute_with_address


def naming_clients(app: App) -> App:
    """The application, believing the front port's word about who the client is."""

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            address = dict(scope["headers"]).get(HEADER.encode())
            if address:
                headers = [(name, value) for name, value in scope["headers"] if name != HEADER.encode()]
                scope = {**scope, "client": (address.decode("latin-1"), 0), "headers": headers}
        await app(scope, receive, send)

    return named
