"""A plan that only Segpay sells, charged again and given up by Segpay's own plan, on the movable clock."""

from __future__ import annotations

from typing import Any

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


def test_what_is_high_risk_is_sold_renewed_and_not_renewed_at_segpay(member: Client) -> None:
    body = {"pricingItemCode": "dating_gold_month", **PAGES}
    headers = {**member.headers(), "idempotency-key": a_key()}
    ordered = member.laptop.post("/subscriptions", body, headers=headers).json()
    assert ordered["provider"] == "segpay"
    member.pay(ordered)
    id_ = ordered["id"]
    assert eventually(lambda: _shown(member, id_)["status"] == "active"), _shown(member, id_)
    member.laptop.post("/local/clock", {"advance": "30d"})
    assert eventually(lambda: _said(member, id_)[2:] == ["renewed"]), _said(member, id_)
    (membership,) = member.laptop.get("/simulators/segpay/control/state").json()["memberships"]
    path = f"/simulators/segpay/control/memberships/{membership['purchase']}"
    assert member.laptop.post(f"{path}/decline", {"times": 1}).status_code == 200
    member.laptop.post("/local/clock", {"advance": "30d"})
    assert eventually(lambda: _shown(member, id_)["status"] == "past_due"), _said(member, id_)
    member.laptop.post("/local/clock", {"advance": "25h"})
    assert eventually(lambda: _shown(member, id_)["status"] == "active"), _said(member, id_)
    ended = member.laptop.post(f"/subscriptions/{id_}/cancel", {"when": "now"}, headers=member.headers())
    assert (ended.status_code, ended.json()["status"]) == (200, "cancelled")
    assert [each for each in _said(member, id_) if each != "reminded"][3:] == [
        "grace_started",
        "grace_ended",
        "renewed",
        "cancelled",
        "ended",
    ]
