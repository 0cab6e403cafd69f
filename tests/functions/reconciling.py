"""A deployment in which everything can be left stuck on purpose, a Stripe that knows better, and clocks that move."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.simulators.world import KEY, World
from tests.support.deployment import Answer, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tests.support.sweeping import swept
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.runtime.clock import clock_for

HOUR = 3_600


class Killed(BaseException):
    """The end of a function, which nothing of ours catches."""


@dataclass
class Stuck:
    """One deployment with its Stripe."""

    deployed: Deployment
    stripe: World
    clock_file: Path

    def later(self, seconds: float) -> None:
        """Move the domain's clock and Stripe's."""
        offset = float(self.clock_file.read_text() or 0) + seconds
        # At once: whoever reads it meanwhile must not find it empty, and time back where it was.
        moved = self.clock_file.with_suffix(".moved")
        moved.write_text(str(offset))
        moved.replace(self.clock_file)
        self.stripe.clock.offset = offset

    def reconcile(self, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One run, as the schedule starts it, or with another event."""
        started = event or {"source": "aws.events"}
        result: dict[str, Any] = self.deployed.function("reconciler").handler(started, context())
        return result

    def admin(self, method: str, path: str, *, query: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """A request of the tenant's admin, or with other credentials."""
        who = headers if headers is not None else self.deployed.as_user("boss", role="admin")
        return self.deployed.call(method, path, headers=who, query=query, function="admin_api")

    def checkout(self, key: str | None = None, **fields: Any) -> Answer:
        return self.deployed.checkout(key, method="card", **fields)

    def killed_after_the_page_was_made(self) -> str:
        """A checkout whose function dies before its second transaction; the client's key."""
        key, commit, commits = new_key(), DynamoUnitOfWork.commit, [0]

        def dying(unit_of_work: DynamoUnitOfWork, *writes: Any) -> None:
            commits[0] += 1
            if commits[0] == 2:
                raise Killed
            commit(unit_of_work, *writes)

        with patch.object(DynamoUnitOfWork, "commit", dying):
            try:
                self.checkout(key)
            except Killed:
                del self.deployed.modules["checkout_api"]
                return key
        raise AssertionError("the function lived")

    def pay(self, checkout: Answer) -> None:
        """The buyer pays at Stripe. Its webhooks come to a receiver that nobody empties: they are lost."""
        self.stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay")

    def pass_on(self, *types: str, about: str = "") -> None:
        """Let what Stripe has sent reach the function URL, once these have come, without applying it."""
        for type_ in types:
            self.stripe.receiver.told(type_, about)
        for body, header in list(zip(self.stripe.receiver.bodies, self.stripe.receiver.signatures, strict=False)):
            assert self.deployed.webhook("stripe", body, header).status == 200

    def status(self, checkout: Answer) -> str:
        found = self.deployed.call("GET", f"/transactions/{checkout.body['id']}", headers=self.deployed.as_user())
        return str(found.body["transaction"]["status"])

    def types(self, payment: str) -> list[str]:
        return [event["type"] for event in self.deployed.events(payment)]

    def findings(self) -> dict[str, dict[str, str]]:
        """Kind to what is stored of the finding, one each."""
        found = {item["what"]["S"]: item for item in self.deployed.stored("finding")}
        return {
            kind: {name: next(iter(value.values())) for name, value in item.items()} for kind, item in found.items()
        }

    def repairs(self) -> dict[str, str]:
        """Kind to how far its repair is."""
        return {kind: finding["repair"] for kind, finding in self.findings().items()}

    def swept(self, seconds: float, *more: str) -> None:
        """As if the runs of that time had been made, and nothing had been found in it; of `more` providers, too."""
        now = clock_for(str(self.clock_file)).now()
        swept(self.deployed, now + timedelta(seconds=seconds), *more)

    def delivered(self) -> None:
        """As if the subscriber of the bus had had every event so far."""
        table = self.deployed.environment["CORE_TABLE"]
        for event in self.deployed.stored("event"):
            self.deployed.client("dynamodb").put_item(TableName=table, Item={**event, "counted": {"BOOL": True}})


@contextmanager
def stuck_deployment(engine: Engine, stripe: World, folder: Path, **overrides: str) -> Iterator[Stuck]:
    clock_file = folder / "clock"
    clock_file.write_text("0")
    settings = {"STRIPE_API_BASE": stripe.base, "TOLLGATE_CLOCK_FILE": str(clock_file), **overrides}
    with deployment(engine, judged=True, made_up_events=False, **settings) as made:
        made.environment["FAILED_RECORDS_BUCKET"] = f"{made.prefix}-failed"
        made.client("s3").create_bucket(Bucket=f"{made.prefix}-failed")
        made.client("events").create_event_bus(Name=made.environment["EVENT_BUS"])
        manager = made.client("secretsmanager")
        manager.put_secret_value(SecretId=f"{made.prefix}/stripe/api", SecretString=json.dumps({"secret_key": KEY}))
        signing = json.dumps({"signing_secrets": [stripe.receiver.secret]})
        manager.put_secret_value(SecretId=f"{made.prefix}/stripe/webhook", SecretString=signing)
        with patch.dict("os.environ", {"FAILED_RECORDS_BUCKET": f"{made.prefix}-failed"}):
            stuck = Stuck(made, stripe, clock_file)
            stuck.swept(-HOUR)  # as where it has been running: the first run of all looks back over a day
            yield stuck
