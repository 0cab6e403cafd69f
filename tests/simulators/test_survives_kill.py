"""A killed simulator has lost nothing that it acknowledged."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.process import a_process
from tests.simulators.world import Receiver, a_world, wait_until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    merchant = Receiver()
    yield merchant
    merchant.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_sessions_keys_and_undelivered_webhooks_survive_kill_9(tmp_path: Path, receiver: Receiver) -> None:
    with a_process(tmp_path, receiver) as (world, process):
        world.control("webhooks/pause")
        paid = world.paid()
        open_session = world.session()
        customer = world.client.v1.customers.create(params={"name": "A"}, options={"idempotency_key": "key-1"})
        world.control("api/faults", kind="503", path="/v1/refunds")
        kill(process)
    assert receiver.events == []
    with a_process(tmp_path, receiver) as (world, _process):
        assert world.client.v1.checkout.sessions.retrieve(open_session.id).status == "open"
        assert world.client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
        again = world.client.v1.customers.create(params={"name": "A"}, options={"idempotency_key": "key-1"})
        assert again.id == customer.id
        assert world.refused(world.client.v1.refunds.list).http_status == 503
        assert receiver.events == []
        world.control("webhooks/resume")
        receiver.wait_for("checkout.session.completed", "payment_intent.succeeded", "customer.created")
        assert world.control(f"sessions/{open_session.id}/pay")["outcome"] == "paid"


def test_retries_go_on_after_kill_9(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers += [500]
    with a_process(tmp_path, receiver) as (world, process):
        world.client.v1.customers.create(params={"name": "A"})
        wait_until(lambda: len(receiver.events) == 1, "the first attempt")
        wait_until(lambda: "500" in str(world.state()["events"]), "the attempt to be noted")
        kill(process)
    with a_process(tmp_path, receiver):
        wait_until(lambda: len(receiver.events) == 2, "the second attempt")
    assert len({event.id for event in receiver.events}) == 1


def test_a_file_of_a_version_without_connected_accounts_is_taken_over(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        paid = world.paid(amount=10_000)
    with closing(sqlite3.connect(tmp_path / "stripe.sqlite")) as database:
        database.execute("ALTER TABLE objects DROP COLUMN account")
    with a_world(tmp_path) as world:
        assert world.client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
        assert (world.balance(), world.balance(world.account().id)) == ((0, 9680), (0, 0))


def test_payouts_on_their_way_arrive_after_a_restart(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        account = world.transferred(1000).destination
        options: Any = {"stripe_account": account}
        payout = world.client.v1.payouts.create(params={"amount": 1000, "currency": "usd"}, options=options)
    with a_world(tmp_path) as world:
        world.clock.offset += 7 * 86_400
        paid = world.receiver.wait_for("payout.paid")
        assert (paid.account, paid.data.object.id) == (account, payout.id)
