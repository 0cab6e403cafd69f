"""A consumer on the same machine gets what happens to a payment, through the deployed rule, queue and deliverer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.client import Client
from tests.local.laptop import eventually

pytestmark = pytest.mark.e2e
_CONSUMER = "/simulators/funnel/control/state"


def received(client: Client, payment: str) -> list[dict[str, Any]]:
    """The events of a payment, in the order in which they were delivered."""
    state = client.laptop.get(_CONSUMER).json()
    events = {each["id"]: each["event"] for each in state["events"]}
    return [events[id_] for id_ in state["heard"] if events[id_]["aggregate"]["id"] == payment]


def test_a_consumer_is_told_of_a_payment_in_order_and_can_have_it_again(client: Client) -> None:
    checkout = client.checkout(method="mock").json()
    client.pay(checkout)
    payment = checkout["id"]
    client.status_becomes(payment, "confirmed")
    assert eventually(lambda: [each["sequence"] for each in received(client, payment)] == [1, 2, 3], 30)
    assert client.laptop.get(_CONSUMER).json()["refused"] == 0
    token = client.laptop.info()["secrets"]["internal_token"]
    headers = {"x-platform-internal-token": token, "x-tenant-id": "demo"}
    path = "/internal/payments/event-deliveries"
    listed = client.laptop.get(f"{path}?aggregate={payment}&limit=1", headers=headers).json()["deliveries"]
    assert [(each["event"]["sequence"], each["state"]) for each in listed] == [(3, "delivered")]
    assert client.laptop.post(f"{path}/{listed[0]['id']}/retry", headers=headers).status_code == 202
    assert eventually(lambda: [each["sequence"] for each in received(client, payment)] == [1, 2, 3, 3], 30)
