"""What the ledger needs from a store, and the writes it gives to the rooms that move money."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tollgate.kernel.errors import TollgateError
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.balances import AccountKey, Change
from tollgate.ledger.model import JournalEntry


class EntryExists(TollgateError):
    """The same fact was posted before; what was to be written beside it was not written."""

    code = "LEDGER_ENTRY_EXISTS"

    def __init__(self, entry: JournalEntry) -> None:
        super().__init__(f"{entry.kind} of {entry.subject_type} {entry.subject_id} is posted already, as {entry.id}")
        self.entry = entry


class Overdrawn(TollgateError):
    """The account holds less than is to be taken; carries what it holds."""

    code = "INSUFFICIENT_BALANCE"

    def __init__(self, account: str, amount: int, balance: int) -> None:
        super().__init__(f"{account} holds {balance}, {amount} are asked for")
        self.account = account
        self.amount = amount
        self.balance = balance


class AlreadyProjected(TollgateError):
    """The balances hold this entry; carries it, so that the others of its batch are projected."""

    code = "LEDGER_ENTRY_PROJECTED"

    def __init__(self, entry: JournalEntry) -> None:
        super().__init__(f"{entry.id} is in the balances already")
        self.entry = entry


class Journal(ABC):
    """Entries are appended, and never changed."""

    @abstractmethod
    def append(self, entry: JournalEntry, *, projected: bool = False) -> Write:
        """Post an entry; `EntryExists` if it is there. The projector brings it into the balances, unless it is born
        `projected`: then whoever posts it changes all of its balances in the same transaction (`booking.book`).
        """

    @abstractmethod
    def get(self, tenant: str, entry_id: str) -> JournalEntry | None:
        """One entry, strongly consistent."""


class Balances(ABC):
    """What accounts come to. Projections: some moments behind the journal."""

    @abstractmethod
    def get(self, tenant: str, currency: str, accounts: Collection[str]) -> Mapping[str, int]:
        """Each account's balance in minor units, zero for one that was never moved. No decision rests on it: taking
        money is `debit`.
        """

    @abstractmethod
    def debit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        """Take a positive amount, if the account holds as much; `Overdrawn`. For the transaction of an entry that is
        born projected.
        """

    @abstractmethod
    def credit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        """Add to an account; a negative amount takes from it, whatever it holds. As `debit`."""


class Projection(ABC):
    """How entries come into the balances, each once."""

    @abstractmethod
    def mark(self, entry: JournalEntry) -> Write:
        """Note that the balances hold this entry; `AlreadyProjected`."""

    @abstractmethod
    def apply(self, key: AccountKey, change: Change) -> Write:
        """Add to a balance what some entries come to."""

    @abstractmethod
    def projected(self, entries: Sequence[JournalEntry]) -> frozenset[str]:
        """The ids of those that are marked. May miss what was marked a moment ago."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One account as it stands. `postings` counts what was ever projected into it, so that two readings with the same
    count are the same state; `sales` are what a seller sold, by month (`2026_11`), of a pending account.
    """

    key: AccountKey
    amount: int
    postings: int
    sales: Mapping[str, int]
    since: date | None


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """The entries that move an account in [since, until), from the cursor on."""

    tenant: str
    account: str
    since: datetime
    until: datetime
    limit: int
    currency: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Newest first. A page may hold fewer than asked for and still have a cursor: it examines only so many."""

    entries: tuple[JournalEntry, ...]
    cursor: str | None


class LedgerReader(ABC):
    """The books as a person reads them."""

    @abstractmethod
    def balances(self, tenant: str, currency: str | None = None) -> list[Balance]:
        """Every account of a tenant that was ever moved, by currency and name."""

    @abstractmethod
    def entries(self, wanted: EntriesWanted) -> EntriesPage:
        """A page of an account's entries; raises `InvalidCursor`."""

    @abstractmethod
    def newest(self, tenant: str, until: datetime, limit: int) -> list[JournalEntry]:
        """The last entries before `until`, of two days at most, that were not born projected."""


class JournalSweep(ABC):
    """Everything, for who checks the books."""

    @abstractmethod
    def tenants(self) -> Iterable[str]:
        """Those who have any account."""

    @abstractmethod
    def day(self, tenant: str, day: date) -> Iterator[tuple[JournalEntry, bool]]:
        """All entries of a day, each with whether the balances hold it."""
