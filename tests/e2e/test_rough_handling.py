"""Killed in the middle, started with other secrets, and fed garbage."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from tests.e2e.client import Client, a_key, gapless
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e


def test_a_kill_between_checkout_and_payment_loses_nothing(own_stack: Laptop) -> None:
    own_stack.start()
    client = Client(own_stack)
    checkout = client.checkout().json()
    own_stack.kill_everything()
    own_stack.start()
    client.pay({**checkout, "provider": "stripe"})
    assert gapless(client.status_becomes(checkout["id"], "confirmed")["history"])
    assert client.told_becomes(checkout["id"], "payment.completed")


def test_a_kill_right_after_the_buyer_paid_still_confirms(own_stack: Laptop) -> None:
    own_stack.start()
    client = Client(own_stack)
    checkout = client.checkout().json()
    client.pay(checkout)
    own_stack.kill_everything()
    own_stack.start()
    shown = client.status_becomes(checkout["id"], "confirmed")
    assert [step["type"] for step in shown["history"]].count("payments.purchase.confirmed") == 1
    assert client.told_becomes(checkout["id"], "payment.completed")


def test_a_kill_while_the_provider_is_called_is_resumed_under_the_same_key(own_stack: Laptop) -> None:
    own_stack.start()
    client, key = Client(own_stack), a_key()
    client.control("api/faults", kind="timeout", seconds=8, work="first", path="/v1/checkout/sessions")
    sender = threading.Thread(target=_ignoring_errors, args=(client, key))
    sender.start()
    # The provider has done its work and holds back the answer; the payment is stored, its session is not.
    assert eventually(lambda: _sessions(client) == 1)
    own_stack.kill_everything()
    sender.join()
    own_stack.start()
    waiting = client.checkout(key)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "DUPLICATE_IN_PROGRESS")
    own_stack.post("/local/clock", {"advance_seconds": 30})
    resumed = client.checkout(key)
    assert resumed.status_code == 201, resumed.text
    assert _sessions(client) == 1
    client.pay(resumed.json())
    assert gapless(client.status_becomes(resumed.json()["id"], "confirmed")["history"])


def _ignoring_errors(client: Client, key: str) -> None:
    try:
        client.checkout(key)
    except httpx.HTTPError:
        return  # the stack was killed under it


def _sessions(client: Client) -> int:
    return int(client.laptop.get("/simulators/stripe/control/state").json()["counts"]["sessions"])


def test_secrets_from_the_environment_are_used(own_stack: Laptop) -> None:
    secrets = {
        "STRIPE_SECRET_KEY": "sk_test_from_environment",
        "STRIPE_WEBHOOK_SECRET": "whsec_new,whsec_old",
        "PLATFORM_INTERNAL_TOKEN": "token-from-environment",
        "INTERNAL_SERVICE_SECRET": "service-from-environment",
    }
    own_stack.start(env=secrets)
    told = own_stack.info()["secrets"]
    assert told["stripe_secret_key"] == "sk_test_from_environment"
    assert told["stripe_webhook_secrets"] == ["whsec_new", "whsec_old"]
    token = {"x-platform-internal-token": "token-from-environment"}
    assert own_stack.get("/internal/payments/providers", headers=token).status_code == 200
    client = Client(own_stack)
    checkout = client.checkout().json()
    client.pay(checkout)
    client.status_becomes(checkout["id"], "confirmed")


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        (
            "POST",
            "/payments/checkout",
            {"content": b"\x00\xff garbage", "headers": {"content-type": "application/json"}},
            401,
        ),
        ("GET", "/payments/checkout/..%2f..%2fetc", {}, None),
        ("GET", "/transactions?limit=9999999999999999", {}, 401),
        ("POST", "/webhooks/stripe", {"content": b"{}"}, 400),
        ("POST", "/webhooks/stripe", {"content": b"x" * 300_000}, 413),
        ("POST", "/webhooks/nobody", {"content": b"{}"}, 404),
        ("DELETE", "/payments/checkout", {}, 404),
        ("POST", "/local/token", {"content": b"nonsense"}, None),
        ("POST", "/local/clock", {"json": {"advance": "backwards"}}, 400),
    ],
)
def test_garbage_gets_a_clear_4xx(
    stack: Laptop, method: str, path: str, options: dict[str, Any], status: int | None
) -> None:
    answer = httpx.request(method, stack.url + path, trust_env=False, timeout=30, **options)
    assert 400 <= answer.status_code < 500, answer.text
    assert status is None or answer.status_code == status, answer.text
    assert "Traceback" not in answer.text


def test_what_garbage_leaves_behind_is_nothing(stack: Laptop, client: Client) -> None:
    before = set(stack.table("CoreTable"))
    bodies: list[dict[str, Any]] = [{}, {"items": []}, {"items": [{"code": "x" * 1000}]}, {"items": "concert_ticket"}]
    for body in bodies:
        answer = stack.post("/payments/checkout", body, headers={**client.headers(), "idempotency-key": a_key()})
        assert answer.status_code == 422
        assert answer.json()["errors"]
    time.sleep(0.2)
    assert set(stack.table("CoreTable")) == before
