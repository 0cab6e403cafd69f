"""Subscriptions whose periods we charge, with a method that is saved at one of several providers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.functions.charging import Till, a_till
from tests.functions.subscribing import API, DAY, SERVICE
from tests.simulators.square_world import SquareWorld
from tests.simulators.world import World
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.kernel.clock import from_iso

MONTH = 31 * DAY


@dataclass
class Box:
    """A deployment that charges by itself, and the providers behind it."""

    till: Till

    @property
    def deployed(self) -> Any:
        return self.till.stuck.deployed

    def order(self, at: str, plan: str = "gold_month", who: str = "user-1", **fields: Any) -> Answer:
        body = {
            "pricingItemCode": plan,
            "provider": at,
            "method": "mock" if at == "mock" else "card",
            "sources": {at: self.saved(at)},
            **fields,
        }
        wanted = {name: each for name, each in body.items() if each is not None} | {"userId": who}
        headers = {**SERVICE, "idempotency-key": new_key()}
        answer: Answer = self.deployed.call("POST", "/subscriptions", wanted, headers=headers, function=API)
        return answer

    def saved(self, provider: str, card: str = "pm_card_visa") -> str:
        """What it charges again and again; at Stripe, that card."""
        if provider == "stripe":
            stripe = self.till.stuck.stripe.client.v1
            customer = stripe.customers.create(params={})
            method = stripe.payment_methods.attach(card, params={"customer": customer.id})
            return f"{customer.id}/{method.id}"
        return {"square": "customer-1/ccof:customer-card-id-ok", "mock": "ok"}[provider]

    def subscribe(self, provider: str, plan: str = "gold_month", **fields: Any) -> dict[str, Any]:
        ordered = self.order(provider, plan, **fields)
        assert ordered.status == 201, ordered.body
        return self.show(ordered.body["id"])

    def ask(self, method: str, path: str, body: Any = None, who: str = "user-1") -> Answer:
        headers = {**self.deployed.as_user(who), "idempotency-key": new_key()}
        answer: Answer = self.deployed.call(method, path, body, headers=headers, function=API)
        return answer

    def admin(self, method: str, path: str, body: Any = None) -> Answer:
        headers = {**self.deployed.as_user("boss", role="admin"), "idempotency-key": new_key()}
        answer: Answer = self.deployed.call(method, path, body, headers=headers, function="admin_api")
        return answer

    def service(self, method: str, path: str, body: Any = None) -> Answer:
        answer: Answer = self.deployed.call(method, path, body, headers=SERVICE, function="catalog_api")
        return answer

    def show(self, id_: str) -> dict[str, Any]:
        shown: Answer = self.deployed.call("GET", f"/subscriptions/{id_}", headers=SERVICE, function=API)
        assert shown.status == 200, shown.body
        return dict(shown.body)

    def said(self, id_: str) -> list[str]:
        history = self.show(id_)["history"]
        return [each["type"].removeprefix("payments.subscription.") for each in reversed(history)]

    def pass_time(self, seconds: float) -> None:
        self.till.stuck.later(seconds)
        self.till.square.clock.offset += seconds

    def until(self, iso: str, more: float = 1) -> None:
        """Until that time, and a little more."""
        self.pass_time(from_iso(iso).timestamp() - self.now() + more)

    def now(self) -> float:
        return self.till.stuck.stripe.clock()

    def sweep(self, *lanes: int, context: Any = None) -> dict[str, Any]:
        """A run of the renewer."""
        event = {"lanes": list(lanes)} if lanes else {}
        result: dict[str, Any] = self.deployed.function("renewer").handler(event, context or a_context())
        return result

    def dun(self, id_: str, days: float) -> list[str]:
        """As the state machine does, for so many days: what each step came to."""
        told = self.show(id_)["history"]
        invoice = next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started"))
        end, outcomes = self.now() + days * DAY, []
        while True:
            given = {"tenant": "demo", "subscription": id_, "invoice": invoice}
            step = self.deployed.function("dunning_step").handler(given, a_context())
            outcomes.append(str(step["outcome"]))
            until = from_iso(step["until"]).timestamp() if step["until"] else None
            if until is None or until > end:
                return outcomes
            self.pass_time(max(until - self.now(), 0) + 1)

    def payments(self) -> list[tuple[str, int]]:
        """Status and amount of each, the last first."""
        listed = self.deployed.call("GET", "/transactions", headers=self.deployed.as_user())
        return [(each["status"], each["amount"]) for each in listed.body["transactions"]]


def a_context() -> Any:
    return context()


@contextmanager
def a_box(engine: Engine, stripe: World, square: SquareWorld, folder: Path) -> Iterator[Box]:
    with a_till(engine, stripe, square, folder) as till:
        yield Box(till)
