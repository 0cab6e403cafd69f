"""A buyer who gave an address finds a receipt in the outbox, through the deployed rule, queue and mailer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.client import Client
from tests.local.laptop import eventually

pytestmark = pytest.mark.e2e


def mails_to(client: Client, address: str) -> list[dict[str, Any]]:
    mails = client.laptop.get("/local/outbox?format=json").json()["mails"]
    return [each for each in mails if each["to"] == [address]]


@pytest.mark.parametrize("method", ["card", "mock"])
def test_who_has_paid_gets_one_receipt(client: Client, method: str) -> None:
    address = f"{client.user}@mail.example"
    checkout = client.checkout(method=method, customerEmail=address).json()
    client.pay(checkout)
    client.status_becomes(checkout["id"], "confirmed")
    assert eventually(lambda: mails_to(client, address), 30)
    (mail,) = mails_to(client, address)
    assert mail["subject"] == "Receipt for your payment of 100.00 USD"
    assert checkout["id"] in mail["text"]
    assert address not in client.laptop.run("logs").stdout
