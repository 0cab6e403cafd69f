"""The engine behind a plain HTTP server: `python -m tests.support.engine_server`. What it answers is MiniStack's own
application; the server that it brings takes three times as long over each request as the application does.

It serves what AWS's clients send: requests with a length, one after the other on a connection that is kept.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from importlib import import_module
from typing import Any, cast
from urllib.parse import unquote_to_bytes

type Message = dict[str, Any]
type App = Callable[..., Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client. A request that comes before the last one is answered waits."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._received = bytearray()
        self._busy: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._busy is None:
            self._next()

    def _next(self) -> None:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = bytes(self._received[:end]).split(b"\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        length = int(dict(headers).get(b"content-length", 0))
        if len(self._received) < end + 4 + length:
            if (b"expect", b"100-continue") in headers:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        work = self._answer(_scope(first, headers, self._transport.get_extra_info("peername")), body)
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        if not task.done():
            self._busy = task

    async def _answer(self, scope: Message, body: bytes) -> None:
        told: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            told.append(message)

        try:
            await self._app(scope, receive, send)
        except BaseException:
            self._transport.close()  # whoever asked hears that there is no answer
            raise
        start, *parts = told
        content = b"" if scope["method"] == "HEAD" else b"".join(part.get("body", b"") for part in parts)
        self._transport.write(_head(start) + content)
        self._busy = None
        self._next()


def _scope(first: bytes, headers: list[tuple[bytes, bytes]], client: tuple[str, int]) -> Message:
    method, target, _ = first.split(b" ")
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.decode(),
        "scheme": "http",
        "path": unquote_to_bytes(path).decode(),
        "raw_path": path,
        "query_string": query,
        "headers": headers,
        "client": client,
    }


def _head(start: Message) -> bytes:
    status = HTTPStatus(start["status"])
    lines = [b"HTTP/1.1 %d %s" % (status.value, status.phrase.encode())]
    lines += [b"%s: %s" % header for header in start["headers"]]
    return b"\r\n".join([*lines, b"", b""])


async def serve(app: App, host: str, port: int) -> None:
    """For ever."""
    loop, started = asyncio.get_running_loop(), asyncio.Event()
    await loop.create_server(lambda: Connection(app), host, port, backlog=128)

    async def receive() -> Message:
        if started.is_set():
            await asyncio.Event().wait()  # its end is a kill
        return {"type": "lifespan.startup"}

    async def send(_: Message) -> None:
        started.set()

    await app({"type": "lifespan"}, receive, send)


if __name__ == "__main__":
    asyncio.run(serve(import_module("ministack.app").app, os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])))
