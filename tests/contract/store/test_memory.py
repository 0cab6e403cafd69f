"""What the store in memory offers to those who play a whole history in one process."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_provider_event, a_record, captured, created
from tests.support.ledger import a_ledger
from tests.support.memory.inbox import Kept
from tests.support.memory.store import Stored
from tests.support.stores import InMemory
from tollgate.inbox.model import Outcome
from tollgate.kernel.errors import StoreUnavailable, WriteOutcomeUnknown
from tollgate.ledger.model import JournalEntry
from tollgate.payments.model import Change
from tollgate.payments.ports import PaymentKey

OPENED = created(seller="ven_1", fee=500)
KEY = PaymentKey("demo", OPENED.payment.id)


@pytest.fixture
def memory() -> InMemory:
    return InMemory()


def kinds(memory: InMemory) -> list[tuple[str, bool]]:
    return [(each.place[0], each.inserted) for each in memory.store.stream]


def test_the_stream_tells_in_the_order_of_the_commits_what_is_new_and_what_changed(memory: InMemory) -> None:
    event = a_provider_event()
    memory.unit_of_work.commit(*memory.payments.create(OPENED))
    memory.inbox.accept(event)
    paid = OPENED.payment.apply(captured(), NOW)
    assert isinstance(paid, Change)
    memory.unit_of_work.commit(memory.inbox.settle(event, Outcome.APPLIED, NOW), *memory.payments.update(paid))
    assert kinds(memory) == [
        ("payment", True),
        ("event", True),
        ("inbox", True),
        ("inbox", False),
        ("payment", False),
        ("event", True),
        ("journal", True),
    ]
    assert memory.store.stream[2] == Stored(("inbox", "stripe", event.id), Kept(event), inserted=True)


def test_the_stream_tells_nothing_of_what_was_refused_or_changed_nothing(memory: InMemory) -> None:
    memory.inbox.accept(a_provider_event())
    memory.inbox.accept(a_provider_event())
    memory.unit_of_work.commit(*memory.payments.create(OPENED))
    memory.unit_of_work.commit(memory.payments.unchanged(OPENED.payment), memory.idempotency.begin(a_record()))
    memory.unit_of_work.commit(memory.payments.look_again(OPENED.payment, NOW))
    assert kinds(memory) == [("inbox", True), ("payment", True), ("event", True), ("idempotency", True)]


def test_an_event_that_is_woken_comes_again_as_something_new_each_time(memory: InMemory) -> None:
    event = a_provider_event()
    memory.inbox.accept(event)
    for _ in range(2):
        memory.unit_of_work.commit(*memory.inbox.park(event, KEY, NOW), memory.payments.expect(KEY))
        assert memory.parking.wake(KEY) == 1
    woken = [each for each in memory.store.stream if each.place[0] == "wake"]
    assert [(each.value, each.inserted) for each in woken] == [(event, True), (event, True)]
    assert memory.parking.woken == [event, event]


def test_a_projector_finds_in_the_stream_every_entry_that_waits_for_it(memory: InMemory) -> None:
    memory.unit_of_work.commit(*memory.payments.create(OPENED))
    paid = OPENED.payment.apply(captured(), NOW)
    assert isinstance(paid, Change)
    memory.unit_of_work.commit(*memory.payments.update(paid))
    posted = [each.value for each in memory.store.stream if each.place[0] == "journal" and each.inserted]
    waiting: list[JournalEntry] = [each.entry for each in posted if not each.projected]
    ledger = a_ledger(memory)
    assert ledger.projector.project(waiting).new == len(paid.entries) == 1
    assert ledger.desk.trial_balance("demo", None).totals == {"USD": 0}


def test_a_fault_before_a_commit_leaves_nothing_and_one_after_it_everything(memory: InMemory) -> None:
    unit_of_work = memory.unit_of_work
    unit_of_work.before = lambda number: _raise(StoreUnavailable("down")) if number == 1 else None
    unit_of_work.after = lambda number: _raise(WriteOutcomeUnknown("lost")) if number == 2 else None
    with pytest.raises(StoreUnavailable):
        unit_of_work.commit(*memory.payments.create(OPENED))
    assert (memory.payments.get(KEY), memory.store.stream) == (None, [])
    with pytest.raises(WriteOutcomeUnknown):
        unit_of_work.commit(*memory.payments.create(OPENED))
    assert memory.payments.get(KEY) == OPENED.payment
    assert unit_of_work.commits == 2


def test_what_lies_between_two_wakings_can_fail_and_the_rest_waits_on(memory: InMemory) -> None:
    for number in range(2):
        event = a_provider_event(f"evt_{number}")
        memory.inbox.accept(event)
        memory.unit_of_work.commit(*memory.inbox.park(event, KEY, NOW), memory.payments.expect(KEY))
    second = memory.unit_of_work.commits + 2
    memory.unit_of_work.before = lambda number: _raise(StoreUnavailable("down")) if number == second else None
    with pytest.raises(StoreUnavailable):
        memory.parking.wake(KEY)
    assert memory.parking.wake(KEY) == 1
    assert [each.id for each in memory.parking.woken] == ["evt_0", "evt_1"]


def _raise(error: Exception) -> None:
    raise error
