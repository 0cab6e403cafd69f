"""A venue that is paid out, with names as long as they are in production."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.shop import Shop
from tests.support.requests import new_key
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.kernel.ids import derived
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting

AMOUNT = 125_000
# What is counted, and what warms up.
PAYABLE = 10 * AMOUNT


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue of the shop."""

    shop: Shop
    id: str

    account: str

    def pay_out(self, *, instant: bool = False) -> str:
        """Its owner asks; the payout's id."""
        owner = self.shop.deployed.as_user("owner", role="venue_owner", venues=[self.id])
        path, body = f"/api/v1/venues/{self.id}/payout", {"amount": AMOUNT, "instant": instant}
        headers = {**owner, "idempotency-key": new_key()}
        answer = self.shop.deployed.call("POST", path, body, headers=headers, function="venue_api")
        assert (answer.status, answer.body["status"]) == (200, "sent"), answer.body
        return str(answer.body["payoutId"])

    def bank_says(self, outcome: str, payout: str) -> dict[str, Any]:
        """Stripe tells what the bank does, and that is stored: the record that the inbox's stream has of it."""
        listed = self.shop.stripe.client.v1.payouts.list(options={"stripe_account": self.account}).data
        (ours,) = [each.id for each in listed if each.metadata["tollgate_payout"] == payout]
        self.shop.stripe.control(f"payouts/{ours}/settle", outcome=outcome)
        told = self.shop.stripe.receiver.told(f"payout.{outcome}", payout)
        self.shop.accept(self.shop.webhook_event(told))
        return self.shop.deployed.stream("INBOX_TABLE")[-1]


def a_venue(shop: Shop) -> Venue:
    """Connected, with settled sales, which are on our balance at Stripe too. Every account that a payout moves is
    there, and every instance has read what it reads once.
    """
    shop.stripe.earned(2 * PAYABLE)
    venue = Venue(shop, derived("ven", "paid out"), shop.stripe.account().id)
    headers = shop.deployed.as_user("boss", role="admin")
    path, body = f"/api/v1/venues/{venue.id}/account", {"stripeAccount": venue.account}
    assert shop.deployed.call("PUT", path, body, headers=headers, function="venue_api").status == 200
    _earn(shop, venue.id)
    venue.pay_out()
    return venue


def _earn(shop: Shop, venue: str) -> None:
    connection = connect()
    core = Table(connection, shop.deployed.environment["CORE_TABLE"])
    postings = (Posting(f"seller_available:{venue}", PAYABLE), Posting("provider_clearing:stripe", -PAYABLE))
    at = datetime.now(UTC)
    entry = JournalEntry(derived("jrn", venue), "demo", "earned", "USD", postings, "bench", "sales", at, venue)
    DynamoUnitOfWork(connection).commit(*book(DynamoJournal(core), DynamoBalances(core), entry, ()))
