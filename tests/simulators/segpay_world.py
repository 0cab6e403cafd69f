"""A running Segpay simulator on a free loopback port, its clock, and the address that its postbacks go to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.simulators.segpay.app import create_app
from local.simulators.segpay.memberships import Terms
from local.simulators.segpay.settings import SegpaySimulatorSettings
from tests.simulators.world import Clock, free_port, served, wait_until

ACCOUNT = {"merchant_id": "20001", "user_id": "tests", "user_access_key": "access-key-of-the-tests"}
PACKAGES = {"USD": "100001:1", "EUR": "100002:2", "JPY": "100003:3"}
PLANS = {"USD": "100011:11", "EUR": "100012:12", "JPY": "100013:13"}
# A price point of its own: 24.99 for 31 days, again and again.
PRICE_POINT = "100021:21"
PASSWORD, REFERENCE_KEY = "password-of-the-tests", "reference-key-of-the-tests"


@dataclass(frozen=True)
class Postback:
    """One request as it came."""

    method: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        told = parse_qs(self.query or self.body.decode())
        return {name: values[0] for name, values in told.items()}


class PostbackReceiver:
    """Keeps what comes, and answers what it was told to, or `OK`."""

    def __init__(self) -> None:
        self.postbacks: list[Postback] = []
        self.answers: list[tuple[int, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhooks/segpay"

    def take(self, postback: Postback) -> tuple[int, str]:
        answer = self.answers.pop(0) if self.answers else (200, "OK")
        self.postbacks.append(postback)
        return answer

    def wait_for(self, count: int) -> list[Postback]:
        wait_until(lambda: len(self.postbacks) >= count, lambda: f"{count} postbacks: {self.postbacks}")
        return list(self.postbacks)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(receiver: PostbackReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = receiver.take(Postback(self.command, urlsplit(self.path).query, headers, body))
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        do_POST = do_GET  # noqa: N815 - the server looks for it by this name

        def log_message(self, *_args: object) -> None:
            pass

    return Handler


@dataclass
class SegpayWorld:
    """Everything around one simulator."""

    base: str
    receiver: PostbackReceiver
    clock: Clock
    account: dict[str, str] = field(default_factory=lambda: dict(ACCOUNT))

    def control(self, path: str, verb: str = "POST", /, **fields: Any) -> Any:
        answer = httpx.request(verb, f"{self.base}/control/{path}", json=fields or None, trust_env=False, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pay(self, link: str | None, **fields: Any) -> str:
        """A buyer pays with a card; the transaction."""
        return str(self.control("pay", link=link, **fields)["tranid"])

    def kinds(self) -> list[str]:
        """What has happened, oldest first."""
        return [each["trantype"].lower() for each in self.control("state", "GET")["transactions"]]

    def secrets(self) -> dict[str, dict[str, Any]]:
        """As an operator fills them."""
        return {
            "segpay/api": {
                **ACCOUNT,
                "eticket_ids": PACKAGES,
                "recurring_eticket_ids": PLANS,
                "settled_after_days": 7,
            },
            "segpay/webhook": {
                "basic": [{"user": "segpay", "password": PASSWORD}],
                "ref_keys": [REFERENCE_KEY],
            },
        }


@contextmanager
def a_segpay_world(retries: Sequence[float] = (0.05,) * 5) -> Iterator[SegpayWorld]:
    """A simulator that runs in a thread."""
    receiver, clock, port = PostbackReceiver(), Clock(), free_port()
    world = SegpayWorld(f"http://127.0.0.1:{port}", receiver, clock)
    settings = SegpaySimulatorSettings(
        webhook_url=receiver.url,
        account=lambda: world.account,
        password=lambda: f"segpay:{PASSWORD}",
        packages={package: currency for currency, package in PACKAGES.items()},
        now=clock,
        plans={package: currency for currency, package in PLANS.items()},
        price_points={PRICE_POINT: ("USD", Terms(Decimal("24.99"), 31, Decimal("24.99"), 31))},
        retry_seconds=retries,
    )
    try:
        with served(create_app(settings), port):
            yield world
    finally:
        receiver.close()


def stored_secrets(world: SegpayWorld) -> dict[str, str]:
    """The same as the texts that are stored."""
    return {name: json.dumps(value) for name, value in world.secrets().items()}
