"""A ledger on any store, and entries as tests want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.builders import NOW
from tests.support.stores import Store
from tollgate.kernel.clock import FixedClock
from tollgate.ledger.desk import LedgerDesk
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Balances, Journal, JournalSweep, LedgerReader, Projection
from tollgate.ledger.projecting import Projector
from tollgate.ledger.rules import payment_confirmed


@dataclass(frozen=True)
class Ledger:
    """Everything about it, on one store."""

    store: Store
    journal: Journal
    balances: Balances
    projection: Projection
    reader: LedgerReader
    sweep: JournalSweep

    @property
    def projector(self) -> Projector:
        return Projector(self.projection, self.store.unit_of_work)

    @property
    def desk(self) -> LedgerDesk:
        return LedgerDesk(self.reader, self.projection, FixedClock(NOW))

    def post(self, *entries: JournalEntry) -> tuple[JournalEntry, ...]:
        """Each in a transaction of its own."""
        for each in entries:
            self.store.unit_of_work.commit(self.journal.append(each))
        return entries

    def posted(self, *entries: JournalEntry) -> None:
        """In the journal, and in the balances."""
        self.projector.project(self.post(*entries))

    def held(self, account: str, tenant: str = "demo", currency: str = "USD") -> int:
        return self.balances.get(tenant, currency, [account])[account]


def a_ledger(store: Store) -> Ledger:
    """On any store."""
    moving = store.journal, store.balances, store.projection
    return Ledger(store, *moving, store.ledger_reader, store.journal_sweep)


def a_sale(name: str = "1", **fields: Any) -> JournalEntry:
    """A confirmed payment of 50.00, of which 5.00 are our fee and 1.75 the provider's."""
    sale: dict[str, Any] = {
        "tenant": "demo",
        "payment_id": f"pay_{name}",
        "provider": "stripe",
        "seller": "ven_1",
        "currency": "USD",
        "amount": 5000,
        "platform_fee": 500,
        "provider_fee": 175,
        "at": NOW,
    }
    entry = payment_confirmed(**(sale | fields))
    assert entry is not None
    return entry
