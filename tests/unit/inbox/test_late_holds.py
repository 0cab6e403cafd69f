"""Money that is set aside when its payment has ended: its provider lets it go, and until then the event waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_report
from tests.unit.inbox.test_applying import Room
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.inbox.model import Outcome, ProviderEvent
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Change, Payment, Report, Session

SESSION = Session("pi_1", None, NOW + timedelta(days=7))
APPROVED = Report(Fact.APPROVED, NOW, session=SESSION, about="pi_1")


def _told(let_go: Callable[[Payment, Session], object] | None) -> tuple[Room, ProviderEvent]:
    room = Room(let_go)
    room.open(direct=True, hold=True)
    room.service.apply(room.told("evt_1", a_report(Fact.FAILED)))
    return room, room.told("evt_2", APPROVED)


def test_it_waits_where_nobody_can() -> None:
    room, event = _told(None)
    assert [room.service.apply(event) for _ in range(2)] == [Outcome.PARKED] * 2
    assert room.payment().state is State.FAILED


def test_it_is_let_go_by_who_can() -> None:
    gone: list[tuple[State, Session]] = []
    room, event = _told(lambda payment, session: gone.append((payment.state, session)))
    assert [room.service.apply(event) for _ in range(2)] == [Outcome.STALE, None]
    assert set(gone) == {(State.FAILED, SESSION)}


def test_while_the_provider_does_not_answer_it_is_not_done_with() -> None:
    def silent(_payment: Payment, _session: Session) -> None:
        raise ProviderUnavailable("stripe", "timeout")

    room, event = _told(silent)
    with pytest.raises(ProviderUnavailable):
        room.service.apply(event)
    assert room.inbox.outcome("stripe", "evt_2") is None


def test_what_is_set_aside_in_time_is_nobodys_to_let_go() -> None:
    gone: list[Session] = []
    room = Room(lambda _, session: gone.append(session))
    room.open(direct=True, hold=True)
    assert room.service.apply(room.told("evt_1", APPROVED)) is Outcome.APPLIED
    assert room.service.apply(room.told("evt_2", APPROVED)) is Outcome.REPEATED
    assert not gone


def test_a_payment_that_ends_while_its_event_is_applied_is_heard() -> None:
    room = Room()
    room.open(direct=True, hold=True)
    before = room.payment().apply(a_report(Fact.FAILED), NOW)
    assert isinstance(before, Change)
    event = room.told("evt_1", APPROVED)

    def end(_: int) -> None:
        room.unit_of_work.before = lambda _: None
        room.unit_of_work.commit(*room.payments.update(before))

    room.unit_of_work.before = end
    assert room.service.apply(event) is Outcome.PARKED
