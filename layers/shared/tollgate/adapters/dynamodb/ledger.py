"""The journal and its balances on the core table: what the rooms that move money write, and what the projector does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import batched

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import BalanceItem, Item, JournalEntryItem, JournalMarkItem
from tollgate.adapters.dynamodb.ledger_items import BALANCE, MARK, from_item, to_item
from tollgate.adapters.dynamodb.store import DynamoWrite, OnConflict, Raw, Table
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.balances import AccountKey, Change
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import AlreadyProjected, Balances, EntryExists, Journal, Overdrawn, Projection

SALES = "sales_"
# The most that BatchGetItem takes.
_BATCH = 100
_NEW_ENTRY = Prepared(JournalEntryItem.pk.does_not_exist())
_UNMARKED = Prepared(JournalMarkItem.pk.does_not_exist())


class DynamoJournal(Journal):
    """An entry is one item. The table's stream brings it to the projector."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def append(self, entry: JournalEntry, *, projected: bool = False) -> Write:
        item = to_item(entry, projected=projected)
        return self._core.put(item, _NEW_ENTRY.holding(), lambda _: EntryExists(entry))

    def get(self, tenant: str, entry_id: str) -> JournalEntry | None:
        raw = self._core.get(keys.journal_entry(tenant, entry_id))
        return from_item(raw) if raw else None


class DynamoBalances(Balances):
    """A balance is one item, found by its name."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, currency: str, accounts: Collection[str]) -> Mapping[str, int]:
        names = {keys.balance(tenant, currency, account)[0]: account for account in accounts}
        found = {names[raw["pk"]["S"]]: _amount(raw) for raw in self._read(names)}
        return {account: found.get(account, 0) for account in accounts}

    def debit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be taken")
        key = AccountKey(tenant, currency, account)
        enough = BalanceItem.amount >= amount
        taken = Change(-amount, 1, None)
        return write_change(self._core, key, taken, enough, lambda raw: overdrawn(account, amount, raw))

    def credit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        return add(self._core, AccountKey(tenant, currency, account), Change(amount, 1, None))

    def _read(self, names: Iterable[str]) -> list[Raw]:
        wanted = [(pk, "BALANCE") for pk in names]
        return [raw for some in batched(wanted, _BATCH, strict=False) for raw in self._core.get_all(some)]


class DynamoProjection(Projection):
    """Marks lie beside the entries: entries are listed in two indexes, and a change of theirs would be a write of
    both.
    """

    def __init__(self, core: Table) -> None:
        self._core = core

    def mark(self, entry: JournalEntry) -> Write:
        pk, sk = keys.journal_mark(entry.tenant, entry.id)
        item = JournalMarkItem(pk=pk, sk=sk, kind=MARK)
        return self._core.put(item, _UNMARKED.holding(), lambda _: AlreadyProjected(entry))

    def apply(self, key: AccountKey, change: Change) -> Write:
        return add(self._core, key, change)

    def projected(self, entries: Sequence[JournalEntry]) -> frozenset[str]:
        return marked(self._core, ((entry.tenant, entry.id) for entry in entries))


def marked(core: Table, entries: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The ids of those that have a mark, given by tenant and id."""
    wanted = [keys.journal_mark(tenant, id_) for tenant, id_ in entries]
    found = [raw for some in batched(wanted, _BATCH, strict=False) for raw in core.get_all(some)]
    return frozenset(raw["pk"]["S"].rpartition("#")[2] for raw in found)


def add(core: Table, key: AccountKey, change: Change) -> DynamoWrite:
    """Change a balance by as much, whatever it is; an account comes into being with its first posting."""
    ours = Item.pk.does_not_exist() | (Item.kind == BALANCE)
    return write_change(core, key, change, ours, _foreign)


def write_change(
    core: Table,
    key: AccountKey,
    change: Change,
    condition: Condition,
    refused: OnConflict,
    also: Sequence[Action] = (),
) -> DynamoWrite:
    """Change a balance under a condition, and what lies beside it on its item."""
    actions = [*_actions(key, change), *also]
    return core.update(keys.balance(key.tenant, key.currency, key.account), actions, condition, refused)


def _actions(key: AccountKey, change: Change) -> list[Action]:
    place = keys.account_place(key.tenant, key.currency, key.account)
    listed = [BalanceItem.hour_shard.set(keys.ACCOUNTS), BalanceItem.sk_event.set(place)]
    added = [BalanceItem.amount.add(change.amount), BalanceItem.postings.add(change.postings)]
    sales = [Path(f"{SALES}{month}").add(sold) for month, sold in change.sales.items()]
    return [BalanceItem.kind.set(BALANCE), *listed, *_since(change.since), *added, *sales]


def _since(day: date | None) -> list[Action]:
    if day is None:
        return []
    return [BalanceItem.since.set(BalanceItem.since | day.isoformat())]


def _amount(raw: Raw) -> int:
    return int(raw["amount"]["N"])


def overdrawn(account: str, amount: int, raw: Raw | None) -> Exception:
    """What a debit raises that met this item."""
    return Overdrawn(account, amount, _amount(raw) if raw else 0)


def _foreign(raw: Raw | None) -> Exception:
    return ConcurrentChange(f"something else stands where a balance should be: {raw}")
