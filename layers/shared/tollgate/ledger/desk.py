"""The books, as admins ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.kernel.clock import Clock
from tollgate.ledger.ports import Balance, EntriesPage, EntriesWanted, LedgerReader, Projection

# Providers date what they tell; their clocks may be ahead of ours.
_AHEAD = timedelta(minutes=5)
_NEWEST = 100
_READINGS = 4


@dataclass(frozen=True, slots=True)
class Lag:
    """Entries that are not in the balances yet, among the newest hundred: how many, and since when the first of them
    waits. `more` if all that were looked at wait, so that there may be others.
    """

    entries: int
    since: datetime | None
    more: bool


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account at once. `steady` False: accounts changed while they were read, so that a sum which is off proves
    nothing.
    """

    as_of: datetime
    balances: tuple[Balance, ...]
    lag: Lag
    steady: bool

    @property
    def totals(self) -> Mapping[str, int]:
        """By currency, each zero unless something is wrong."""
        return totals(self.balances)

    @property
    def balanced(self) -> bool:
        return not any(self.totals.values())


def totals(balances: Sequence[Balance]) -> dict[str, int]:
    """What the accounts of each currency sum to."""
    sums: dict[str, int] = {}
    for each in balances:
        sums[each.key.currency] = sums.get(each.key.currency, 0) + each.amount
    return sums


class LedgerDesk:
    """Reads only."""

    def __init__(self, reader: LedgerReader, projection: Projection, clock: Clock) -> None:
        self._reader = reader
        self._projection = projection
        self._clock = clock

    def trial_balance(self, tenant: str, currency: str | None) -> TrialBalance:
        """Accounts are read one after the other while entries may arrive. A sum of zero is a proof all the same; one
        that is off is read again until two readings agree.
        """
        now = self._clock.now()
        lag = self._lag(tenant, now)
        balances, steady = self._reader.balances(tenant, currency), True
        if any(totals(balances).values()):
            balances, steady = self._read_again(tenant, currency, balances)
        return TrialBalance(now, tuple(balances), lag, steady)

    def entries(self, wanted: EntriesWanted) -> EntriesPage:
        """A page of an account's entries, newest first."""
        return self._reader.entries(wanted)

    def _read_again(self, tenant: str, currency: str | None, before: list[Balance]) -> tuple[list[Balance], bool]:
        for _ in range(_READINGS - 1):
            balances = self._reader.balances(tenant, currency)
            # Postings only ever grow in number: with the same numbers twice, nothing happened in between.
            if balances == before or not any(totals(balances).values()):
                return balances, True
            before = balances
        return before, False

    def _lag(self, tenant: str, now: datetime) -> Lag:
        newest = self._reader.newest(tenant, now + _AHEAD, _NEWEST)
        held = self._projection.projected(newest)
        waiting = [each for each in newest if each.id not in held]
        since = min((each.occurred_at for each in waiting), default=None)
        return Lag(len(waiting), since, more=len(waiting) == _NEWEST)
