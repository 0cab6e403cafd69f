"""A deployment per test, on one engine per test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from tests.functions.consuming import Backend, Delivered, a_backend, delivering_deployment
from tests.functions.giving import Cards
from tests.functions.paying_pal import PalShop, pal_shop
from tests.functions.reconciling import Stuck, stuck_deployment
from tests.functions.selling_at_square import Shop, a_shop
from tests.functions.subscribing_at_paypal import Payers, payers_at
from tests.functions.subscribing_at_segpay import Members, members_at
from tests.simulators.paypal_world import a_paypal
from tests.simulators.segpay_world import a_segpay_world
from tests.simulators.square_world import a_square
from tests.simulators.world import World, a_world
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine, running_engine
from tests.support.lighter_connections import lighter_connections


@pytest.fixture(scope="session", autouse=True)
def metrics_of_one_at_a_time() -> Iterator[None]:
    """An instance of a function has one invocation at a time. Here, threads stand for instances, and Powertools keeps
    one set of metrics for all of them.
    """
    flush, lock = AmazonCloudWatchEMFProvider.flush_metrics, Lock()

    def alone(provider: AmazonCloudWatchEMFProvider, *arguments: Any, **named: Any) -> None:
        with lock:
            if provider.metric_set:
                flush(provider, *arguments, **named)

    with patch.object(AmazonCloudWatchEMFProvider, "flush_metrics", alone):
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with running_engine() as running, lighter_connections(running):
        yield running


@pytest.fixture
def deployed(engine: Engine) -> Iterator[Deployment]:
    with deployment(engine) as made:
        yield made


@pytest.fixture
def cards(deployed: Deployment) -> Cards:
    """Its gift cards."""
    return Cards(deployed)


@pytest.fixture
def aging_cards(engine: Engine, tmp_path: Path) -> Iterator[tuple[Cards, Callable[[float], None]]]:
    """Gift cards of a deployment whose clock can be put forward by so many seconds."""
    clock = tmp_path / "clock"

    def put_clock_at(seconds: float) -> None:
        clock.write_text(str(seconds))

    with deployment(engine, TOLLGATE_CLOCK_FILE=str(clock)) as made:
        yield Cards(made), put_clock_at


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[World]:
    """A Stripe of its own."""
    with a_world(tmp_path) as world:
        yield world


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Iterator[Shop]:
    """A deployment that sells through a Square of its own."""
    with a_square() as square, a_shop(engine, square, tmp_path) as made:
        yield made


@pytest.fixture
def stuck(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Stuck]:
    """A deployment in which things can be left stuck, with clocks that move."""
    with stuck_deployment(engine, stripe, tmp_path) as made:
        yield made


@pytest.fixture
def pal(engine: Engine, tmp_path: Path) -> Iterator[PalShop]:
    """A deployment with a PayPal of its own."""
    with a_paypal() as paypal, pal_shop(engine, paypal, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """A consumer on this machine."""
    with a_backend() as made:
        yield made


@pytest.fixture
def delivered(engine: Engine, backend: Backend, tmp_path: Path) -> Iterator[Delivered]:
    """A deployment as on a laptop, which delivers to that consumer."""
    with delivering_deployment(engine, backend, tmp_path) as made:
        yield made


@pytest.fixture
def members(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Members]:
    """Of a deployment that sells plans over Segpay."""
    with a_segpay_world() as segpay, members_at(engine, stripe, segpay, tmp_path) as made:
        yield made


@pytest.fixture
def payers(engine: Engine, tmp_path: Path) -> Iterator[Payers]:
    """Who sells plans over PayPal, which charges them by itself."""
    with a_paypal() as paypal, payers_at(engine, paypal, tmp_path) as made:
        yield made
