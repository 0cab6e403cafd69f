"""Subscriptions of a deployment at Segpay, over the simulator, on a clock that both follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.functions.segpaying import Shop, a_shop
from tests.functions.subscribing import API, DAY, PAGES, SERVICE
from tests.simulators.segpay_world import Postback, SegpayWorld
from tests.simulators.world import World, wait_until
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.kernel.clock import from_iso


@dataclass
class Members:
    """Who sells plans over Segpay, and who has them."""

    shop: Shop
    # Whose postbacks are lost for now.
    deaf: bool = False
    _heard: int = field(default=0)

    @property
    def segpay(self) -> SegpayWorld:
        return self.shop.segpay

    def order(self, plan: str = "gold_month", who: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        body = {"pricingItemCode": plan, "provider": "segpay", **PAGES, **fields}
        headers = {**(who or self.shop.deployed.as_user()), "idempotency-key": new_key()}
        return self.shop.deployed.call("POST", "/subscriptions", body, headers=headers, function=API)

    def subscribe(self, plan: str = "gold_month", **fields: Any) -> dict[str, Any]:
        """Ordered, paid, and heard of."""
        ordered = self.order(plan, **fields)
        assert ordered.status == 201, ordered.body
        self.segpay.pay(ordered.body["checkoutUrl"])
        self.hear()
        return self.show(ordered.body["id"])

    def ask(self, method: str, path: str, body: Any = None, who: Mapping[str, str] | None = None) -> Answer:
        function = {"transactions": "checkout_api", "admin": "admin_api"}.get(path.split("/")[1], API)
        path, _, query = path.partition("?")
        headers = {"idempotency-key": new_key(), **(who or self.shop.deployed.as_user())}
        return self.shop.deployed.call(method, path, body, headers=headers, query=query, function=function)

    def show(self, id_: str) -> dict[str, Any]:
        shown = self.ask("GET", f"/subscriptions/{id_}", who=SERVICE)
        assert shown.status == 200, shown.body
        return dict(shown.body)

    def said(self, id_: str) -> list[str]:
        """What has happened to it, the first first."""
        history = self.show(id_)["history"]
        return [each["type"].removeprefix("payments.subscription.") for each in reversed(history)]

    def payments(self) -> list[dict[str, Any]]:
        """The newest first."""
        return list(self.ask("GET", "/transactions").body["transactions"])

    def member(self, id_: str) -> dict[str, Any]:
        """The membership there, by our mark on it."""
        members = self.segpay.control("state", "GET")["memberships"]
        return dict(next(each for each in members if each["references"].get("ref4") == id_))

    def steer(self, id_: str, what: str, **fields: Any) -> None:
        """What a person does at the portal, or a bank."""
        self.segpay.control(f"memberships/{self.member(id_)['purchase']}/{what}", **fields)

    def pass_time(self, seconds: float) -> None:
        """For everybody, and hear what Segpay does meanwhile."""
        self.shop.later(seconds)
        self.hear()

    def renew(self, id_: str) -> dict[str, Any]:
        """Until Segpay has charged the next period, or tried to."""
        due = from_iso(self.member(id_)["nextBill"]).timestamp()
        self.pass_time(due - self.segpay.clock() + 60)
        return self.show(id_)

    def reconcile(self, after: float) -> dict[str, Any]:
        """A run so much later, as if those before it had found nothing."""
        self.pass_time(after)
        self.shop.stuck.swept(0, "segpay")
        return self.shop.stuck.reconcile()

    def postbacks(self) -> list[Postback]:
        """All that came, once all has come."""
        sent = len([each for each in self.segpay.control("state", "GET")["deliveries"] if each["tries"]])
        wait_until(lambda: len(self.segpay.receiver.postbacks) >= sent, "what Segpay has told")
        expected = len(self.segpay.control("state", "GET")["deliveries"])
        wait_until(lambda: len(self.segpay.receiver.postbacks) >= expected, "what Segpay has told")
        return list(self.segpay.receiver.postbacks)

    def hear(self) -> None:
        """All that Segpay has told since."""
        if self.deaf:
            return
        told = self.postbacks()
        new, self._heard = told[self._heard :], len(told)
        self.tell(*new)

    def tell(self, *told: Postback) -> None:
        for each in told:
            assert self.shop.post(each) == (200, "OK")
        self.shop.deployed.apply_inbox()

    def dun(self, id_: str, days: float) -> list[str]:
        """As the state machine does, for so many days: what each step came to."""
        told = self.show(id_)["history"]
        invoice = next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started"))
        end, outcomes = self.segpay.clock() + days * DAY, []
        while True:
            step = self.step(id_, invoice)
            outcomes.append(str(step["outcome"]))
            until = from_iso(step["until"]).timestamp() if step["until"] else None
            if until is None or until > end:
                return outcomes
            self.pass_time(max(until - self.segpay.clock(), 0) + 1)

    def step(self, id_: str, invoice: str) -> dict[str, Any]:
        given = {"tenant": "demo", "subscription": id_, "invoice": invoice}
        result: dict[str, Any] = self.shop.deployed.function("dunning_step").handler(given, context())
        return result


def plan_of(members: Members, code: str, **fields: Any) -> None:
    """One more plan on sale."""
    plan = {"code": code, "name": code.title(), "amount": 2_499, "currency": "USD", "interval": "month", **fields}
    path, body = "/internal/payments/pricing-items", {"consumerTenantId": "demo", **plan}
    made = members.shop.deployed.call("POST", path, body, headers=SERVICE, function="catalog_api")
    assert made.status == 201, made.body


@contextmanager
def members_at(
    engine: Engine, stripe: World, segpay: SegpayWorld, folder: Path, recurring: str = "true"
) -> Iterator[Members]:
    with a_shop(engine, stripe, segpay, folder, SEGPAY_RECURRING=recurring) as shop:
        yield Members(shop)
