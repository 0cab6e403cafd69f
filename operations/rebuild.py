"""Recomputes every balance of the ledger from the journal, and tells where the two differ. Reads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from operations.access import AWS_ERRORS, explained
from operations.errors import DONE, LEFT_OVER, OperationError
from operations.report import Leftovers, Say
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import TollgateError
from tollgate.ledger.balances import AccountKey, Change, changes_of
from tollgate.ledger.desk import totals
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Balance, JournalSweep, LedgerReader

# A balance remembers the day of one of its first entries. One that is told late may be older than that.
MARGIN = timedelta(days=35)
# Longer than any batch takes that is on its way.
PATIENCE = timedelta(minutes=10)
_DAY = timedelta(days=1)
_TRIES, _PAUSE_SECONDS = 3, 2.0


@dataclass(slots=True)
class Rebuilt:
    """What a run came to. `moving` accounts changed in every try, so that nothing was proven of them."""

    tenants: int = 0
    accounts: int = 0
    entries: int = 0
    waiting: int = 0
    differences: Leftovers = field(default_factory=Leftovers)
    moving: Leftovers = field(default_factory=Leftovers)
    lost: Leftovers = field(default_factory=Leftovers)
    why: str = ""

    @property
    def exit_code(self) -> int:
        found = self.differences.count + self.moving.count + self.lost.count
        return LEFT_OVER if found or self.why else DONE

    def summary(self) -> dict[str, Any]:
        return {
            "complete": self.exit_code == DONE,
            "tenants": self.tenants,
            "accounts": self.accounts,
            "entries": self.entries,
            "entries_not_yet_projected": self.waiting,
            "differences": self.differences.summary(),
            "changed_while_read": self.moving.summary(),
            "entries_lost_on_the_way": self.lost.summary(),
            "stopped": self.why or None,
        }


@dataclass(slots=True)
class _Books:
    """One tenant's books: as recomputed, and as they stood before and after that."""

    before: dict[AccountKey, Balance]
    after: dict[AccountKey, Balance] = field(default_factory=dict)
    recomputed: dict[AccountKey, Change] = field(default_factory=dict)
    entries: int = 0
    waiting: list[JournalEntry] = field(default_factory=list)

    def moving(self) -> set[AccountKey]:
        """Postings only ever grow in number: with the same number before and after, the account stood still."""
        keys = self.before.keys() | self.after.keys()
        return {key for key in keys if _postings(self.before.get(key)) != _postings(self.after.get(key))}

    def differences(self) -> Iterator[tuple[AccountKey, str]]:
        moving = self.moving()
        for key in sorted((self.before.keys() | self.recomputed.keys()) - moving):
            told, found = _told(self.before.get(key)), _told(self.recomputed.get(key))
            if told != found:
                yield key, f"the balance says {told}, its entries {found}"
        if not moving:
            for currency, off in totals(list(self.before.values())).items():
                if off:
                    tenant = next(iter(self.before)).tenant
                    yield AccountKey(tenant, currency, "*"), f"all balances of {currency} sum to {off}"


class LedgerRebuild:
    """Tenant by tenant and day by day, from the first entry on."""

    def __init__(self, sweep: JournalSweep, reader: LedgerReader, now: Callable[[], datetime], say: Say) -> None:
        self._sweep = sweep
        self._reader = reader
        self._now = now
        self._say = say
        self.pause: Callable[[float], None] = time.sleep

    def run(self, tenant: str | None, start: date | None) -> Rebuilt:
        """One tenant, or all that have an account. Never raises what an operator can cause or mend."""
        outcome = Rebuilt()
        try:
            for each in [tenant] if tenant else self._sweep.tenants():
                self._check(each, start, outcome)
        except (TollgateError, KeyError, ValueError, *AWS_ERRORS) as error:
            outcome.why = f"{type(error).__name__}: {explained(error)}"
        return outcome

    def _check(self, tenant: str, start: date | None, outcome: Rebuilt) -> None:
        """An index may be a moment behind, and accounts move: what differs is looked at again."""
        books = self._read(tenant, start)
        for _ in range(_TRIES - 1):
            if not books.moving() and not any(books.differences()):
                break
            self.pause(_PAUSE_SECONDS)
            books = self._read(tenant, start)
        outcome.tenants += 1
        outcome.accounts += len(books.after)
        outcome.entries += books.entries
        outcome.waiting += len(books.waiting)
        self._tell(tenant, books, outcome)

    def _read(self, tenant: str, start: date | None) -> _Books:
        books = _Books(_by_key(self._reader.balances(tenant)))
        day = start or min((each.since for each in books.before.values() if each.since), default=None)
        today = self._now().astimezone(UTC).date()
        day = day - (timedelta(0) if start else MARGIN) if day else today
        while day <= today + _DAY:  # clocks of providers may be ahead of ours
            for entry, held in self._sweep.day(tenant, day):
                books.entries += 1
                if not held:
                    books.waiting.append(entry)
                    continue
                for key, change in changes_of(entry).items():
                    books.recomputed[key] = books.recomputed[key] + change if key in books.recomputed else change
            day += _DAY
        books.after = _by_key(self._reader.balances(tenant))
        return books

    def _tell(self, tenant: str, books: _Books, outcome: Rebuilt) -> None:
        differences = list(books.differences())
        for key, why in differences:
            outcome.differences.add(_name(key), why)
            self._say(f"  differs: {_name(key)}: {why}")
        for key in sorted(books.moving()):
            outcome.moving.add(_name(key), "it changed in every try; run this again at a quieter time")
        for entry in books.waiting:
            if self._now() - entry.occurred_at > PATIENCE:
                why = f"{entry.kind} of {to_iso(entry.occurred_at)} is not in the balances"
                outcome.lost.add(f"{entry.tenant}/{entry.id}", why)
        self._say(
            f"{tenant}  {len(books.after)} accounts, {books.entries} entries, {len(books.waiting)} not yet projected, "
            f"{len(differences)} differences"
        )


def first_day(text: str) -> date | None:
    """FROM, which is a day; `OperationError` for anything else."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise OperationError(f"FROM={text} is not a day.\nNext: FROM=2026-01-31, the day of the first entry") from error


def _by_key(balances: list[Balance]) -> dict[AccountKey, Balance]:
    return {each.key: each for each in balances}


def _postings(balance: Balance | None) -> int:
    return balance.postings if balance else 0


def _told(found: Balance | Change | None) -> str:
    if found is None:
        return "nothing"
    sales = ", ".join(f"{month} sold {amount}" for month, amount in sorted(found.sales.items()))
    return f"{found.amount} after {found.postings} postings" + (f" ({sales})" if sales else "")


def _name(key: AccountKey) -> str:
    return f"{key.tenant}/{key.currency}/{key.account}"
