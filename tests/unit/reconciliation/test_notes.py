"""What a run knows of the providers that it asks."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW
from tests.support.memory.reconciliation import MemoryFindings
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tollgate.checkout.ports import Rejected, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import FixedClock
from tollgate.reconciliation.notes import MAX_SILENCES, Notes


@pytest.fixture
def notes() -> Notes:
    store = MemoryStore()
    return Notes(MemoryFindings(store), MemoryUnitOfWork(store), FixedClock(NOW), lambda _what, _error: None)


@pytest.mark.parametrize("outcome", [Unknown("timeout"), Unreachable("no connection")])
def test_who_is_silent_too_often_is_not_asked_again(notes: Notes, outcome: Unknown | Unreachable) -> None:
    for _ in range(MAX_SILENCES):
        assert notes.asks("stripe")
        notes.trouble("a charge", unavailable("stripe", outcome))
    assert (notes.asks("stripe"), notes.asks("square"), notes.skipped) == (False, True, ("stripe",))


@pytest.mark.parametrize("outcome", [Unknown("not found yet", told=True), Rejected("invalid_request")])
def test_who_answers_is_not_silent_whatever_it_says(notes: Notes, outcome: Unknown | Rejected) -> None:
    for _ in range(MAX_SILENCES):
        notes.trouble("a charge", unavailable("stripe", outcome))
    assert (notes.asks("stripe"), notes.skipped, notes.failed) == (True, (), MAX_SILENCES)
