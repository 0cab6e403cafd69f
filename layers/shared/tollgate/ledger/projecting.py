"""Bringing entries into the balances, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tollgate.kernel.unit_of_work import MAX_WRITES, UnitOfWork
from tollgate.ledger.balances import AccountKey, changes, changes_of
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import AlreadyProjected, Projection


@dataclass(frozen=True, slots=True)
class Projected:
    """How many entries came into the balances, and how many were there."""

    new: int
    repeated: int


class Projector:
    """Balances are only ever changed together with the marks of the entries that they hold: a delivery that is
    repeated, split, lost half way or out of order changes nothing twice. Entries of one account that come together are
    one write of it.
    """

    def __init__(self, projection: Projection, unit_of_work: UnitOfWork) -> None:
        self._projection = projection
        self._unit_of_work = unit_of_work

    def project(self, entries: Sequence[JournalEntry]) -> Projected:
        """Project what is not projected yet. Raises what the unit of work raises for a busy store; what was committed
        by then stays, and is recognised when it comes again.
        """
        different = list({(each.tenant, each.id): each for each in entries}.values())
        new = sum(self._commit(chunk) for chunk in chunks(different))
        return Projected(new, len(entries) - new)

    def _commit(self, chunk: Sequence[JournalEntry]) -> int:
        """One transaction for those that are new. Nobody knows which were projected before one is refused; then all
        that are known to be drop out together.
        """
        waiting = list(chunk)
        while waiting:
            marks = (self._projection.mark(each) for each in waiting)
            moved = (self._projection.apply(key, change) for key, change in changes(waiting).items())
            try:
                self._unit_of_work.commit(*marks, *moved)
            except AlreadyProjected as refused:
                known = self._projection.projected(waiting) | {refused.entry.id}
                waiting = [each for each in waiting if each.id not in known]
            else:
                break
        return len(waiting)


def chunks(entries: Sequence[JournalEntry]) -> Iterator[list[JournalEntry]]:
    """In the order given, as many together as fit into one transaction: a mark for each, and each balance once."""
    chunk: list[JournalEntry] = []
    touched: set[AccountKey] = set()
    for each in entries:
        moved = set(changes_of(each))
        if chunk and len(chunk) + 1 + len(touched | moved) > MAX_WRITES:
            yield chunk
            chunk, touched = [], set()
        chunk.append(each)
        touched |= moved
    if chunk:
        yield chunk
