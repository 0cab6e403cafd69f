"""A venue with money and an account at Stripe, and what there is to ask about its payouts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.functions.reconciling import Stuck
from tests.support.deployment import Answer
from tests.support.requests import context, new_key
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting

VENUE = "ven_1"
PATH = f"/api/v1/venues/{VENUE}"


@dataclass
class Venue:
    """One venue of a deployment."""

    stuck: Stuck
    account: str = ""

    def earn(self, payable: int, *, reserved: int = 0, pending: int = 0, currency: str = "USD") -> None:
        """Settled sales, as the ledger has them."""
        connection = connect()
        core = Table(connection, self.stuck.deployed.environment["CORE_TABLE"])
        parts = {"seller_available": payable, "seller_reserved": reserved, "seller_pending": pending}
        postings = [Posting(f"{family}:{VENUE}", amount) for family, amount in parts.items() if amount]
        postings.append(Posting("provider_clearing:stripe", -sum(parts.values())))
        entry = JournalEntry(
            f"jrn_{new_key()}", "demo", "test_earned", currency, tuple(postings), "test", "t", datetime.now(UTC), VENUE
        )
        DynamoUnitOfWork(connection).commit(*book(DynamoJournal(core), DynamoBalances(core), entry, ()))

    def ask(self, path: str = "/balance", who: Mapping[str, str] | None = None, query: str = "") -> Answer:
        return self.stuck.deployed.call(
            "GET", f"{PATH}{path}", headers=who or self.owner(), query=query, function="venue_api"
        )

    def pay_out(
        self, amount: Any = 20_000, key: str | None = None, who: Mapping[str, str] | None = None, **body: Any
    ) -> Answer:
        headers = {**(who or self.owner()), "idempotency-key": key or new_key()}
        sent = {"amount": amount, **body}
        return self.stuck.deployed.call("POST", f"{PATH}/payout", sent, headers=headers, function="venue_api")

    def connect(self, account: Any, who: Mapping[str, str] | None = None, **more: Any) -> Answer:
        headers = who or self.stuck.deployed.as_user("boss", role="admin")
        body = {"stripeAccount": account, **more}
        return self.stuck.deployed.call("PUT", f"{PATH}/account", body, headers=headers, function="venue_api")

    def owner(self, **claims: Any) -> dict[str, str]:
        fields: dict[str, Any] = {"role": "venue_owner", "venues": [VENUE], **claims}
        return self.stuck.deployed.as_user("owner-1", **fields)

    def payable(self) -> int:
        return int(self.ask().body["payoutInfo"]["payable"])

    def project(self) -> None:
        """The ledger's projector comes to all that was posted so far."""
        records = {"Records": self.stuck.deployed.stream("CORE_TABLE")}
        projected = self.stuck.deployed.function("ledger_projector").handler(records, context())
        assert projected == {"batchItemFailures": []}, projected

    def payout(self, answer: Answer) -> dict[str, Any]:
        return dict(self.ask(f"/payouts/{answer.body['payoutId']}").body["payout"])

    def only(self) -> dict[str, Any]:
        (found,) = self.ask("/payouts").body["payouts"]
        return dict(found)

    def sequence(self) -> list[str]:
        """The events of the only payout; gapless."""
        events = sorted(self.stuck.deployed.events(self.only()["id"]), key=lambda each: each["sequence"])
        assert [each["sequence"] for each in events] == list(range(1, len(events) + 1))
        return [each["type"].rpartition(".")[2] for each in events]

    def entries(self) -> list[tuple[str, dict[str, int]]]:
        found = [each for each in self.stuck.deployed.stored("journal_entry") if each["what"]["S"] != "test_earned"]
        return sorted((each["what"]["S"], json.loads(each["postings"]["S"])) for each in found)

    def hear(self, *types: str) -> None:
        """What Stripe has sent comes, and is applied."""
        self.stuck.pass_on(*types)
        self.stuck.deployed.apply_inbox()

    def at_stripe(self) -> tuple[list[Any], list[Any]]:
        """The transfers and the payouts that were made."""
        state = self.stuck.stripe.client.v1
        transfers = state.transfers.list({"destination": self.account}).data
        payouts = state.payouts.list(options={"stripe_account": self.account}).data
        return list(transfers), list(payouts)


def a_venue(stuck: Stuck, payable: int = 50_000, *, at_stripe: int = 1_000_000) -> Venue:
    """Connected, with so much payable here, and enough on the platform's balance at Stripe."""
    venue = Venue(stuck, stuck.stripe.account().id)
    if at_stripe:
        stuck.stripe.earned(at_stripe)
    assert venue.connect(venue.account).status == 200
    venue.earn(payable, reserved=5_000, pending=7_000)
    return venue
