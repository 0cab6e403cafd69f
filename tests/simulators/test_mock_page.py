"""The mock's page, as a buyer meets it who has to confirm a charge."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from local.simulators.mock import MockSimulatorSettings, create_app
from tests.support.builders import NOW, a_draft, a_provider_event
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.adapters.providers.mock.client import MockProvider
from tollgate.adapters.providers.mock.webhooks import MockEvents
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.ports import Opened
from tollgate.kernel.clock import FixedClock
from tollgate.payments.lifecycle import Fact


class Webhook(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def _press(button: str, page: str, told: MockSimulatorSettings) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(told))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
        return await client.post(page, data={"outcome": button})


def test_a_challenge_that_is_passed_takes_the_money_under_the_reference_that_was_told(webhook: Webhook) -> None:
    charges = MockCharges(MockProvider(FixedClock(NOW), enabled=True, page=""))
    wanted = ChargeRequest({"mock": "challenge"}, return_url="https://shop.example/back")
    outcome = charges.charge(charges.charge_parameters(a_draft(), wanted), "key_1")
    assert isinstance(outcome, Opened)
    told = MockSimulatorSettings(f"http://127.0.0.1:{webhook.server_port}/", lambda: ["secret"], time.time)
    answer = asyncio.run(_press("captured", str(outcome.session.url), told))
    assert (answer.status_code, answer.headers["location"]) == (303, "https://shop.example/back")
    (body,) = webhook.bodies
    notice = MockEvents().read(a_provider_event(payload=body))
    assert notice is not None
    assert notice.report.capture is not None
    assert (notice.report.fact, notice.payment_id) == (Fact.CAPTURED, a_draft().id)
    assert notice.report.capture.reference == notice.reference == outcome.session.reference
