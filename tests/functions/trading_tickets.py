"""Tickets of the tenant `demo` that are resold: made anew each time they are asked for. As `trading`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.functions.paying_out import VENUE
from tests.functions.trading import BUYER, DEMO, Thing, Trade
from tests.support.deployment import PLATFORM_TOKEN
from tollgate.kernel.ids import derived

MARKET, TICKETS = "/api/v1/marketplace", "/internal/marketplace/tickets"
SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": DEMO}


@dataclass(frozen=True)
class Tickets:
    """What a trade has to do with tickets."""

    trade: Trade

    def ticket(self, owner: str = BUYER) -> str:
        """One that its owner may sell."""
        id_ = derived("tic", self.trade.key())
        said = {"ownerId": owner, "venueId": VENUE, "eventId": "evt_1", "faceValue": 10_000, "currency": "USD"}
        assert self._ask("PUT", f"{TICKETS}/{id_}", said, SERVICE).status == 200
        return id_

    def listing(self, seller: str = BUYER) -> str:
        body = {"ticketId": self.ticket(seller), "price": 15_000, "venueId": VENUE}
        who = {**self.trade.deployed.as_user(seller), "idempotency-key": self.trade.key()}
        made = self._ask("POST", f"{MARKET}/listings", body, who)
        assert made.status == 201, made.body
        return str(made.body["listing"]["id"])

    def escrow(self, *, disputed: bool = False) -> str:
        """Of what the buyer has bought; who else may read of it is the whole tenant's."""
        body = {"listingId": self.listing("seller-1"), "sources": {"mock": "ok"}, "method": "mock"}
        buyer = self.trade.deployed.as_user(BUYER)
        made = self._ask("POST", f"{MARKET}/purchase", body, {**buyer, "idempotency-key": self.trade.key()})
        assert made.status == 200, made.body
        id_ = str(made.body["escrow"]["id"])
        if disputed:
            assert self._ask("POST", f"{MARKET}/escrows/{id_}/dispute", {"reason": "late"}, buyer).status == 200
        self.trade.things += [Thing(text, DEMO, user=BUYER) for text in (id_, made.body["payment"]["id"])]
        return id_

    def _ask(self, method: str, path: str, body: dict[str, Any], who: Any) -> Any:
        return self.trade.deployed.call(method, path, body, headers=who, function="marketplace_api")
