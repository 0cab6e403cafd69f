"""The ledger's ports in memory, a ledger on any store, and entries as tests want them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.support.builders import NOW
from tests.support.memory import MemoryStore, MemoryWrite, Refusal
from tests.support.stores import InMemory, OnDynamo, Store
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal, DynamoProjection
from tollgate.adapters.dynamodb.ledger_reading import DynamoJournalSweep, DynamoLedgerReader
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.balances import AccountKey, Change
from tollgate.ledger.desk import LedgerDesk
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import (
    AlreadyProjected,
    Balance,
    Balances,
    EntriesPage,
    EntriesWanted,
    EntryExists,
    Journal,
    JournalSweep,
    LedgerReader,
    Overdrawn,
    Projection,
)
from tollgate.ledger.projecting import Projector
from tollgate.ledger.rules import payment_confirmed


class MemoryJournal(Journal):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def append(self, entry: JournalEntry, *, projected: bool = False) -> Write:
        def refuse(stored: Any) -> Refusal:
            return EntryExists(entry) if stored else None

        return MemoryWrite(("journal", entry.tenant, entry.id), (entry, projected), refuse)

    def get(self, tenant: str, entry_id: str) -> JournalEntry | None:
        found = self._store.items.get(("journal", tenant, entry_id))
        return found[0] if found else None


def _add(key: AccountKey, change: Change, lowest: int | None = None) -> Write:
    def refuse(stored: Change | None) -> Refusal:
        held = stored.amount if stored else 0
        return Overdrawn(key.account, lowest, held) if lowest is not None and held < lowest else None

    place = ("balance", key.tenant, key.currency, key.account)
    return MemoryWrite(place, lambda stored: stored + change if stored else change, refuse)


class MemoryBalances(Balances):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, currency: str, accounts: Collection[str]) -> Mapping[str, int]:
        found = {each: self._store.items.get(("balance", tenant, currency, each)) for each in accounts}
        return {each: change.amount if change else 0 for each, change in found.items()}

    def debit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be taken")
        return _add(AccountKey(tenant, currency, account), Change(-amount, 1, None), lowest=amount)

    def credit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        return _add(AccountKey(tenant, currency, account), Change(amount, 1, None))


class MemoryProjection(Projection):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def mark(self, entry: JournalEntry) -> Write:
        def refuse(stored: Any) -> Refusal:
            return AlreadyProjected(entry) if stored else None

        return MemoryWrite(("journal-mark", entry.tenant, entry.id), True, refuse)

    def apply(self, key: AccountKey, change: Change) -> Write:
        return _add(key, change)

    def projected(self, entries: Sequence[JournalEntry]) -> frozenset[str]:
        return frozenset(each.id for each in entries if ("journal-mark", each.tenant, each.id) in self._store.items)


class MemoryLedgerReader(LedgerReader, JournalSweep):
    """Pages end after `limit` entries, and their cursors are numbers."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def balances(self, tenant: str, currency: str | None = None) -> list[Balance]:
        found = [(AccountKey(*key[1:]), each) for key, each in self._store.items.items() if key[0] == "balance"]
        return sorted(
            (
                Balance(key, each.amount, each.postings, each.sales, each.since)
                for key, each in found
                if key.tenant == tenant and currency in (None, key.currency)
            ),
            key=lambda each: each.key,
        )

    def entries(self, wanted: EntriesWanted) -> EntriesPage:
        found = [
            each
            for each, _ in self._newest_first(wanted.tenant)
            if wanted.since <= each.occurred_at < wanted.until
            and wanted.currency in (None, each.currency)
            and any(posting.account == wanted.account for posting in each.postings)
        ]
        start = int(wanted.cursor or 0)
        end = start + wanted.limit
        return EntriesPage(tuple(found[start:end]), str(end) if len(found) > end else None)

    def newest(self, tenant: str, until: datetime, limit: int) -> list[JournalEntry]:
        since = until - timedelta(days=1)
        found = [each for each, born in self._newest_first(tenant) if not born and since <= each.occurred_at < until]
        return found[:limit]

    def tenants(self) -> Iterable[str]:
        return sorted({key[1] for key in self._store.items if key[0] == "balance"})

    def day(self, tenant: str, day: date) -> Iterator[tuple[JournalEntry, bool]]:
        for each, born in self._newest_first(tenant):
            if each.occurred_at.astimezone(UTC).date() == day:
                yield each, born or ("journal-mark", tenant, each.id) in self._store.items

    def _newest_first(self, tenant: str) -> list[tuple[JournalEntry, bool]]:
        ours = [each for each in self._store.of("journal") if each[0].tenant == tenant]
        return sorted(ours, key=lambda each: (each[0].occurred_at, each[0].id), reverse=True)


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
    """On the tables of a real store, or in memory."""
    if isinstance(store, OnDynamo):
        core = store.core
        reading = DynamoLedgerReader(core), DynamoJournalSweep(core)
        return Ledger(store, DynamoJournal(core), DynamoBalances(core), DynamoProjection(core), *reading)
    assert isinstance(store, InMemory)
    memory = store.store
    reader = MemoryLedgerReader(memory)
    return Ledger(store, MemoryJournal(memory), MemoryBalances(memory), MemoryProjection(memory), reader, reader)


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
