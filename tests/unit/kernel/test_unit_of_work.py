"""What no store is ever asked to do."""

from __future__ import annotations

import pytest

from tests.support.memory.store import MemoryWrite
from tollgate.kernel.unit_of_work import DuplicateWrite, TooManyWrites, Write, check


def writes(count: int) -> tuple[Write, ...]:
    return tuple(MemoryWrite(("table", str(number)), None, lambda _: None) for number in range(count))


def test_a_hundred_writes_are_the_most() -> None:
    check(writes(0))
    check(writes(100))
    with pytest.raises(TooManyWrites, match="101 writes"):
        check(writes(101))


def test_two_writes_on_one_item_are_refused() -> None:
    (write,) = writes(1)
    with pytest.raises(DuplicateWrite):
        check((write, write))


def test_one_key_in_two_tables_is_two_items() -> None:
    check(tuple(MemoryWrite((table, "1"), None, lambda _: None) for table in ("core", "inbox")))
