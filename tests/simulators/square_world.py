"""A running Square simulator on a free loopback port, its clock, and the endpoint it notifies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from local.simulators.square.app import SquareSimulatorSettings, create_app
from tests.simulators.world import Clock, free_port, served, wait_until
from tollgate.adapters.providers.square.door import HEADER, verify

TOKEN, SIGNING_KEY = "square-access-token", "square-signing-key"
LOCATION, TOKYO = "LUSD1", "LJPY1"
LOCATIONS = f"USD:{LOCATION};JPY:{TOKYO}"


class SquareReceiver:
    """The merchant's webhook endpoint: keeps what it verified, with its signature, and answers as it was told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                signature = self.headers[HEADER]
                verify(body, signature, receiver.url, [SIGNING_KEY])
                receiver.heard.append((body, signature))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhooks/square"

    def told(self) -> list[tuple[str, bytes, str]]:
        """Type, body and signature of each, in the order in which they came; the type with the state that it tells."""
        return [(_named(body), body, signature) for body, signature in list(self.heard)]

    def types(self) -> list[str]:
        return [name for name, _, _ in self.told()]

    def wait_for(self, *types: str, count: int = 1) -> None:
        wait_until(lambda: all(self.types().count(each) >= count for each in types), lambda: (types, self.types()))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _named(body: bytes) -> str:
    event = json.loads(body)
    (subject,) = event["data"]["object"].values()
    return f"{event['type']} {subject.get('status') or subject['state']}"


@dataclass
class SquareWorld:
    """Everything around one simulator."""

    base: str
    receiver: SquareReceiver
    clock: Clock
    tokens: list[str] = field(default_factory=lambda: [TOKEN])

    def control(self, path: str, verb: str = "POST", /, **fields: Any) -> Any:
        answer = httpx.request(verb, f"{self.base}/control/{path}", json=fields or None, trust_env=False, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {TOKEN}"}
        return httpx.request(method, f"{self.base}{path}", json=body, headers=headers, trust_env=False, timeout=20)

    def state(self, kind: str) -> list[Any]:
        return list(self.control("state", "GET")[kind].values())

    def pay(self, order: str, **fields: Any) -> Any:
        """The payment."""
        return self.control(f"orders/{order}/pay", **fields)["payment"]


@contextmanager
def a_square(
    file: Path | None = None, *, retries: Sequence[float] = (0.05,) * 5, refund_seconds: float = 3600
) -> Iterator[SquareWorld]:
    """A simulator that runs in a thread."""
    receiver, clock, port = SquareReceiver(), Clock(), free_port()
    world = SquareWorld(f"http://127.0.0.1:{port}", receiver, clock)
    app = create_app(
        SquareSimulatorSettings(
            public_base=world.base,
            notification_url=receiver.url,
            access_tokens=lambda: world.tokens,
            signing_keys=lambda: [SIGNING_KEY],
            now=clock,
            locations={LOCATION: "USD", TOKYO: "JPY"},
            file=file,
            retry_seconds=retries,
            refund_seconds=refund_seconds,
        )
    )
    try:
        with served(app, port):
            yield world
    finally:
        receiver.close()
