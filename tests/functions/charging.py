"""A deployment that charges at Stripe, Square and the mock, against their simulators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.functions.reconciling import Stuck, stuck_deployment
from tests.functions.selling_at_square import deliver, square_secrets
from tests.simulators.square_world import LOCATIONS, SquareWorld
from tests.simulators.world import World
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import ORIGIN, new_key

MINUTE = 60
# Taken; and a bank that says no.
GOOD = {"stripe": "pm_card_visa", "square": "cnon:card-nonce-ok"}
# Where each takes charges, at its simulator.
PATHS = {"stripe": "/v1/payment_intents", "square": "/v2/payments"}


@dataclass
class Till:
    """A deployment, and the two providers behind it."""

    stuck: Stuck
    square: SquareWorld

    def charge(
        self, key: str | None = None, *, role: str = "user", headers: Mapping[str, str] | None = None, **fields: Any
    ) -> Answer:
        who = headers or self.stuck.deployed.as_user(role=role)
        headers = {**who, "idempotency-key": key or new_key()}
        body = {"items": [{"code": "concert_ticket", "quantity": 2}], "sources": GOOD, **fields}
        return self.stuck.deployed.call("POST", "/payments/charges", body, headers=headers)

    def fault(self, provider: str, kind: str, **order: Any) -> None:
        """For its next charge."""
        simulator = self.stuck.stripe if provider == "stripe" else self.square
        simulator.control("api/faults", kind=kind, method="POST", path=PATHS[provider], **order)

    def takings(self) -> dict[str, int]:
        """How often each has really taken money."""
        intents = self.stuck.stripe.client.v1.payment_intents.list(params={"limit": 100}).data
        at_square = [each for each in self.square.state("payments") if each["status"] == "COMPLETED"]
        return {"stripe": sum(each.status == "succeeded" for each in intents), "square": len(at_square)}

    def shown(self, payment: str) -> dict[str, Any]:
        headers = self.stuck.deployed.as_user()
        found = self.stuck.deployed.call("GET", f"/transactions/{payment}", headers=headers)
        transaction: dict[str, Any] = found.body["transaction"]
        return transaction

    def only(self) -> dict[str, Any]:
        """The only payment there is."""
        (item,) = self.stuck.deployed.stored("payment")
        return self.shown(item["pk"]["S"].split("#")[2])

    def reconciled_later(self, seconds: float) -> dict[str, Any]:
        """One run, which leaves the sweeps out."""
        self.stuck.swept(seconds, "square")
        self.stuck.later(seconds)
        self.square.clock.offset += seconds
        return self.stuck.reconcile()

    def hear_square(self, *types: str) -> None:
        self.square.receiver.wait_for(*types)
        for _, body, signed in self.square.receiver.told():
            assert deliver(self.stuck.deployed, body, signed).status == 200
        self.stuck.deployed.apply_inbox()


@contextmanager
def a_till(engine: Engine, stripe: World, square: SquareWorld, folder: Path, **overrides: str) -> Iterator[Till]:
    settings = {"SQUARE_API_BASE": square.base, "SQUARE_LOCATIONS": LOCATIONS, "ENABLE_SQUARE": "true", **overrides}
    with stuck_deployment(engine, stripe, folder, **settings) as stuck:
        square_secrets(stuck.deployed, square.receiver.url)
        yield Till(stuck, square)


BACK = f"{ORIGIN}/back"
