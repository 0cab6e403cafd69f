"""Streams and subscriptions: in order, at least once. What was not surely done comes again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tollgate.kernel.errors import RetryableError


class Feed[T]:
    """`source` only ever grows. `consume` says how many of a batch it has surely done."""

    def __init__(self, source: Callable[[], Sequence[T]], consume: Callable[[Sequence[T]], int]) -> None:
        self._source = source
        self._consume = consume
        self._position = 0

    @property
    def waits(self) -> int:
        return len(self._source()) - self._position

    def deliver(self, size: int, back: int = 0) -> None:
        """The next `size` records, and before them the `back` last ones once more."""
        start = max(0, self._position - back)
        batch = self._source()[start : self._position + size]
        surely = self._consume(batch)
        self._position = max(self._position, start + surely)

    def lose(self, size: int) -> None:
        """The next `size` records are given up: they lie among the dead letters."""
        self._position = min(self._position + size, len(self._source()))


def one_by_one[T](consume: Callable[[T], object]) -> Callable[[Sequence[T]], int]:
    """A consumer that stops at the first record it cannot do now."""

    def each(batch: Sequence[T]) -> int:
        for number, record in enumerate(batch):
            try:
                consume(record)
            except RetryableError:
                return number
        return len(batch)

    return each


def all_or_none[T](consume: Callable[[Sequence[T]], object]) -> Callable[[Sequence[T]], int]:
    """A consumer whose batch comes again as a whole."""

    def together(batch: Sequence[T]) -> int:
        try:
            consume(batch)
        except RetryableError:
            return 0
        return len(batch)

    return together
