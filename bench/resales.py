"""Resold tickets of the shop: listed, bought, paid into an escrow, and handed over."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.shop import Shop
from tests.functions.reselling import SERVICE
from tests.functions.test_stats import messages
from tests.support.requests import context, new_key

MARKET, FUNCTION = "/api/v1/marketplace", "marketplace_api"
PRICE = 15_000
# As long as ticket services make them.
_TICKET = {"venueId": "ven_riverside_theatre", "eventId": "evt_2026_summer_festival", "eventName": "Summer Festival"}

# Does something as the operation of this name: what it costs is told apart from the rest.
type Step = Callable[[str, Callable[[], Any]], Any]


@dataclass
class Resale:
    """A seller and a buyer of one ticket."""

    shop: Shop
    seller: str = field(default_factory=lambda: str(uuid.uuid4()))
    buyer: str = field(default_factory=lambda: str(uuid.uuid4()))

    def listed(self) -> str:
        """A ticket that nobody knew before."""
        ticket = f"tic_{uuid.uuid4().hex}"
        said = {**_TICKET, "ownerId": self.seller, "faceValue": 10_000, "currency": "USD"}
        self._ask("PUT", f"/internal/marketplace/tickets/{ticket}", said, SERVICE)
        body = {"ticketId": ticket, "price": PRICE, "venueId": _TICKET["venueId"]}
        who = self.shop.deployed.as_user(self.seller)
        return str(self._ask("POST", f"{MARKET}/listings", body, who)["listing"]["id"])

    def buy(self, listing: str, **how: Any) -> dict[str, Any]:
        headers = {**self.shop.deployed.as_user(self.buyer), "idempotency-key": new_key()}
        bought = self._ask("POST", f"{MARKET}/purchase", {"listingId": listing, **how}, headers)
        return dict(bought)

    def buy_unheard(self, listing: str) -> dict[str, Any]:
        """Stripe takes the money, and its answer is lost."""
        self.shop.stripe.control("api/faults", kind="drop", work="first", method="POST", path="/v1/payment_intents")
        bought = self.buy(listing, paymentMethodId="pm_card_visa")
        assert bought["payment"]["outcome"] == "unknown"
        return bought

    def told(self, bought: Mapping[str, Any]) -> dict[str, Any]:
        """What the inbox's stream has, once Stripe has told of its money."""
        told = self.shop.stripe.receiver.told("payment_intent.succeeded", bought["payment"]["id"])
        self.shop.accept(self.shop.webhook_event(told))
        return self.shop.deployed.stream("INBOX_TABLE")[-1]

    def confirm(self, escrow: str) -> None:
        self._ask("POST", f"/internal/transfers/{escrow}/confirm", None, SERVICE)

    def release(self, escrow: str) -> None:
        given = {"tenant": "demo", "escrow": escrow}
        assert self.shop.deployed.function("escrow_step").handler(given, context())["outcome"] == "released"

    def count(self, escrow: str) -> None:
        told = {"type": "payments.escrow.released", "tenant": "demo", "data": {}}
        about = {**told, "aggregate": {"type": "escrow", "id": escrow}}
        counter = self.shop.deployed.function("royalty_counter")
        assert counter.handler({"Records": messages(about)}, context()) == {"batchItemFailures": []}

    def _ask(self, method: str, path: str, body: Any, who: Mapping[str, str]) -> Any:
        answer = self.shop.deployed.call(method, path, body, headers=who, function=FUNCTION)
        assert answer.status < 300, answer.body
        return answer.body


def resell(shop: Shop, step: Step) -> None:
    """All of it once, and then once more, told apart by `step`: by then the instances have read what they read once."""
    _live(Resale(shop), lambda _, act: act())
    _live(Resale(shop), step)


def _live(resale: Resale, step: Step) -> None:
    listing = resale.listed()
    bought = step("resale_purchase", lambda: resale.buy(listing, paymentMethodId="pm_card_visa"))
    record = resale.told(resale.buy_unheard(resale.listed()))
    step("escrow_fund", lambda: resale.shop.apply(record))
    escrow = str(bought["escrow"]["id"])
    resale.confirm(escrow)
    step("escrow_release", lambda: resale.release(escrow))
    step("royalty_count", lambda: resale.count(escrow))
