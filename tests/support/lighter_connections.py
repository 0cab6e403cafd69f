"""What functions send to the engine goes over plain sockets: the same bytes in both directions, without the pools,
retries and buffers that a network needs. The store's contract keeps botocore's own connections.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from bench.exchange import request_bytes
from tests.support.engine import Engine

_CHUNK = 65_536


@contextmanager
def lighter_connections(engine: Engine) -> Iterator[None]:
    """For as long as it lasts. Connections are kept; a thread has one to itself while it waits for an answer."""
    send, address = URLLib3Session.send, urlsplit(engine.url)
    idle: list[socket.socket] = []

    def sent(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        plain = isinstance(request.body, str | bytes | bytearray | None) and not request.stream_output
        if not (plain and request.url.startswith(f"{engine.url}/")):
            return send(session, request)
        connection = idle.pop() if idle else _connect(address.hostname, address.port)
        try:
            connection.sendall(_written(request, address.netloc))
            answer = _read(connection, request)
        except BaseException:
            connection.close()
            raise
        idle.append(connection)
        return answer

    with patch.object(URLLib3Session, "send", sent):
        yield
    for connection in idle:
        connection.close()


def _connect(host: str | None, port: int | None) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _written(request: AWSPreparedRequest, host: str) -> bytes:
    """The request as it goes out. Nobody is asked beforehand whether its body is welcome."""
    target, body = request.url.partition(host)[2] or "/", request_bytes(request.body)
    sent: Any = request.headers
    headers = {name: value for name, value in sent.items() if name.lower() not in ("expect", "host")}
    headers |= {"Host": host, "Content-Length": str(len(body))}
    lines = [f"{name}: {value.decode() if isinstance(value, bytes) else value}" for name, value in headers.items()]
    return "\r\n".join([f"{request.method} {target} HTTP/1.1", *lines, "", ""]).encode() + body


def _read(connection: socket.socket, request: AWSPreparedRequest) -> AWSResponse:
    received = _more(connection, request)
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection, request)
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers: Any = dict(line.split(": ", 1) for line in lines)
    length = 0 if request.method == "HEAD" else int(headers.get("Content-Length", 0))
    body = received[end + 4 :]
    while len(body) < length:
        body += _more(connection, request)
    return AWSResponse(request.url, int(first.split(" ")[1]), headers, _Body(body))


def _more(connection: socket.socket, request: AWSPreparedRequest) -> bytes:
    if not (received := connection.recv(_CHUNK)):
        raise ConnectionClosedError(endpoint_url=request.url)
    return received


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()
