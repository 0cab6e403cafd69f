"""A deployment that sells through Square, against its simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests.functions.reconciling import Stuck, stuck_deployment
from tests.simulators.square_world import LOCATIONS, SIGNING_KEY, TOKEN, SquareWorld
from tests.simulators.world import World
from tests.support.deployment import Answer, Deployment
from tests.support.engine import Engine
from tollgate.adapters.providers.square.door import HEADER

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass
class Shop:
    """A deployment that sells through Square, and the clocks of both."""

    stuck: Stuck
    square: SquareWorld

    def checkout(self, key: str | None = None, **fields: Any) -> Answer:
        return self.stuck.checkout(key, **fields)

    def order(self, checkout: Answer) -> str:
        return str(checkout.body["providerCheckoutSessionId"])

    def pay(self, checkout: Answer, **fields: Any) -> Any:
        return self.square.pay(self.order(checkout), **fields)

    def paid(self, **fields: Any) -> tuple[Answer, str]:
        """The checkout, and the payment's id at Square."""
        checkout = self.checkout(**fields)
        payment = self.pay(checkout)["id"]
        self.pass_on("payment.updated COMPLETED")
        assert self.stuck.status(checkout) == "confirmed"
        return checkout, payment

    def pass_on(self, *types: str, count: int = 1) -> None:
        """Hand everything that Square has sent to the function URL, once these have come; then apply it."""
        self.square.receiver.wait_for(*types, count=count)
        for _, body, signed in self.square.receiver.told():
            assert deliver(self.stuck.deployed, body, signed).status == 200
        self.stuck.deployed.apply_inbox()

    def later(self, seconds: float) -> None:
        self.stuck.later(seconds)
        self.square.clock.offset += seconds

    def reconciled_later(self, seconds: float) -> dict[str, Any]:
        """One run, which leaves the sweeps out."""
        self.stuck.swept(seconds, "square")
        self.later(seconds)
        return self.stuck.reconcile()

    def cancel(self, checkout: Answer) -> Answer:
        path = f"/payments/checkout/{checkout.body['id']}/cancel"
        return self.stuck.deployed.call("POST", path, headers=self.stuck.deployed.as_user())


def deliver(deployed: Deployment, payload: bytes, signed: str) -> Answer:
    """Bytes to the function URL, with that signature."""
    headers = {HEADER: signed}
    return deployed.call("POST", "/webhooks/square", raw=payload, headers=headers, function="provider_webhook")


def square_secrets(deployed: Deployment, address: str) -> None:
    """As an operator fills them; `address` is the one that Square was given."""
    secrets = {
        "api": {"access_token": TOKEN},
        "webhook": {"signing_keys": [SIGNING_KEY], "notification_url": address},
    }
    for name, value in secrets.items():
        wanted = {"SecretId": f"{deployed.prefix}/square/{name}", "SecretString": json.dumps(value)}
        deployed.client("secretsmanager").put_secret_value(**wanted)


@contextmanager
def a_shop(engine: Engine, square: SquareWorld, folder: Path) -> Iterator[Shop]:
    nobody = SimpleNamespace(base="", receiver=SimpleNamespace(secret=""), clock=SimpleNamespace(offset=0))
    settings = {"SQUARE_API_BASE": square.base, "SQUARE_LOCATIONS": LOCATIONS, "ENABLE_SQUARE": "true"}
    switched = {**settings, "ENABLE_STRIPE": "false", "DEFAULT_PAYMENT_PROVIDER": "square"}
    with stuck_deployment(engine, cast(World, nobody), folder, **switched) as stuck:
        square_secrets(stuck.deployed, square.receiver.url)
        # Stripe has never sold here: with credentials it would be asked about what it sold.
        key = f"{stuck.deployed.prefix}/stripe/api"
        stuck.deployed.client("secretsmanager").put_secret_value(SecretId=key, SecretString="{}")
        yield Shop(stuck, square)
