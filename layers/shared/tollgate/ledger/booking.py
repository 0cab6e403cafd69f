"""Entries that must not overdraw an account: checked and projected where they are posted."""

from __future__ import annotations

from collections.abc import Collection

from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.balances import changes_of
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Balances, Journal


def book(journal: Journal, balances: Balances, entry: JournalEntry, guarded: Collection[str]) -> tuple[Write, ...]:
    """The writes of an entry that is born projected: the entry, and every balance that it moves. For the caller's
    transaction, which fails with `Overdrawn` where a `guarded` account holds less than the entry takes from it.

    `ValueError` for an entry that counts as a sale: only the projector counts sales.
    """
    moved = changes_of(entry)
    if any(change.sales for change in moved.values()):
        raise ValueError(f"{entry.kind} counts as a sale, and is not born projected")
    writes = [journal.append(entry, projected=True)]
    for key, change in moved.items():
        if key.account in guarded and change.amount < 0:
            writes.append(balances.debit(key.tenant, key.currency, key.account, -change.amount))
        else:
            writes.append(balances.credit(key.tenant, key.currency, key.account, change.amount))
    return tuple(writes)
