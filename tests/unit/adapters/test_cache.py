"""What was read is known for a minute, and not too much of it."""

from __future__ import annotations

import pytest

from tollgate.adapters.dynamodb.cache import MAX_ENTRIES, TTL_SECONDS, Cache


class Source:
    """Something slow to read, with a clock beside it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads: list[int] = []
        self.cache: Cache[int, int | None] = Cache(self.read, lambda: self.now)

    def read(self, key: int) -> int | None:
        if key < 0:
            raise ConnectionError
        self.reads.append(key)
        return None if key == 0 else key * 100 + len(self.reads)


@pytest.fixture
def source() -> Source:
    return Source()


def test_within_a_minute_nothing_is_read_again(source: Source) -> None:
    assert source.cache.get(1) == 101
    source.now = TTL_SECONDS - 0.001
    assert source.cache.get(1) == 101
    source.now = TTL_SECONDS
    assert source.cache.get(1) == 102
    assert TTL_SECONDS == 60


def test_reading_does_not_make_it_younger(source: Source) -> None:
    for second in range(60):
        source.now = float(second)
        source.cache.get(1)
    source.now = 60.0
    source.cache.get(1)
    assert source.reads == [1, 1]


def test_that_there_is_nothing_is_known_too(source: Source) -> None:
    assert source.cache.get(0) is None
    assert source.cache.get(0) is None
    assert source.reads == [0]


def test_a_failed_read_is_not_known(source: Source) -> None:
    for _ in range(2):
        with pytest.raises(ConnectionError):
            source.cache.get(-1)


def test_only_so_many_are_known_and_the_longest_unread_goes_first(source: Source) -> None:
    for key in range(1, MAX_ENTRIES + 1):
        source.cache.get(key)
    source.cache.get(1)
    source.cache.get(MAX_ENTRIES + 1)
    source.reads.clear()
    source.cache.get(1)
    assert source.reads == []
    source.cache.get(2)
    assert source.reads == [2]
    assert len(source.cache._entries) == MAX_ENTRIES
