"""Provider events are applied once, in whatever order they come, and none stops the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.support.builders import NOW, a_provider_event, a_report, captured, created, usd
from tests.support.memory.inbox import MemoryInbox, MemoryParking
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tests.support.without_tenders import plain_recorder
from tollgate.inbox.model import Notice, Outcome, ProviderEvent
from tollgate.inbox.ports import EventReader, UnreadableEvent
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.clock import FixedClock
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.errors import PaymentExpected
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.payments.refunds import RefundReport, RefundState


class Scripted(EventReader):
    """Reads each event as the test says."""

    def __init__(self) -> None:
        self.notices: dict[str, Notice | None] = {}

    def read(self, event: ProviderEvent) -> Notice | None:
        if event.id not in self.notices:
            raise UnreadableEvent(event.id)
        return self.notices[event.id]


class Room:
    def __init__(self, let_go: Callable[[Payment, Session], object] | None = None) -> None:
        self.store = MemoryStore()
        self.unit_of_work = MemoryUnitOfWork(self.store)
        self.payments = MemoryPayments(self.store)
        self.inbox = MemoryInbox(self.store, self.unit_of_work)
        self.reader = Scripted()
        self.parking = MemoryParking(self.store, self.unit_of_work)
        self.service = InboxService(
            inbox=self.inbox,
            payments=self.payments,
            recorder=plain_recorder(self.payments, self.parking, self.unit_of_work, FixedClock(NOW)),
            readers={"stripe": self.reader},
            unit_of_work=self.unit_of_work,
            clock=FixedClock(NOW),
            listeners=Listeners(let_go=let_go),
        )
        self.id = created().payment.id

    def open(self, **fields: Any) -> None:
        self.unit_of_work.commit(*self.payments.create(created(**fields)))

    def told(self, id_: str, report: Report | None, **fields: Any) -> ProviderEvent:
        where = {"tenant": "demo", "payment_id": self.id, "reference": "cs_1"} | fields
        self.reader.notices[id_] = Notice(report, **where) if report else None
        event = a_provider_event(id_)
        self.inbox.accept(event)
        return event

    def payment(self) -> Payment:
        found = self.payments.get(PaymentKey("demo", self.id))
        assert found is not None
        return found


@pytest.fixture
def room() -> Room:
    made = Room()
    made.open()
    return made


def test_an_event_changes_the_payment_and_is_marked_in_one_transaction(room: Room) -> None:
    event = room.told("evt_1", captured())
    before = room.unit_of_work.commits
    assert room.service.apply(event) is Outcome.APPLIED
    assert room.unit_of_work.commits == before + 1
    assert room.payment().state is State.CONFIRMED
    assert room.inbox.outcome("stripe", "evt_1") is Outcome.APPLIED


def test_our_event_names_the_providers_that_caused_it(room: Room) -> None:
    room.service.apply(room.told("evt_1", captured()))
    assert room.payments.history(PaymentKey("demo", room.id))[-1]["trace"] == "evt_1"


def test_an_event_that_comes_again_does_nothing(room: Room) -> None:
    event = room.told("evt_1", captured())
    room.service.apply(event)
    assert room.service.apply(event) is None
    assert room.payment().version == 2


def test_two_events_about_one_fact_make_one_event_of_ours(room: Room) -> None:
    session, intent = room.told("evt_1", captured()), room.told("evt_2", captured(at=NOW + timedelta(seconds=1)))
    assert room.service.apply(session) is Outcome.APPLIED
    assert room.service.apply(intent) is Outcome.REPEATED
    assert len(room.payments.history(PaymentKey("demo", room.id))) == 2


def test_what_was_overtaken_is_stale(room: Room) -> None:
    room.service.apply(room.told("evt_1", captured()))
    assert room.service.apply(room.told("evt_2", a_report(Fact.EXPIRED))) is Outcome.STALE
    assert room.payment().state is State.CONFIRMED


def test_what_says_nothing_to_us_is_ignored(room: Room) -> None:
    assert room.service.apply(room.told("evt_1", None)) is Outcome.IGNORED
    assert room.inbox.outcome("stripe", "evt_1") is Outcome.IGNORED
    assert room.service.apply(a_provider_event("evt_1")) is None


def test_what_cannot_be_read_is_kept_for_a_person(room: Room) -> None:
    event = a_provider_event("evt_broken")
    room.inbox.accept(event)
    assert room.service.apply(event) is Outcome.FAILED
    assert room.inbox.outcome("stripe", "evt_broken") is Outcome.FAILED
    assert room.payment().version == 1


def test_what_comes_before_its_payment_waits_and_is_applied_later() -> None:
    room = Room()
    event = room.told("evt_1", captured())
    assert room.service.apply(event) is Outcome.PARKED
    with pytest.raises(PaymentExpected):
        room.open()
    room.unit_of_work.commit(*room.payments.create(created(), expected=True))
    assert room.service.wake("stripe", event.id) is Outcome.APPLIED
    assert room.payment().state is State.CONFIRMED


def test_what_comes_before_its_predecessor_waits_and_is_applied_later(room: Room) -> None:
    settled = room.told("evt_1", a_report(Fact.SETTLED))
    assert room.service.apply(settled) is Outcome.PARKED
    assert room.payment().parked
    room.service.apply(room.told("evt_2", captured()))
    assert room.parking.woken == [settled]
    assert not room.payment().parked
    assert room.service.wake("stripe", settled.id) is Outcome.APPLIED
    assert room.payment().state is State.SETTLED


def test_a_payment_that_the_provider_does_not_echo_is_found_by_reference(room: Room) -> None:
    room.unit_of_work.commit(room.payments.point(room.payment(), "cs_1"))
    event = room.told("evt_1", captured(), tenant=None, payment_id=None)
    assert room.service.apply(event) is Outcome.APPLIED


@pytest.mark.parametrize(
    "fields",
    [{"tenant": "other"}, {"payment_id": "pay_x", "reference": None}, {"tenant": None, "reference": "cs_unknown"}],
)
def test_an_event_about_nothing_we_know_waits(room: Room, fields: dict[str, Any]) -> None:
    assert room.service.apply(room.told("evt_1", captured(), **fields)) is Outcome.PARKED
    assert room.payment().version == 1


def test_a_payment_takes_no_word_from_another_provider() -> None:
    room = Room()
    room.unit_of_work.commit(*room.payments.create(created(provider="mock")))
    assert room.service.apply(room.told("evt_1", captured())) is Outcome.FAILED
    assert room.payment().version == 1


def test_late_money_is_recorded_for_review(room: Room) -> None:
    room.service.apply(room.told("evt_1", a_report(Fact.EXPIRED)))
    assert room.service.apply(room.told("evt_2", captured())) is Outcome.HELD
    assert (room.payment().state, room.payment().review) == (State.CANCELLED, "late_capture")


def test_a_wrong_amount_is_recorded_for_review(room: Room) -> None:
    assert room.service.apply(room.told("evt_1", captured(amount=usd(1)))) is Outcome.HELD
    assert (room.payment().state, room.payment().review) == (State.PENDING, "amount_mismatch")


def test_more_in_dispute_than_was_left_applies_and_is_told_apart(room: Room) -> None:
    room.service.apply(room.told("evt_1", captured()))
    given_back = RefundReport(RefundState.SUCCEEDED, None, "re_1", room.payment().amount)
    assert room.service.apply(room.told("evt_2", Report(Fact.REFUND, NOW, refund=given_back))) is Outcome.APPLIED
    taken = DisputeReport("du_1", usd(100), DisputeState.OPEN)
    assert room.service.apply(room.told("evt_3", Report(Fact.DISPUTE, NOW, dispute=taken))) is Outcome.HELD
    assert room.payment().refundable == -100


def _lost_at_once(room: Room, id_: str = "evt_2") -> ProviderEvent:
    opened, lost = (
        Report(Fact.DISPUTE, NOW, dispute=DisputeReport("1003", usd(5_000), state, capture="pi_1"))
        for state in (DisputeState.OPEN, DisputeState.LOST)
    )
    event = room.told(id_, lost)
    room.reader.notices[id_] = Notice(lost, "demo", room.id, None, first=opened)
    return event


def test_an_event_that_tells_of_a_beginning_and_its_end_makes_an_event_of_ours_for_each(room: Room) -> None:
    event = _lost_at_once(room)
    assert room.service.apply(event) is Outcome.PARKED
    room.service.apply(room.told("evt_1", captured()))
    assert room.service.wake("stripe", event.id) is Outcome.APPLIED
    told = room.payments.history(PaymentKey("demo", room.id))[-2:]
    assert [each["type"] for each in told] == ["payments.dispute.opened", "payments.dispute.lost"]
    assert [each["trace"] for each in told] == ["evt_2", "evt_2"]
    assert room.service.apply(event) is None


def test_another_end_than_is_known_is_kept_for_a_person(room: Room) -> None:
    room.service.apply(room.told("evt_1", captured()))
    room.service.apply(_lost_at_once(room))
    won = Report(Fact.DISPUTE, NOW, dispute=DisputeReport("1003", usd(5_000), DisputeState.WON, capture="pi_1"))
    assert room.service.apply(room.told("evt_3", won)) is Outcome.FAILED
    assert room.inbox.outcome("stripe", "evt_3") is Outcome.FAILED


def test_killed_between_the_two_the_next_delivery_adds_the_second(room: Room) -> None:
    room.service.apply(room.told("evt_1", captured()))
    event = _lost_at_once(room)
    first = room.reader.notices["evt_2"]
    assert first is not None
    assert first.first is not None
    room.service.apply(room.told("evt_0", first.first))
    assert room.service.apply(event) is Outcome.APPLIED
    assert [each.state for each in room.payment().disputes] == [DisputeState.LOST]
    assert room.payment().version == 4


def test_the_end_is_the_same_in_any_order_of_delivery() -> None:
    session = Report(Fact.CHECKOUT_OPENED, NOW, session=Session("cs_1", "https://pay.example/cs_1", NOW))
    told = {"a": session, "b": a_report(Fact.PROCESSING), "c": captured(), "d": captured(), "e": a_report(Fact.SETTLED)}
    for order in permutations(told):
        room = Room()
        room.open()
        events = [room.told(id_, told[id_]) for id_ in order]
        for event in [*events, *events]:
            room.service.apply(event)
        assert room.payment().state is State.SETTLED
        assert len(room.payment().captures) == 1
        types = [event["type"] for event in room.payments.history(PaymentKey("demo", room.id))]
        assert types.count("payments.purchase.confirmed") == 1


def test_the_payload_is_kept_as_it_was_signed(room: Room) -> None:
    event = a_provider_event("evt_9", payload=json.dumps({"id": "evt_9", "x": "é"}).encode())
    room.inbox.accept(event)
    assert room.inbox.get("stripe", "evt_9") == event
