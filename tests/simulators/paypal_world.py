"""A running PayPal simulator on a free loopback port, its clock, and the endpoint that it notifies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from local.simulators.paypal.app import create_app
from local.simulators.paypal.authority import Authority, make_authority
from local.simulators.paypal.settings import PayPalSimulatorSettings
from tests.simulators.world import Clock, free_port, served, wait_until

CLIENT_ID, CLIENT_SECRET, WEBHOOK_ID = "client-id-of-the-tests", "client-secret-of-the-tests", "8PT597110X687430L"


@cache
def authority() -> Authority:
    """One for all: keys take their time."""
    return make_authority()


class Inbox:
    """The merchant's webhook endpoint: keeps what came, with its headers, and answers what it was told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhooks/paypal"

    def take(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.taken.append((body, {name.lower(): value for name, value in headers.items()}))
        return self.answers.pop(0) if self.answers else 200

    def types(self) -> list[str]:
        return [str(json.loads(body)["event_type"]) for body, _ in list(self.taken)]

    def wait_for(self, *types: str, count: int = 1) -> None:
        wait_until(lambda: all(self.types().count(each) >= count for each in types), f"{types} in {self.types}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(inbox.take(body, dict(self.headers)))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    return Handler


@dataclass
class PayPalWorld:
    """Everything around one simulator."""

    base: str
    inbox: Inbox
    clock: Clock

    def control(self, path: str, verb: str = "POST", /, **fields: Any) -> Any:
        answer = httpx.request(verb, f"{self.base}/control/{path}", json=fields or None, trust_env=False, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> Any:
        return self.control("state", "GET")

    def captures(self) -> list[Any]:
        return list(self.state()["captures"])


@contextmanager
def a_paypal(*, retries: Sequence[float] = (0.05,) * 5) -> Iterator[PayPalWorld]:
    """A simulator that runs in a thread."""
    inbox, clock, port = Inbox(), Clock(), free_port()
    base = f"http://127.0.0.1:{port}"
    app = create_app(
        PayPalSimulatorSettings(
            public_base=base,
            webhook_url=inbox.url,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            webhook_id=WEBHOOK_ID,
            authority=authority(),
            now=clock,
            retry_seconds=retries,
        )
    )
    try:
        with served(app, port):
            yield PayPalWorld(base, inbox, clock)
    finally:
        inbox.close()
