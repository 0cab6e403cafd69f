"""What falls through on the deployed stack is found by its schedule, and by an operator who does not want to wait."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.client import Client
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e
PATH = "/admin/reconciliation"


def _admin(stack: Laptop) -> dict[str, str]:
    token = stack.post("/local/token", {"sub": "boss", "role": "admin", "tenant_id": "demo"}).json()["token"]
    return {"authorization": f"Bearer {token}"}


def _settled(stack: Laptop, payment: str) -> list[dict[str, Any]]:
    headers = _admin(stack)
    found = stack.get(PATH, headers=headers, params={"state": "settled", "limit": 100}).json()["findings"]
    return [finding for finding in found if finding["subject"]["id"] == payment]


def _paid_and_never_told(stack: Laptop, client: Client) -> str:
    stack.post("/simulators/stripe/control/webhooks/faults", {"kind": "drop", "times": 9})
    checkout = client.checkout(method="card").json()
    client.pay(checkout)
    stack.post("/local/clock", {"advance": "16m"})
    return str(checkout["id"])


def test_a_payment_whose_webhooks_were_lost_is_confirmed_by_the_schedule(stack: Laptop, client: Client) -> None:
    payment = _paid_and_never_told(stack, client)
    client.status_becomes(payment, "confirmed")
    client.told_becomes(payment, "payments.purchase.confirmed")
    assert eventually(lambda: bool(_settled(stack, payment)), 30)
    (finding,) = _settled(stack, payment)
    assert (finding["kind"], finding["repair"]) == ("missed_event", "done")


def test_an_operator_starts_a_run_and_sees_it_end(stack: Laptop) -> None:
    headers = _admin(stack)
    answer = stack.post(f"{PATH}/run", {}, headers=headers)
    assert answer.status_code == 202, answer.text
    run = answer.json()["run"]

    def ended() -> list[Any]:
        return [each for each in stack.get(PATH, headers=headers).json()["lastRuns"] if each["id"] == run]

    assert eventually(lambda: bool(ended()), 60)
    assert ended()[0]["trigger"] == "operator"
