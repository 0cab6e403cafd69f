"""Subscriptions of a deployment at Stripe, over the simulator, on a clock that both follow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulators.world import KEY, World, wait_until
from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import ORIGIN, context, new_key
from tollgate.kernel.clock import from_iso

API = "subscription_api"
DAY, HOUR = 86_400, 3_600
SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
PAGES = {"successUrl": f"{ORIGIN}/thanks?session={{CHECKOUT_SESSION_ID}}", "cancelUrl": f"{ORIGIN}/plans"}


@dataclass
class Club:
    """Who sells plans, and who has them."""

    deployed: Deployment
    stripe: World
    clock_file: Path
    # Whose webhooks are lost for now.
    deaf: bool = False
    _heard: int = field(default=0)

    def order(
        self, plan: str = "gold_month", key: str | None = None, who: Mapping[str, str] | None = None, **fields: Any
    ) -> Answer:
        body = {"pricingItemCode": plan, **PAGES, **fields}
        headers = {**(who or self.deployed.as_user()), "idempotency-key": key or new_key()}
        return self.deployed.call("POST", "/subscriptions", body, headers=headers, function=API)

    def subscribe(self, plan: str = "gold_month", card: str = "4242424242424242", **fields: Any) -> dict[str, Any]:
        """Ordered, paid, and heard of."""
        ordered = self.order(plan, **fields)
        assert ordered.status == 201, ordered.body
        self.stripe.control(f"sessions/{ordered.body['providerCheckoutSessionId']}/pay", card=card)
        self.hear()
        return self.show(ordered.body["id"], SERVICE)

    def ask(self, method: str, path: str, body: Any = None, who: Mapping[str, str] | None = None) -> Answer:
        function = "checkout_api" if path.startswith("/transactions") else API
        path, _, query = path.partition("?")
        return self.deployed.call(
            method, path, body, headers=who or self.deployed.as_user(), query=query, function=function
        )

    def show(self, id_: str, who: Mapping[str, str] | None = None) -> dict[str, Any]:
        shown = self.ask("GET", f"/subscriptions/{id_}", who=who)
        assert shown.status == 200, shown.body
        return dict(shown.body)

    def said(self, id_: str) -> list[str]:
        """What has happened to it, the first first."""
        history = self.show(id_)["history"]
        return [each["type"].removeprefix("payments.subscription.") for each in reversed(history)]

    def at_stripe(self, id_: str) -> Any:
        """The subscription there, by our mark on it."""
        found = self.stripe.client.v1.subscriptions.list(params={"limit": 100, "status": "all"}).data
        return next(each for each in found if each.metadata["tollgate_subscription"] == id_)

    def pass_time(self, seconds: float) -> None:
        """For everybody, and hear what Stripe does meanwhile."""
        self.stripe.clock.offset += seconds
        self.clock_file.write_text(str(self.stripe.clock.offset))
        self.stripe.state()
        self.hear()

    def renew(self, id_: str) -> dict[str, Any]:
        """Until the next period has been charged, or not."""
        end = self.at_stripe(id_)["items"]["data"][0]["current_period_end"]
        self.pass_time(end - self.stripe.clock() + HOUR + 60)
        return self.show(id_, SERVICE)

    def hear(self) -> None:
        """All that Stripe has told since, in its order."""
        if self.deaf:
            return
        listed = self.stripe.client.v1.events.list(params={"limit": 100}).auto_paging_iter()
        happened = sum(1 for _ in listed)
        wait_until(lambda: len(self.stripe.receiver.bodies) >= happened, "what Stripe has told")
        bodies = self.stripe.receiver.bodies
        while self._heard < len(bodies):
            number, self._heard = self._heard, self._heard + 1
            answer = self.deployed.webhook("stripe", bodies[number], self.stripe.receiver.signatures[number])
            assert answer.status == 200
        self.deployed.apply_inbox()

    def decline_next(self, id_: str, code: str = "insufficient_funds", times: int = 1) -> None:
        """The next charges of its card, by its bank."""
        self.stripe.control(f"subscriptions/{self.at_stripe(id_)['id']}/decline", code=code, times=times)

    def step(self, id_: str, invoice: str) -> dict[str, Any]:
        """As the state machine asks for one."""
        given = {"tenant": "demo", "subscription": id_, "invoice": invoice}
        result: dict[str, Any] = self.deployed.function("dunning_step").handler(given, context())
        return result

    def dun(self, id_: str, days: float) -> list[str]:
        """As the state machine does, for so many days: what each step came to."""
        told = self.show(id_, SERVICE)["history"]
        invoice = next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started"))
        end, outcomes = self.stripe.clock() + days * DAY, []
        while True:
            step = self.step(id_, invoice)
            outcomes.append(str(step["outcome"]))
            until = from_iso(step["until"]).timestamp() if step["until"] else None
            if until is None or until > end:
                return outcomes
            self.pass_time(max(until - self.stripe.clock(), 0) + 1)

    def reconcile(self) -> dict[str, Any]:
        """One run, as the schedule starts it."""
        result: dict[str, Any] = self.deployed.function("reconciler").handler({"source": "aws.events"}, context())
        return result

    def outcomes(self) -> dict[str, str]:
        """What became of each event of Stripe's, by type and id."""
        kept = self.deployed.stored("provider_event", "INBOX_TABLE")
        return {f"{each['type']['S']} {each['event_id']['S']}": each["status"]["S"] for each in kept}


@contextmanager
def a_club(engine: Engine, stripe: World, folder: Path) -> Iterator[Club]:
    clock = folder / "clock"
    clock.write_text("0")
    with deployment(engine, STRIPE_API_BASE=stripe.base, TOLLGATE_CLOCK_FILE=str(clock)) as made:
        manager = made.client("secretsmanager")
        for name, secret in (
            ("stripe/api", {"secret_key": KEY}),
            ("stripe/webhook", {"signing_secrets": [stripe.receiver.secret]}),
        ):
            manager.put_secret_value(SecretId=f"{made.prefix}/{name}", SecretString=json.dumps(secret))
        yield Club(made, stripe, clock)
