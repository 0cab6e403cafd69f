"""A fact is recorded against the payment as it stands, however often someone else was faster."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_report, captured, created
from tests.support.memory.inbox import MemoryParking
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork, MemoryWrite
from tests.support.without_tenders import plain_recorder
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import MAX_ATTEMPTS, Recorded, Recorder


class Room:
    """One stored payment, and others who change it between our read and our write."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.unit_of_work = MemoryUnitOfWork(self.store)
        self.payments = MemoryPayments(self.store)
        self.recorder = plain_recorder(
            self.payments, MemoryParking(self.store, self.unit_of_work), self.unit_of_work, FixedClock(NOW)
        )
        self.first = created()
        self.unit_of_work.commit(*self.payments.create(self.first))

    def recorder_of(self, unit_of_work: MemoryUnitOfWork) -> Recorder:
        return plain_recorder(self.payments, MemoryParking(self.store, unit_of_work), unit_of_work, FixedClock(NOW))

    def stored(self) -> Payment:
        found = self.payments.get(PaymentKey("demo", self.first.payment.id))
        assert found is not None
        return found

    def others_do(self, *facts: Fact) -> None:
        """Before each of our next commits, one fact from elsewhere is stored."""
        waiting, ours = list(facts), MemoryUnitOfWork(self.store)

        def interfere(_: int) -> None:
            if waiting:
                self.recorder_of(ours).record(self.stored(), a_report(waiting.pop(0)))

        self.unit_of_work.before = interfere


def test_a_fact_is_stored_with_its_event() -> None:
    room = Room()
    recorded = room.recorder.record(room.first.payment, captured())
    assert (recorded.meaning, recorded.payment) == (Meaning.MOVE, room.stored())
    assert [event["sequence"] for event in room.payments.history(PaymentKey("demo", room.first.payment.id))] == [1, 2]


def test_a_fact_is_applied_to_what_the_payment_has_become() -> None:
    room = Room()
    room.others_do(Fact.DECLINED, Fact.PROCESSING)
    recorded = room.recorder.record(room.first.payment, captured())
    assert recorded.payment.state is State.CONFIRMED
    assert recorded.payment.version == room.stored().version == 4


def test_a_fact_that_was_overtaken_changes_nothing() -> None:
    room = Room()
    room.others_do(Fact.CAPTURED)
    assert room.recorder.record(room.first.payment, a_report(Fact.EXPIRED)).meaning is Meaning.STALE
    assert room.stored().state is State.CONFIRMED


def test_what_is_stored_alongside_sees_the_payment_that_is_stored() -> None:
    room, seen = Room(), list[Recorded]()
    room.others_do(Fact.DECLINED)

    def alongside(recorded: Recorded) -> tuple[Write, ...]:
        seen.append(recorded)
        return (MemoryWrite(("note", "1"), recorded.payment.version, lambda _: None),)

    room.recorder.record(room.first.payment, captured(), alongside)
    assert [each.payment.version for each in seen] == [2, 3]
    assert room.store.of("note") == [3]


def test_what_is_stored_alongside_decides_with_it() -> None:
    room = Room()

    def refuse(_: Recorded) -> tuple[Write, ...]:
        return (MemoryWrite(("note", "1"), 0, lambda _: PermissionError("no")),)

    with pytest.raises(PermissionError):
        room.recorder.record(room.first.payment, captured(), refuse)
    assert room.stored() == room.first.payment


def test_a_repeated_fact_still_stores_what_goes_alongside() -> None:
    room = Room()
    room.recorder.record(room.first.payment, captured())
    recorded = room.recorder.record(
        room.stored(), captured(), lambda _: (MemoryWrite(("note", "1"), 1, lambda _: None),)
    )
    assert recorded.meaning is Meaning.REPEAT
    assert room.store.of("note") == [1]


def test_who_loses_every_race_says_so() -> None:
    room = Room()
    room.others_do(*[Fact.DECLINED] * MAX_ATTEMPTS)
    with pytest.raises(ConcurrentChange):
        room.recorder.record(room.first.payment, captured())
    assert room.stored().captures == ()
