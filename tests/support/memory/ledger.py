"""The ledger's ports in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.support.memory import lists
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal
from tollgate.fees.platform import Sales
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger import accounts
from tollgate.ledger.balances import AccountKey, Change
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

JOURNAL, JOURNAL_MARK, BALANCE = "journal", "journal-mark", "balance"
_NOTHING = Change(0, 0, None)


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry as the journal keeps it. `projected` from its birth, or never."""

    entry: JournalEntry
    projected: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What an account comes to, and what of it was paid out, by day."""

    total: Change = _NOTHING
    paid: Mapping[date, int] = field(default_factory=dict)

    def moved(self, change: Change) -> Held:
        """The day of the first posting stays, whatever comes later from before it."""
        return replace(self, total=replace(self.total + change, since=self.total.since or change.since))


class MemoryJournal(Journal):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def append(self, entry: JournalEntry, *, projected: bool = False) -> Write:
        def refuse(stored: Any) -> Refusal:
            return EntryExists(entry) if stored else None

        return MemoryWrite((JOURNAL, entry.tenant, entry.id), Posted(entry, projected), refuse)

    def get(self, tenant: str, entry_id: str) -> JournalEntry | None:
        found = self._store.items.get((JOURNAL, tenant, entry_id))
        return found.entry if found else None


class MemoryBalances(Balances):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, currency: str, accounts: Collection[str]) -> Mapping[str, int]:
        found = {each: self._store.items.get((BALANCE, tenant, currency, each)) for each in accounts}
        return {each: held.total.amount if held else 0 for each, held in found.items()}

    def debit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be taken")

        def refuse(stored: Held | None) -> Refusal:
            return overdrawn(account, amount, stored or Held())

        key = AccountKey(tenant, currency, account)
        return MemoryWrite(place_of(key), lambda stored: stored.moved(Change(-amount, 1, None)), refuse)

    def credit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        return add(AccountKey(tenant, currency, account), Change(amount, 1, None))


class MemoryProjection(Projection):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def mark(self, entry: JournalEntry) -> Write:
        def refuse(stored: Any) -> Refusal:
            return AlreadyProjected(entry) if stored else None

        return MemoryWrite((JOURNAL_MARK, entry.tenant, entry.id), True, refuse)

    def apply(self, key: AccountKey, change: Change) -> Write:
        return add(key, change)

    def projected(self, entries: Sequence[JournalEntry]) -> frozenset[str]:
        return frozenset(each.id for each in entries if (JOURNAL_MARK, each.tenant, each.id) in self._store.items)


def place_of(key: AccountKey) -> Place:
    return (BALANCE, key.tenant, key.currency, key.account)


def add(key: AccountKey, change: Change) -> Write:
    """Change a balance by as much, whatever it is."""
    return MemoryWrite(place_of(key), lambda stored: (stored or Held()).moved(change), lambda _: None)


def overdrawn(account: str, amount: int, held: Held) -> Refusal:
    """What there is against taking so much."""
    balance = held.total.amount
    return Overdrawn(account, amount, balance) if balance < amount else None


class MemoryLedgerReader(LedgerReader, JournalSweep):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def balances(self, tenant: str, currency: str | None = None) -> list[Balance]:
        found = [
            (AccountKey(*place[1:]), held.total)
            for place, held in self._store.under(BALANCE, tenant)
            if currency in (None, place[2])
        ]
        all_ = (Balance(key, each.amount, each.postings, each.sales, each.since) for key, each in found)
        return sorted(all_, key=lambda each: each.key)

    def entries(self, wanted: EntriesWanted) -> EntriesPage:
        found = [
            each.entry
            for each in self._of(wanted.tenant)
            if wanted.since <= each.entry.occurred_at < wanted.until
            and wanted.currency in (None, each.entry.currency)
            and any(posting.account == wanted.account for posting in each.entry.postings)
        ]
        bound_to = (wanted.tenant, wanted.account, wanted.currency)
        return EntriesPage(*lists.page(found, _listed_at, wanted.limit, wanted.cursor, bound_to))

    def newest(self, tenant: str, until: datetime, limit: int) -> list[JournalEntry]:
        waiting = [each.entry for each in self._of(tenant) if not each.projected]
        found = [each for each in waiting if until - timedelta(days=1) <= each.occurred_at < until]
        return sorted(found, key=_listed_at, reverse=True)[:limit]

    def tenants(self) -> Iterable[str]:
        return sorted({place[1] for place, _ in self._store.under(BALANCE)})

    def day(self, tenant: str, day: date) -> Iterator[tuple[JournalEntry, bool]]:
        for each in self._of(tenant):
            if each.entry.occurred_at.astimezone(UTC).date() == day:
                yield each.entry, each.projected or (JOURNAL_MARK, tenant, each.entry.id) in self._store.items

    def _of(self, tenant: str) -> list[Posted]:
        return [each for _, each in self._store.under(JOURNAL, tenant)]


class MemorySales(Sales):
    """Beside the balances in which the projector counts them."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def of_month(self, tenant: str, seller: str, currency: str, month: str) -> int:
        key = AccountKey(tenant, currency, accounts.seller_pending(seller))
        held: Held = self._store.items.get(place_of(key), Held())
        return held.total.sales.get(month, 0)


def _listed_at(entry: JournalEntry) -> str:
    return lists.listed_at(entry.occurred_at, entry.id)
