"""What the fakes store in. Conditions hold as strictly as in the real store: a commit is atomic, under one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tollgate.kernel.unit_of_work import UnitOfWork, Write, check

type Refusal = Exception | None


@dataclass(frozen=True, slots=True)
class MemoryWrite(Write):
    """Stores `value` under `place`, unless `refuse` has something against what is there. A function as value is told
    what is there, and gives what takes its place.
    """

    place: tuple[str, ...]
    value: Any
    refuse: Callable[[Any], Refusal]

    def after(self, items: Mapping[tuple[str, ...], Any]) -> Any:
        return self.value(items.get(self.place)) if callable(self.value) else self.value

    @property
    def key(self) -> tuple[str, ...]:
        return self.place


@dataclass
class MemoryStore:
    """Everything that was ever committed."""

    items: dict[tuple[str, ...], Any] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def of(self, kind: str) -> list[Any]:
        """What is stored of one kind, in the order it came."""
        return [item for key, item in self.items.items() if key[0] == kind]


class MemoryUnitOfWork(UnitOfWork):
    """`before` is called before each commit: a place for what happens meanwhile, and for faults."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.commits = 0
        self.before: Callable[[int], None] = lambda _: None

    def commit(self, *writes: Write) -> None:
        check(writes)
        self.commits += 1
        self.before(self.commits)
        ours = [write for write in writes if isinstance(write, MemoryWrite)]
        with self._store.lock:
            for write in ours:
                refusal = write.refuse(self._store.items.get(write.place))
                if refusal is not None:
                    raise refusal
            self._store.items.update({write.place: write.after(self._store.items) for write in ours})
