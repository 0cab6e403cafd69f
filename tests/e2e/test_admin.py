"""What admins see of the deployed stack: the figures follow the events, and a cancelled purchase is tried again."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.client import Client, a_key, pause
from tests.local import laptop
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e
URLS = {"successUrl": "http://localhost:3000/thanks", "cancelUrl": "http://localhost:3000/cart"}


class Admin:
    def __init__(self, laptop: Laptop) -> None:
        self.laptop = laptop
        token = laptop.post("/local/token", {"sub": "boss", "role": "admin", "tenant_id": "demo"}).json()["token"]
        self.headers = {"authorization": f"Bearer {token}"}

    def last_day(self) -> dict[str, Any]:
        found: dict[str, Any] = self.laptop.get("/admin/stats", headers=self.headers).json()["last24Hours"]
        return found

    def retry(self, payment: str) -> httpx.Response:
        headers = {**self.headers, "idempotency-key": a_key()}
        return self.laptop.post(f"/admin/retry-payment/{payment}", URLS, headers=headers)


def test_what_becomes_of_payments_is_counted_once(stack: Laptop, client: Client) -> None:
    admin = Admin(stack)
    before = admin.last_day()
    paid, cancelled = client.checkout(method="mock").json(), client.checkout(method="mock").json()
    client.pay(paid)
    client.status_becomes(paid["id"], "confirmed")
    stack.post(f"/payments/checkout/{cancelled['id']}/cancel", headers=client.headers())

    def more(name: str) -> int:
        return int(admin.last_day()[name]) - int(before[name])

    assert eventually(lambda: (more("total_payments"), more("successful"), more("cancelled")) == (2, 1, 1), 30)
    pause(1)
    assert (more("total_payments"), more("pending"), more("total_revenue")) == (2, 0, paid["amount"])


def test_a_cancelled_purchase_is_tried_again_and_paid(stack: Laptop, client: Client) -> None:
    admin = Admin(stack)
    ended = client.checkout(method="card").json()["id"]
    stack.post(f"/payments/checkout/{ended}/cancel", headers=client.headers())
    made = admin.retry(ended)
    assert (made.status_code, made.json()["retryOf"]) == (201, ended)
    assert admin.retry(ended).status_code == 200
    client.pay(made.json())
    shown = client.status_becomes(made.json()["id"], "confirmed")
    assert shown["transaction"]["retryOf"] == ended


def test_a_message_that_cannot_be_counted_stays_and_holds_up_no_other(stack: Laptop) -> None:
    admin = Admin(stack)
    before = admin.last_day()["total_payments"]
    queues = laptop.client("sqs", stack.info()["engine"]["endpoint_url"])
    (address,) = [each for each in queues.list_queues()["QueueUrls"] if "StatsQueue" in each]
    queues.send_message(QueueUrl=address, MessageBody=f"nothing of ours {uuid.uuid4()}")
    Client(stack).checkout(method="mock")
    assert eventually(lambda: admin.last_day()["total_payments"] == before + 1, 30)
    kept = queues.get_queue_attributes(QueueUrl=address, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert kept["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"
