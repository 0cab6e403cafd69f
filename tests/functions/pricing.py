"""The catalog of a deployment, asked as a service that acts for all unless another is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.deployment import NEIGHBOURS_TOKEN, PLATFORM_TOKEN, Answer, Deployment, deployment
from tests.support.engine import Engine

ITEMS, PUBLIC = "/internal/payments/pricing-items", "/internal/payments/public/pricing-items"
PLATFORM, NEIGHBOUR = ({"x-platform-internal-token": token} for token in (PLATFORM_TOKEN, NEIGHBOURS_TOKEN))
PLAN: dict[str, Any] = {
    "name": "Gold, monthly",
    "amount": 3_999,
    "currency": "USD",
    "product": "gold",
    "interval": "month",
    "trialDays": 14,
    "risk": "high",
    "references": {"stripe": "price_1"},
}


class Catalog:
    """One deployment for all; each test has codes of its own."""

    def __init__(self, deployed: Deployment) -> None:
        self.deployed = deployed

    def ask(self, method: str, path: str, body: Any = None, *, who: Any = None, query: str = "") -> Answer:
        who = PLATFORM if who is None else who
        return self.deployed.call(method, path, body, headers=who, query=query, function="catalog_api")

    def make(self, code: str, *, who: Any = None, tenant: str = "demo", **fields: Any) -> Answer:
        return self.ask("POST", ITEMS, {**PLAN, "code": code, "consumerTenantId": tenant, **fields}, who=who)

    def made(self, code: str, **fields: Any) -> str:
        answer = self.make(code, **fields)
        assert answer.status == 201, answer.body
        return f"{ITEMS}/{answer.body['id']}"

    def codes(self, query: str, path: str = ITEMS, who: Any = None) -> list[str]:
        answer = self.ask("GET", path, query=query, who=who)
        assert answer.status == 200, answer.body
        return [each["code"] for each in answer.body["pricingItems"]]


@contextmanager
def a_catalog(engine: Engine) -> Iterator[Catalog]:
    """Of a fresh deployment."""
    with deployment(engine, ENABLE_STRIPE="false") as made:
        yield Catalog(made)


def fields_of(answer: Answer) -> tuple[int, list[str]]:
    return answer.status, [each["field"] for each in answer.body.get("errors", [])]
