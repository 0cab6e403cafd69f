"""A small memory of what was read, for data that may be a minute old."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

TTL_SECONDS = 60.0
MAX_ENTRIES = 1000


class Cache[K: Hashable, V]:
    """Reads through; forgets after a minute, and the least recently read past `MAX_ENTRIES`. One per function
    instance.
    """

    def __init__(self, read: Callable[[K], V], monotonic: Callable[[], float]) -> None:
        self._read = read
        self._monotonic = monotonic
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V:
        """The value, read anew when there is none younger than a minute."""
        entry, now = self._entries.get(key), self._monotonic()
        if entry is None or now - entry[0] >= TTL_SECONDS:
            entry = (now, self._read(key))
            self._entries[key] = entry
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return entry[1]
