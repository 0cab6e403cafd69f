"""Square's simulator in this process, as Stripe's is: its door is on the wire, its clock is the domain's, and its
webhooks wait to be fetched.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from local.simulators.square import payments
from local.simulators.square.app import SquareSimulatorSettings, create_app
from local.simulators.square.simulator import Simulator
from tests.simulators.square_world import LOCATION, LOCATIONS, SIGNING_KEY, TOKEN
from tests.simulators.world import free_port, served
from tests.support.crashing_door import Door
from tests.support.crashing_stripe import Charge, Money, Page
from tests.support.crashing_wire import Wire
from tests.support.deployment import Deployment
from tollgate.adapters.providers.square.echo import of_note

# Where it was told to deliver to; nobody does, and the address is part of what it signs.
ADDRESS = "http://127.0.0.1:9/webhooks/square"
CARD = "4111111111111111"
_ID = re.compile(r"(?<=/)[A-Z0-9]{12,}")
_STANDS = {"COMPLETED": "taken", "FAILED": "ended", "CANCELED": "ended"}


@dataclass
class Square:
    """What buyers do, and the truth about pages and money."""

    base: str
    simulator: Simulator
    _known: dict[str, int] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """A deployment's, that sells here too."""
        return {"ENABLE_SQUARE": "true", "SQUARE_API_BASE": self.base, "SQUARE_LOCATIONS": LOCATIONS}

    def fill_secrets(self, deployed: Deployment) -> None:
        secrets = {
            "api": {"access_token": TOKEN},
            "webhook": {"signing_keys": [SIGNING_KEY], "notification_url": ADDRESS},
        }
        for name, value in secrets.items():
            wanted = {"SecretId": f"{deployed.prefix}/square/{name}", "SecretString": json.dumps(value)}
            deployed.client("secretsmanager").put_secret_value(**wanted)

    def begin(self) -> None:
        """What is told from now on begins here."""
        self.simulator.faults.cancel()
        with self.simulator.books.at_rest():
            self._known = {kind: len(all_) for kind, all_ in self.simulator.books.kinds.items()}

    def pay(self, order: str) -> None:
        """The buyer pays; nothing happens where the page is open no more."""
        if any(page.reference == order and page.status == "open" for page in self.pages()):
            self.simulator.perform(
                lambda books: payments.pay(books, books.get("orders", order), self._note(order), CARD)
            )

    def _note(self, order: str) -> str | None:
        pages = self.simulator.books.of("pages").values()
        return next((each["note"] for each in pages if each["order"] == order), None)

    def pages(self) -> list[Page]:
        """Orders that have a link, or had one."""
        found = [each for each in self._new("orders") if self._note(each["id"]) is not None]
        return [Page(each["id"], each["reference_id"], self._status(each), "square") for each in found]

    def _status(self, order: Mapping[str, Any]) -> str:
        if order["state"] == "CANCELED":
            return "expired"
        return "open" if payments.can_be_paid(self.simulator.books, dict(order)) else "complete"

    def money(self) -> list[Money]:
        paid = [each for each in self._new("payments") if each["status"] == "COMPLETED"]
        return [Money(_ours(each), each["id"], each["total_money"]["amount"], "square") for each in paid]

    def charges(self) -> list[Charge]:
        """Payments that belong to no page."""
        made = [each for each in self._new("payments") if "reference_id" in each]
        return [Charge("square", _ours(each), each["id"], _STANDS.get(each["status"], "open")) for each in made]

    def webhooks(self) -> list[tuple[str, bytes]]:
        """Every event with its bytes, in the order they happened."""
        told = [each["payload"] for each in self._new("deliveries")]
        return [(json.loads(payload)["event_id"], payload.encode()) for payload in told]

    def _new(self, kind: str) -> list[dict[str, Any]]:
        with self.simulator.books.at_rest():
            return list(islice(self.simulator.books.of(kind).values(), self._known.get(kind, 0), None))


def _ours(payment: Mapping[str, Any]) -> str:
    noted = of_note(payment.get("note"))
    assert noted is not None, payment
    return noted[1]


@contextmanager
def a_square(wire: Wire, offset: Callable[[], float]) -> Iterator[Square]:
    """A simulator that runs in a thread, and sends nothing by itself."""
    port = free_port()
    app = create_app(
        SquareSimulatorSettings(
            public_base=f"http://127.0.0.1:{port}",
            notification_url=ADDRESS,
            access_tokens=lambda: [TOKEN],
            signing_keys=lambda: [SIGNING_KEY],
            now=lambda: time.time() + offset(),
            locations={LOCATION: "USD"},
        )
    )
    simulator: Simulator = app.state.simulator
    simulator._deliveries.stop()

    def order(kind: str, work: str, times: int) -> None:
        rule = {"kind": kind, "times": times, "method": None, "path": None, "seconds": 0.0}
        simulator.faults.order({**rule, "work": None if kind == "drop" else work})

    with served(Door("square", "/v2/", _ID, app, wire, order), port):
        yield Square(f"http://127.0.0.1:{port}", simulator)
