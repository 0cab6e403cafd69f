"""Sellers who have something to be paid out.

It is posted, in one balanced entry through the ledger's own adapters. Brought about by a sale, its webhooks, and the
reconciler on a clock that is moved by days, it would take longer than all else at a point; and that clock would let the
sales of all earlier points settle in between, and release their reserves. Settlement has tests of its own; of it, only
the balance that it leaves matters to a payout.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from tests.support.crashing_client import TENANT
from tests.support.crashing_world import UNTIL_RECONCILED, World
from tests.support.requests import new_key, token
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry, Posting

PAYABLE = 50_000


def earn(world: World) -> None:
    """A venue with an account at Stripe, and something to be paid out."""
    sweep(world)
    account = world.stripe.connected()
    headers = {"authorization": f"Bearer {token('boss', TENANT, 'admin')}"}
    told = world.call("PUT", venue_path(world, "account"), {"stripeAccount": account}, headers, "venue_api")
    assert told.status == 200, told
    venue = world.purchase.venue
    postings = (Posting(f"seller_available:{venue}", PAYABLE), Posting("provider_clearing:stripe", -PAYABLE))
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    entry = JournalEntry(f"jrn_{new_key()}", TENANT, "earned", "USD", postings, "test", "sale", now, venue)
    core, unit_of_work = _store(world.deployed.environment["CORE_TABLE"])
    unit_of_work.commit(*book(DynamoJournal(core), DynamoBalances(core), entry, ()))


def sweep(world: World) -> None:
    """As if the reconciler had swept over all time, also that of its next run: no sweep of it finds a payout."""
    runs = DynamoRuns(*_store(world.deployed.environment["CORE_TABLE"]))
    for name in ("events", "sessions:stripe:soon", "sessions:stripe:final", "sessions:mock:soon"):
        runs.advance(name, datetime.fromtimestamp(world.clock.now(), UTC) + timedelta(seconds=2 * UNTIL_RECONCILED))


@cache
def _store(table: str) -> tuple[Table, DynamoUnitOfWork]:
    """One client for all points of a world."""
    connection = connect()
    return Table(connection, table), DynamoUnitOfWork(connection)


def venue_path(world: World, of_the_venue: str) -> str:
    """Where the API has it."""
    return f"/api/v1/venues/{world.purchase.venue}/{of_the_venue}"
