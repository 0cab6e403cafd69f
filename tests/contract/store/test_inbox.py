"""Provider events are stored once and settled once."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_provider_event
from tests.support.stores import Store
from tollgate.inbox.model import Outcome
from tollgate.inbox.ports import AlreadySettled

DONE = [Outcome.APPLIED, Outcome.REPEATED, Outcome.STALE, Outcome.IGNORED]
WAITING = [Outcome.PARKED, Outcome.FAILED]


@pytest.mark.parametrize("payload", [b"{}", b"", "é🎟".encode(), bytes(range(256)) * 1000])
def test_an_event_comes_back_with_its_bytes(store: Store, payload: bytes) -> None:
    event = a_provider_event(payload=payload)
    assert store.inbox.accept(event)
    assert store.inbox.get("stripe", event.id) == event


def test_a_second_delivery_is_known_and_changes_nothing(store: Store) -> None:
    event = a_provider_event()
    assert store.inbox.accept(event)
    assert not store.inbox.accept(a_provider_event(payload=b"other"))
    assert store.inbox.get("stripe", event.id) == event


def test_one_id_of_two_providers_is_two_events(store: Store) -> None:
    assert store.inbox.accept(a_provider_event())
    assert store.inbox.accept(a_provider_event(provider="mock"))
    assert store.inbox.get("stripe", "evt_other") is None


@pytest.mark.parametrize("first", DONE)
@pytest.mark.parametrize("second", [*DONE, *WAITING])
def test_what_is_done_is_settled_for_good(store: Store, first: Outcome, second: Outcome) -> None:
    store.inbox.accept(a_provider_event())
    store.unit_of_work.commit(store.inbox.settle(a_provider_event(), first, NOW))
    with pytest.raises(AlreadySettled):
        store.unit_of_work.commit(store.inbox.settle(a_provider_event(), second, NOW))


@pytest.mark.parametrize("first", WAITING)
def test_what_waits_can_still_be_settled(store: Store, first: Outcome) -> None:
    store.inbox.accept(a_provider_event())
    store.unit_of_work.commit(store.inbox.settle(a_provider_event(), first, NOW))
    store.unit_of_work.commit(store.inbox.settle(a_provider_event(), Outcome.APPLIED, NOW))
    assert store.inbox.get("stripe", "evt_1") == a_provider_event()


def test_what_was_never_stored_cannot_be_settled(store: Store) -> None:
    with pytest.raises(AlreadySettled):
        store.unit_of_work.commit(store.inbox.settle(a_provider_event(), Outcome.APPLIED, NOW))
    assert store.inbox.get("stripe", "evt_1") is None


@pytest.mark.parametrize("outcome", [*DONE, *WAITING])
def test_a_settled_event_is_no_new_event(store: Store, outcome: Outcome) -> None:
    store.inbox.accept(a_provider_event())
    store.unit_of_work.commit(store.inbox.settle(a_provider_event(), outcome, NOW))
    assert not store.inbox.accept(a_provider_event())
