"""Subscriptions of a deployment at PayPal, over the simulator, on a clock that both follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.functions.paying_pal import PalShop, pal_shop
from tests.functions.subscribing import API, DAY, PAGES, SERVICE
from tests.simulators.paypal_world import PayPalWorld
from tests.simulators.world import wait_until
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.kernel.clock import from_iso


@dataclass
class Payers:
    """Who sells plans over PayPal, and who has them."""

    shop: PalShop
    # Whose webhooks are lost for now.
    deaf: bool = False
    _heard: int = field(default=0)

    @property
    def paypal(self) -> PayPalWorld:
        return self.shop.paypal

    def plan(self, code: str = "pal_month", amount: int = 3_999, **fields: Any) -> str:
        """One on sale, and PayPal's of the same price; or of another."""
        interval, currency = fields.pop("interval", "month"), fields.pop("currency", "USD")
        trial, there = fields.get("trialDays", 0), fields.pop("price", f"{amount / 100:.2f}")
        made = {"price": there, "currency": currency, "unit": interval.upper(), "trial_days": trial}
        threshold = {"threshold": fields.pop("threshold")} if "threshold" in fields else {}
        id_ = str(self.paypal.control("plans", **made, **threshold)["id"])
        plan = {"code": code, "name": code.title(), "amount": amount, "currency": currency, "interval": interval}
        body = {"consumerTenantId": "demo", **plan, "product": "pal", "references": {"paypal": id_}, **fields}
        path = "/internal/payments/pricing-items"
        answer = self.shop.deployed.call("POST", path, body, headers=SERVICE, function="catalog_api")
        assert answer.status == 201, answer.body
        return code

    def order(self, plan: str, who: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        body = {"pricingItemCode": plan, "method": "paypal", **PAGES, **fields}
        headers = {"idempotency-key": new_key(), **(who or self.shop.deployed.as_user())}
        return self.shop.deployed.call("POST", "/subscriptions", body, headers=headers, function=API)

    def approve(self, ordered: Answer, instrument: str = "pays") -> int:
        """The buyer presses a button of PayPal's page."""
        page = ordered.body["checkoutUrl"]
        return httpx.post(page, data={"with": instrument}, trust_env=False, timeout=20).status_code

    def subscribe(self, plan: str | None = None, **fields: Any) -> dict[str, Any]:
        """Ordered, approved, and heard of."""
        ordered = self.order(plan or self.plan(), **fields)
        assert ordered.status == 201, ordered.body
        assert self.approve(ordered) == 303
        self.hear()
        return self.show(ordered.body["id"])

    def ask(self, method: str, path: str, body: Any = None, who: Mapping[str, str] | None = None) -> Answer:
        function = {"transactions": "checkout_api", "admin": "admin_api"}.get(path.split("/")[1], API)
        headers = {"idempotency-key": new_key(), **(who or self.shop.deployed.as_user())}
        return self.shop.deployed.call(method, path, body, headers=headers, function=function)

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

    def inbox(self) -> list[str]:
        return [item["status"]["S"] for item in self.shop.deployed.stored("provider_event", "INBOX_TABLE")]

    def there(self, id_: str) -> dict[str, Any]:
        """The subscription as PayPal has it, by our mark on it."""
        listed = self.paypal.state()["subscriptions"]
        return dict(next(each for each in listed if each["custom_id"].endswith(f"/{id_}")))

    def sales(self) -> list[dict[str, Any]]:
        return list(self.paypal.state()["sales"])

    def steer(self, id_: str, what: str, **fields: Any) -> None:
        """What its buyer does at PayPal, or a bank."""
        self.paypal.control(f"subscriptions/{self.there(id_)['id']}/{what}", **fields)

    def pass_time(self, seconds: float) -> None:
        """For everybody, and hear what PayPal does meanwhile."""
        self.shop.later(seconds)
        self.hear()

    def renew(self, id_: str) -> dict[str, Any]:
        """Until PayPal has charged the next period, or tried to."""
        due = from_iso(self.there(id_)["billing_info"]["next_billing_time"]).timestamp()
        self.pass_time(due - self.paypal.clock() + 60)
        return self.show(id_)

    def events(self) -> list[tuple[bytes, dict[str, str]]]:
        """All that came, once all has come."""
        told = self.paypal.state()["events"]
        wait_until(lambda: len(self.paypal.inbox.taken) >= len(told), "what PayPal has told")
        return list(self.paypal.inbox.taken)

    def hear(self) -> None:
        """All that PayPal has told since."""
        if self.deaf:
            return
        told = self.events()
        new, self._heard = told[self._heard :], len(told)
        self.tell(*new)

    def tell(self, *told: tuple[bytes, dict[str, str]]) -> None:
        for body, headers in told:
            assert self.shop.knock(body, headers)["statusCode"] == 200
        self.apply()

    def apply(self) -> None:
        self.shop.deployed.apply_inbox()

    def dun(self, id_: str, days: float) -> list[str]:
        """As the state machine does, for so many days: what each step came to."""
        told = self.show(id_)["history"]
        invoice = next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started"))
        end, outcomes = self.paypal.clock() + days * DAY, []
        while True:
            given = {"tenant": "demo", "subscription": id_, "invoice": invoice}
            step = self.shop.deployed.function("dunning_step").handler(given, context())
            outcomes.append(str(step["outcome"]))
            until = from_iso(step["until"]).timestamp() if step["until"] else None
            if until is None or until > end:
                return outcomes
            self.pass_time(max(until - self.paypal.clock(), 0) + 1)


@contextmanager
def payers_at(engine: Engine, paypal: PayPalWorld, folder: Path, recurring: str = "true") -> Iterator[Payers]:
    with pal_shop(engine, paypal, folder, PAYPAL_RECURRING=recurring) as shop:
        yield Payers(shop)
