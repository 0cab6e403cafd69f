"""The catalog of the deployed stack: the configuration is there and was told of, and a service keeps it over HTTP."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.e2e.client import Client
from tests.local.laptop import Laptop

pytestmark = pytest.mark.e2e
ITEMS, PUBLIC = "/internal/payments/pricing-items", "/internal/payments/public/pricing-items"


def test_an_item_is_made_sold_changed_and_withdrawn(stack: Laptop, client: Client) -> None:
    headers = {"x-platform-internal-token": stack.info()["secrets"]["internal_token"]}
    code = f"poster_{uuid.uuid4().hex[:8]}"
    body = {"consumerTenantId": "demo", "code": code, "name": "Poster", "amount": 1_500, "currency": "USD"}
    made = stack.post(ITEMS, body, headers=headers)
    assert made.status_code == 201, made.text
    own = f"{ITEMS}/{made.json()['id']}"
    assert client.checkout(items=[{"code": code}], method="mock").json()["amount"] == 1_500
    with httpx.Client(base_url=stack.url, headers=headers, trust_env=False) as service:
        assert service.patch(own, json={"amount": 1_700}).json()["version"] == 2
        listed = service.get(f"{PUBLIC}?active=true&consumerTenantId=demo&limit=100").json()["pricingItems"]
        assert listed[0]["code"] == code
        assert {each["code"] for each in listed} >= {"starter_month", "gold_month", "tokyo_month"}
        assert service.delete(own).json()["active"] is False
        assert service.get(own).json()["withdrawnAt"]
    withdrawn = "payments.pricing_item.withdrawn"
    told = client.told_becomes(made.json()["id"], withdrawn)
    assert [each["detail"]["sequence"] for each in told] == [1, 2, 3]
    seeded = client.told_becomes("prc_~gold_month", "payments.pricing_item.created")
    assert [each["detail"]["data"]["by"] for each in seeded] == ["config"]
