"""A running Stripe simulator on a free loopback port, its clock, its client and the endpoint it notifies."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import stripe
import uvicorn
from starlette.types import ASGIApp

from local.simulators.stripe.app import create_app
from local.simulators.stripe.settings import StripeSimulatorSettings
from tests.support.lighter_clients import lighten_clients

KEY = "sk_test_simulated"
SECRET = "whsec_first"
KEPT_SECONDS = 75
lighten_clients()


class Clock:
    """Real time plus what a test has added."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


class Receiver:
    """The merchant's webhook endpoint: keeps what it verified, and answers what it was told to."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.answers: list[int] = []
        self.secret = SECRET
        self._one_by_one = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhooks/stripe"

    def take(self, body: bytes, signature: str) -> int:
        event = stripe.Webhook.construct_event(body, signature, self.secret)
        status = self.answers.pop(0) if self.answers else 200
        with self._one_by_one:
            self.signatures.append(signature)
            self.bodies.append(body)
            self.events.append(event)
        return status

    def types(self) -> list[str]:
        return [event.type for event in list(self.events)]

    def wait_for(self, *types: str, count: int = 1) -> stripe.Event:
        """The last event of the first type, once every type has come `count` times."""
        wait_until(lambda: all(self.types().count(each) >= count for each in types), f"{types} in {self.types}")
        return [event for event in self.events if event.type == types[0]][-1]

    def told(self, type_: str, about: str, count: int = 1) -> bytes:
        """The last body of a type that names what it is about, once so many have come."""

        def found() -> list[bytes]:
            return [each for each in list(self.bodies) if about.encode() in each and json.loads(each)["type"] == type_]

        wait_until(lambda: len(found()) >= count, f"{count} {type_} about {about}")
        return found()[-1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receiver.take(body, self.headers["stripe-signature"]))
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            page = f"<html><body><p id='landed'>{self.path}</p></body></html>".encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_args: object) -> None:
            pass

    return Handler


def wait_until(holds: Callable[[], bool], what: object, seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what() if callable(what) else what}"
        time.sleep(0.01)


@contextmanager
def served(app: ASGIApp, port: int) -> Iterator[None]:
    """On loopback, in a thread, for as long as the block lasts; nobody waits for its end. Connections are kept for as
    long as providers keep them: what is sent in the moment that one ends has no answer, and Uvicorn's five seconds pass
    within a test.
    """
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="critical", ws="none", timeout_keep_alive=KEPT_SECONDS
    )
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, daemon=True).start()
    wait_until(lambda: server.started, "the server")
    try:
        yield
    finally:
        server.should_exit = True


@dataclass
class World:
    """Everything around one simulator."""

    base: str
    client: Any  # the SDK's client; its types have no room for the wrong parameters that tests send
    receiver: Receiver
    clock: Clock
    secrets: list[str] = field(default_factory=lambda: [SECRET])

    def control(self, path: str, verb: str = "POST", /, **fields: Any) -> Any:
        answer = httpx.request(verb, f"{self.base}/control/{path}", json=fields or None, trust_env=False, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> Any:
        return self.control("state", "GET")

    def session(self, **changes: Any) -> Any:
        return self.client.v1.checkout.sessions.create(params=a_session(**changes))

    def paid(self, card: str = "4242424242424242", **changes: Any) -> Any:
        """A session paid without a browser, as it is afterwards."""
        session = self.session(**changes)
        self.control(f"sessions/{session.id}/pay", card=card)
        return self.client.v1.checkout.sessions.retrieve(session.id)

    def account(self, *, enabled: bool = True, **params: Any) -> Any:
        """A connected account, by default one whose owner went through the onboarding."""
        wanted = {"type": "express", "capabilities": {"transfers": {"requested": True}}, **params}
        account = self.client.v1.accounts.create(params=wanted)
        if enabled:
            self.control(f"accounts/{account.id}", payouts_enabled=True)
        return self.client.v1.accounts.retrieve(account.id)

    def earned(self, amount: int = 10_000, currency: str = "usd") -> Any:
        """An intent paid with a card whose money is available at once, less the fee (320 of 10000)."""
        wanted = {"amount": amount, "currency": currency, "payment_method": "pm_card_bypassPending", "confirm": True}
        return self.client.v1.payment_intents.create(params=wanted)

    def transferred(self, amount: int, currency: str = "usd", **params: Any) -> Any:
        """Available money, sent to an account of its own unless `destination` says otherwise."""
        self.earned(2 * amount + 1000, currency)
        destination = params.pop("destination", None) or self.account().id
        wanted = {"amount": amount, "currency": currency, "destination": destination, **params}
        return self.client.v1.transfers.create(params=wanted)

    def balance(self, account: str | None = None, currency: str = "usd") -> tuple[int, int]:
        """What is available and what is pending, of the platform or a connected account."""
        options = {"stripe_account": account} if account else {}
        balance = self.client.v1.balance.retrieve(options=options)
        available, pending = (
            sum(each.amount for each in part if each.currency == currency)
            for part in (balance.available, balance.pending)
        )
        return available, pending

    def refused(self, call: Callable[[], object]) -> stripe.StripeError:
        """The SDK's error of a call that must fail."""
        try:
            call()
        except stripe.StripeError as error:
            return error
        raise AssertionError("the call was expected to be refused")


def a_session(amount: int = 1234, currency: str = "usd", **changes: Any) -> Any:
    item = {
        "price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": "Ticket"}},
        "quantity": 1,
    }
    return {
        "mode": "payment",
        "line_items": [item],
        "success_url": "http://127.0.0.1:9/ok?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cancelled",
        **changes,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def a_world(
    folder: Path, *, retries: Sequence[float] = (0.05,) * 5, jitter: float = 0.0, refund_seconds: float = 3600
) -> Iterator[World]:
    """A simulator that runs in a thread, on a database in `folder`."""
    receiver, clock, port, secrets = Receiver(), Clock(), free_port(), [SECRET]
    base = f"http://127.0.0.1:{port}"
    app = create_app(
        StripeSimulatorSettings(
            database=folder / "stripe.sqlite",
            public_base=base,
            webhook_url=receiver.url,
            secret_keys=lambda: [KEY],
            signing_secrets=lambda: secrets,
            now=clock,
            webhook_retry_seconds=retries,
            webhook_jitter_seconds=jitter,
            refund_settlement_seconds=refund_seconds,
        )
    )
    try:
        with served(app, port):
            yield World(base, a_client(base), receiver, clock, secrets)
    finally:
        receiver.close()


def a_client(base: str, key: str = KEY, **options: Any) -> stripe.StripeClient:
    transport = stripe.RequestsClient(timeout=20)
    return stripe.StripeClient(
        key, base_addresses={"api": base}, **{"max_network_retries": 0, "http_client": transport, **options}
    )
