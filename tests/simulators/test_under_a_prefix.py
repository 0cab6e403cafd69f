"""The simulator behind a front port, under `/simulators/stripe`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stripe
from starlette.applications import Starlette
from starlette.routing import Mount

from local.simulators.stripe.app import create_app
from local.simulators.stripe.settings import StripeSimulatorSettings
from tests.simulators.world import KEY, SECRET, Clock, Receiver, World, a_client, free_port, served


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[World]:
    """Mounted, so its own lifespan does not run: the owner closes it."""
    receiver, port = Receiver(), free_port()
    base = f"http://127.0.0.1:{port}/simulators/stripe"
    simulator = create_app(
        StripeSimulatorSettings(
            tmp_path / "stripe.sqlite", base, receiver.url, lambda: [KEY], lambda: [SECRET], time.time
        )
    )
    front = Starlette(routes=[Mount("/simulators/stripe", simulator)])
    with served(front, port):
        yield World(base, a_client(base), receiver, Clock())
    simulator.state.simulator.close()
    receiver.close()


def test_the_sdk_the_page_and_the_webhooks_work(mounted: World) -> None:
    session = mounted.session()
    assert session.url.startswith(f"{mounted.base}/pay/")
    challenge = httpx.post(session.url, data={"card": "4000002500003155"}, trust_env=False).headers["location"]
    assert challenge.startswith(f"{mounted.base}/authenticate/")
    done = httpx.post(challenge, data={"outcome": "succeeded"}, trust_env=False)
    assert done.headers["location"].endswith(session.id)
    mounted.receiver.wait_for("checkout.session.completed")


@pytest.mark.parametrize("kind", ["drop", "reset"])
def test_the_connection_is_broken_off_there_too(mounted: World, kind: str) -> None:
    mounted.control("api/faults", kind=kind)
    assert isinstance(mounted.refused(mounted.client.v1.balance.retrieve), stripe.APIConnectionError)
