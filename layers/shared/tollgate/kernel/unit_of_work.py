"""One transaction per state change: repositories make writes, a unit of work commits them all or none."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Write(ABC):
    """One conditional write that a repository made and only its own store can read.

    When its condition does not hold, `commit` raises the domain error that the repository gave it.
    """

    @property
    @abstractmethod
    def key(self) -> tuple[str, ...]:
        """Table and key of the item; two writes to one key in a transaction are refused."""


class UnitOfWork(ABC):
    """Commits writes atomically."""

    @abstractmethod
    def commit(self, *writes: Write) -> None:
        """Apply every write, or none.

        Raises the error of the first write, in the order given, whose condition does not hold; TooManyWrites past 100;
        DuplicateWrite for two on one key; StoreUnavailable when it surely did not happen; WriteOutcomeUnknown when it
        may have.
        """


class TooManyWrites(ValueError):
    """A DynamoDB transaction holds at most 100 items."""


class DuplicateWrite(ValueError):
    """A DynamoDB transaction takes one operation per item."""


MAX_WRITES = 100


def check(writes: tuple[Write, ...]) -> None:
    """What every store refuses before it sends anything."""
    if len(writes) > MAX_WRITES:
        raise TooManyWrites(f"{len(writes)} writes in one transaction, {MAX_WRITES} at most")
    if len(writes) > 1 and len({write.key for write in writes}) != len(writes):
        raise DuplicateWrite("two writes on one item in a transaction")
