"""A plan that PayPal charges by itself: approved on its page, renewed, owed, and ended, on the movable clock."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.e2e.client import Client, a_key
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e

PAGES = {"successUrl": "http://localhost:3000/thanks", "cancelUrl": "http://localhost:3000/plans"}


@pytest.fixture
def member(own_stack: Laptop) -> Client:
    """On a clock on which months pass."""
    own_stack.start()
    return Client(own_stack)


def _shown(member: Client, id_: str) -> Any:
    return member.laptop.get(f"/subscriptions/{id_}", headers=member.headers()).json()


def _said(member: Client, id_: str) -> list[str]:
    history = reversed(_shown(member, id_)["history"])
    return [each["type"].removeprefix("payments.subscription.") for each in history]


def test_a_plan_is_sold_renewed_owed_and_paid_at_paypal(member: Client) -> None:
    control = "/simulators/paypal/control"
    plan = member.laptop.post(f"{control}/plans", {"price": "39.99"}).json()["id"]
    item = {"code": "pal_month", "name": "Pal", "amount": 3_999, "currency": "USD", "interval": "month"}
    wanted = {"consumerTenantId": "demo", **item, "references": {"paypal": plan}}
    service = {"x-platform-internal-token": member.laptop.info()["secrets"]["internal_token"]}
    made = member.laptop.post("/internal/payments/pricing-items", wanted, headers=service)
    assert made.status_code == 201, made.text
    body = {"pricingItemCode": "pal_month", "method": "paypal", **PAGES}
    ordered = member.laptop.post(
        "/subscriptions", body, headers={**member.headers(), "idempotency-key": a_key()}
    ).json()
    id_ = ordered["id"]
    answer = httpx.post(ordered["checkoutUrl"], data={"with": "pays"}, trust_env=False, timeout=30)
    assert answer.status_code == 303, answer.text
    assert eventually(lambda: _shown(member, id_)["status"] == "active"), _shown(member, id_)
    member.laptop.post("/local/clock", {"advance": "32d"})
    assert eventually(lambda: _said(member, id_)[2:] == ["renewed"]), _said(member, id_)
    (there,) = member.laptop.get(f"{control}/state").json()["subscriptions"]
    assert member.laptop.post(f"{control}/subscriptions/{there['id']}/decline", {"times": 1}).status_code == 200
    member.laptop.post("/local/clock", {"advance": "31d"})
    assert eventually(lambda: _shown(member, id_)["status"] == "past_due"), _said(member, id_)
    member.laptop.post("/local/clock", {"advance": "5d"})
    assert eventually(lambda: _shown(member, id_)["status"] == "active"), _said(member, id_)
    ended = member.laptop.post(f"/subscriptions/{id_}/cancel", {}, headers=member.headers())
    assert (ended.status_code, ended.json()["cancelAtPeriodEnd"]) == (200, True)
