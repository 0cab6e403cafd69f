"""What resales are stored in: in memory, and on DynamoDB. As `stores`."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.builders import NOW
from tests.support.memory.resale import (
    MemoryEscrows,
    MemoryListings,
    MemoryRoyalties,
    MemorySoldThings,
    MemoryTickets,
    MemoryWaiting,
)
from tests.support.memory.store import MemoryStore
from tollgate.adapters.dynamodb.escrows import DynamoEscrows, DynamoWaiting
from tollgate.adapters.dynamodb.listings import DynamoListings, DynamoTickets
from tollgate.adapters.dynamodb.royalties import DynamoRoyalties
from tollgate.adapters.dynamodb.sold_things import DynamoSoldThings
from tollgate.adapters.dynamodb.store import Table
from tollgate.escrow.ports import EscrowRepository, SoldThings, Waiting
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.marketplace.ports import ListingRepository, RoyaltyBook, TicketRepository


@dataclass(frozen=True)
class ResaleStore:
    """All that the marketplace and the escrow room ask of a store."""

    escrows: EscrowRepository
    waiting: Waiting
    sold: SoldThings
    tickets: TicketRepository
    listings: ListingRepository
    royalties: RoyaltyBook


def in_memory(store: MemoryStore, unit_of_work: UnitOfWork) -> ResaleStore:
    return ResaleStore(
        MemoryEscrows(store),
        MemoryWaiting(store, unit_of_work),
        MemorySoldThings(),
        MemoryTickets(store),
        MemoryListings(store),
        MemoryRoyalties(store, unit_of_work),
    )


def on_dynamo(core: Table, unit_of_work: UnitOfWork) -> ResaleStore:
    return ResaleStore(
        DynamoEscrows(core),
        DynamoWaiting(core, unit_of_work, FixedClock(NOW)),
        DynamoSoldThings(core),
        DynamoTickets(core),
        DynamoListings(core),
        DynamoRoyalties(core, unit_of_work),
    )
