"""What the fakes store in. A commit is atomic, under one lock; values are never changed, so that nothing is copied."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast

from tollgate.kernel.clock import epoch
from tollgate.kernel.unit_of_work import UnitOfWork, Write, check

type Place = tuple[str, ...]
type Refusal = Exception | None
# Epoch seconds at which the reconciler looks at an item; None while nothing is open.
type DueAt = int | None


def as_it_was(due: DueAt) -> DueAt:
    """A write that says nothing of when its item is due."""
    return due


def due(at: datetime | None) -> Callable[[DueAt], DueAt]:
    """A write after which its item is due then, or never."""
    seconds = epoch(at) if at else None
    return lambda _: seconds


class Stored(NamedTuple):
    """What a commit left under a place. `inserted` when nothing was there before."""

    place: Place
    value: Any
    inserted: bool


@dataclass(frozen=True, slots=True)
class MemoryWrite(Write):
    """Stores `value` under `place`, unless `refuse` has something against what is there. A function as value is told
    what is there, and gives what takes its place.
    """

    place: Place
    value: Any
    refuse: Callable[[Any], Refusal]
    due: Callable[[DueAt], DueAt] = as_it_was

    def after(self, items: Mapping[Place, Any]) -> Any:
        return self.value(items.get(self.place)) if callable(self.value) else self.value

    @property
    def key(self) -> Place:
        return self.place


@dataclass
class MemoryStore:
    """Everything that was ever committed: what is there now, also by kind, when it is due, and in `stream` all that was
    stored, in the order of the commits.
    """

    items: dict[Place, Any] = field(default_factory=dict)
    kinds: dict[str, dict[Place, Any]] = field(default_factory=dict)
    due: dict[Place, int] = field(default_factory=dict)
    stream: list[Stored] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def of(self, kind: str) -> list[Any]:
        """What is stored of one kind, in the order it came."""
        return [value for _, value in self.under(kind)]

    def under(self, *start: str) -> list[tuple[Place, Any]]:
        """What is stored under the places that begin so, in the order it came."""
        length = len(start)
        with self.lock:
            found = self.kinds.get(start[0], {}).items()
            return list(found) if length == 1 else [each for each in found if each[0][:length] == start]

    def apply(self, write: MemoryWrite) -> None:
        """Store what a write says. A value that is the same as before was not written."""
        place = write.place
        value = write.after(self.items)
        if write.due is not as_it_was:
            self._set_due(place, write.due(self.due.get(place)))
        inserted = place not in self.items
        if inserted or self.items[place] is not value:
            self.items[place] = self.kinds.setdefault(place[0], {})[place] = value
            self.stream.append(Stored(place, value, inserted))

    def _set_due(self, place: Place, at: DueAt) -> None:
        if at is None:
            self.due.pop(place, None)
        else:
            self.due[place] = at


class MemoryUnitOfWork(UnitOfWork):
    """`before` and `after` are called around each commit with its number: places for what happens meanwhile, and for
    faults. What `before` raises, nothing was stored of; what `after` raises loses the answer to what was.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.commits = 0
        self.before: Callable[[int], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None

    def commit(self, *writes: Write) -> None:
        check(writes)
        self.commits += 1
        number = self.commits
        self.before(number)
        self._commit(cast(Sequence[MemoryWrite], writes))
        self.after(number)

    def _commit(self, writes: Sequence[MemoryWrite]) -> None:
        store = self._store
        with store.lock:
            for write in writes:
                refusal = write.refuse(store.items.get(write.place))
                if refusal is not None:
                    raise refusal
            for write in writes:
                store.apply(write)
