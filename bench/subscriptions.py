"""Plans of the shop: ordered, paid, shown, renewed, and not renewed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.shop import Shop
from tests.support.requests import ORIGIN, new_key

PLAN, FUNCTION = "gold_month", "subscription_api"
# A renewal is charged an hour after its period has begun.
_CHARGED_AFTER = 3_660
_ORDER = {
    "pricingItemCode": PLAN,
    "customerEmail": "firstname.lastname@mail.example",
    "reference": "order-2026-0001234",
    "successUrl": f"{ORIGIN}/checkout/thanks?session_id={{CHECKOUT_SESSION_ID}}&order=order-2026-0001234",
    "cancelUrl": f"{ORIGIN}/checkout/cart?order=order-2026-0001234",
}

# Does something as the operation of this name: what it costs is told apart from the rest.
type Step = Callable[[str, Callable[[], Any]], Any]


@dataclass
class Member:
    """Somebody who has the plan."""

    shop: Shop
    user: str = field(default_factory=lambda: str(uuid.uuid4()))

    def order(self) -> dict[str, Any]:
        answer = self._call("POST", "/subscriptions", _ORDER, {"idempotency-key": new_key()})
        assert answer.status == 201, answer.body
        return dict(answer.body)

    def show(self, subscription: str) -> dict[str, Any]:
        answer = self._call("GET", f"/subscriptions/{subscription}")
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def paid(self, order: dict[str, Any]) -> dict[str, Any]:
        """What the inbox's stream has of it."""
        self.shop.stripe.control(f"sessions/{order['providerCheckoutSessionId']}/pay", card="4242424242424242")
        return self._told("invoice.paid", order["id"], 1)

    def renewed(self, subscription: str) -> dict[str, Any]:
        self._until_charged(subscription)
        return self._told("invoice.paid", subscription, 2)

    def not_renewed(self, subscription: str) -> dict[str, Any]:
        """The bank declines it."""
        control = f"subscriptions/{self._at_stripe(subscription).id}/decline"
        self.shop.stripe.control(control, code="insufficient_funds", times=1)
        self._until_charged(subscription)
        return self._told("invoice.payment_failed", subscription, 1)

    def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        sent = {**self.shop.deployed.as_user(self.user), **(headers or {})}
        return self.shop.deployed.call(method, path, body, headers=sent, function=FUNCTION)

    def _at_stripe(self, subscription: str) -> Any:
        found = self.shop.stripe.client.v1.subscriptions.list(params={"limit": 100}).data
        return next(each for each in found if each.metadata["tollgate_subscription"] == subscription)

    def _until_charged(self, subscription: str) -> None:
        """Stripe's time goes on, and nobody else's."""
        clock, end = self.shop.stripe.clock, self._at_stripe(subscription)["items"]["data"][0]["current_period_end"]
        clock.offset += end - clock() + _CHARGED_AFTER
        self.shop.stripe.state()

    def _told(self, type_: str, subscription: str, count: int) -> dict[str, Any]:
        """The last of so many events of a type about it, as it is stored."""
        told = self.shop.stripe.receiver.told(type_, subscription, count)
        self.shop.accept(self.shop.webhook_event(told))
        return self.shop.deployed.stream("INBOX_TABLE")[-1]


def subscribe(shop: Shop, step: Step) -> None:
    """All of it once, and then once more, told apart by `step`: by then the instances have read what they read once."""
    now = shop.stripe.clock.offset
    _live(Member(shop), lambda _, act: act())
    _live(Member(shop), step)
    shop.stripe.clock.offset = now


def _live(member: Member, step: Step) -> None:
    shop = member.shop
    ordered = step("subscription_order", member.order)
    first = member.paid(ordered)
    step("subscription_apply_paid", lambda: shop.apply(first))
    assert step("subscription_show", lambda: member.show(ordered["id"]))["status"] == "active"
    second = member.renewed(ordered["id"])
    step("subscription_apply_renewed", lambda: shop.apply(second))
    third = member.not_renewed(ordered["id"])
    step("subscription_apply_failed", lambda: shop.apply(third))
    assert member.show(ordered["id"])["status"] == "past_due"
