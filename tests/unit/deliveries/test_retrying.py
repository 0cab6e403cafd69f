"""What a consumer does not take is tried again by the schedule, for a day; it holds up its own lane, and no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.delivering import (
    CONFIRMED,
    CREATED,
    REFUNDED,
    REFUSED,
    SILENT,
    TAKEN,
    Room,
    aggregate,
    another,
    turns,
)
from tollgate.deliveries.desk import DeliveryDesk
from tollgate.deliveries.model import GRACE, HOLD, DeliveryState
from tollgate.deliveries.ports import Answer, ConsumerInactive, Wake, Wish
from tollgate.deliveries.schedule import WAITS
from tollgate.deliveries.sending import HELD_BACK, REST_SECONDS, SILENCES, UNSIGNED
from tollgate.kernel.errors import NotFound
from tollgate.reconciliation.ports import DueLane
from tollgate.reconciliation.stuck_lanes import StuckLanes

# In minutes, as the documents say it.
SCHEDULE = [1, 5, 5, 10, 10, 10, 10, 10, 60, 60, 60, 60, 60, 360, 360, 360]
OF = aggregate()


@pytest.fixture
def room() -> Room:
    return Room()


def desk(room: Room) -> DeliveryDesk:
    return DeliveryDesk(room.store.delivery_log, room.consumers, room.wakes)


def test_the_schedule_is_kept_to_the_minute_and_then_the_lane_goes_on(room: Room) -> None:
    room.answers(REFUSED)
    begun = room.clock.now()
    room.published(OF, CREATED, CONFIRMED)
    for minutes in SCHEDULE:
        assert room.arrived(OF).count(2) == 0, "what is behind waits"
        assert [message.turn for message, _ in room.wakes.sent if isinstance(message, Wake)] == [room.log(OF)[0].tries]
        room.later(timedelta(minutes=minutes) - timedelta(seconds=1))
        assert room.wake() == [timedelta(seconds=1)], "too early"
        if minutes == SCHEDULE[-1] and len(room.log(OF)[0].attempts) == len(SCHEDULE):
            room.answers(Answer(9, 410))
        room.later(timedelta(seconds=1))
        room.wake()
    first = room.log(OF)[0]
    assert [(each.at - begun) / timedelta(minutes=1) for each in first.attempts] == [
        sum(SCHEDULE[:number]) for number in range(len(SCHEDULE) + 1)
    ]
    assert (first.state, first.attempts[-1].status, first.try_at) == (DeliveryState.FAILED, 410, None)
    assert room.state(OF, 2) == "waiting", "the next is tried at once, and has a day of its own"
    room.answers(TAKEN)
    room.later(timedelta(minutes=1))
    room.wake()
    assert room.state(OF, 2) == "delivered"
    assert [timedelta(minutes=each) for each in SCHEDULE] == list(WAITS)
    assert not room.store.store.due


def test_no_message_waits_for_longer_than_a_queue_can_delay_it(room: Room) -> None:
    """Longer waits are hidden again by whoever gets them too early."""
    room.answers(REFUSED)
    room.published(OF, CREATED)
    delays = []
    for minutes in SCHEDULE:
        delays.append(room.wakes.sent[-1][1] / timedelta(minutes=1))
        room.later(timedelta(minutes=minutes))
        room.wake()
    assert delays == [min(each, 15) for each in SCHEDULE]


def test_what_is_taken_in_the_end_is_followed_by_all_that_waited_behind_it(room: Room) -> None:
    room.answers(REFUSED)
    room.published(OF, CREATED)
    room.published(OF, CONFIRMED, REFUNDED)
    room.answers(TAKEN)
    room.later(WAITS[0])
    room.wake()
    assert room.arrived(OF) == [1, 1, 2, 3]
    assert (room.wakes.sent, room.store.store.due) == ([], {})


def test_a_try_in_vain_takes_three_writes_and_none_that_is_refused(room: Room) -> None:
    """The lane is taken, the try is noted beside those before, and the lane is put off."""
    room.answers(REFUSED)
    room.published(OF, CREATED)
    before = room.store.unit_of_work.commits
    room.later(WAITS[0])
    room.wake()
    assert room.store.unit_of_work.commits == before + 3


def test_a_turn_that_is_over_is_dropped(room: Room) -> None:
    """One message for each wait, however often messages are given out twice."""
    room.answers(REFUSED)
    room.published(OF, CREATED)
    old = room.wakes.sent[0]
    room.later(WAITS[0])
    room.wake()
    room.wakes.sent.append(old)
    assert room.wake() == [WAITS[1]]
    assert turns(room.wakes.sent) == [2]


def test_a_consumer_that_is_down_for_a_day_holds_up_no_other_consumer_and_no_other_aggregate(room: Room) -> None:
    """Nor does waiting for it: after three silences the rest of a minute's events count as tried."""
    room.consumers.put(another("other"))
    room.secrets.values["consumers/other"] = room.secrets.values["consumers/funnel"]
    down, seconds = another("funnel").url, 0

    def answered(posted: object) -> Answer:
        nonlocal seconds
        seconds += 7 if posted.url == down else 0  # type: ignore[attr-defined]
        return SILENT if posted.url == down else TAKEN  # type: ignore[attr-defined]

    room.courier.answers = answered
    room.consumers.put(another("funnel"))
    several = [aggregate(str(number)) for number in range(100)]
    for of in several:
        room.published(of, CREATED, CONFIRMED)
    assert all(room.arrived(of, another("other").url) == [1, 2] for of in several)
    assert seconds == 7 * SILENCES
    room.courier.answers = lambda _: TAKEN
    room.later(timedelta(seconds=REST_SECONDS))
    room.wake()
    assert all(room.state(of, 2) == "delivered" for of in several)


def test_one_aggregate_that_a_consumer_chokes_on_holds_up_no_other(room: Room) -> None:
    room.answers(REFUSED, OF)
    room.published(OF, CREATED, CONFIRMED)
    room.published(aggregate("2"), CREATED, CONFIRMED)
    assert (room.arrived(OF), room.arrived(aggregate("2"))) == ([1], [1, 2])


def test_an_event_of_which_the_last_try_is_due_is_sent_whether_the_consumer_answers_or_not(room: Room) -> None:
    room.answers(SILENT)
    for number in range(SILENCES):
        room.published(aggregate(f"other {number}"), CREATED)
    assert [attempt.error for _, attempt in room.told] == ["no_answer"] * SILENCES
    room.published(OF, CREATED)
    assert room.told[-1][1].error == HELD_BACK
    for wait in WAITS:
        room.later(wait)
        room.seconds = 0
        room.wake()
    last = room.log(OF)[0]
    assert (last.state, last.attempts[-1].error) == (DeliveryState.FAILED, "no_answer")


def test_without_a_secret_nothing_is_sent_and_it_is_tried_again(room: Room) -> None:
    secret = room.secrets.values.pop("consumers/funnel")
    room.published(OF, CREATED)
    assert (room.courier.posted, room.told[0][1].error) == ([], UNSIGNED)
    room.secrets.values["consumers/funnel"] = secret
    room.later(WAITS[0])
    room.wake()
    assert room.arrived(OF) == [1]


@pytest.mark.parametrize("status", [100, 199, 300, 302, 307, 400, 401, 404, 410, 429, 500, 503, 599])
def test_whatever_is_not_a_success_is_a_failure(room: Room, status: int) -> None:
    room.answers(Answer(3, status))
    room.published(OF, CREATED)
    assert room.state(OF, 1) == "waiting"


class TestByHand:
    """What somebody asks for again."""

    def test_a_delivered_event_is_sent_again_under_its_id_and_the_lane_stays_where_it_is(self, room: Room) -> None:
        first, _ = room.published(OF, CREATED, CONFIRMED)
        desk(room).retry("demo", room.log(OF)[0].id)
        room.answers(REFUSED)
        room.wake()
        assert [each.id for each in room.courier.posted].count(first.id) == 2
        assert room.state(OF, 1) == "delivered", "it was"
        assert room.log(OF)[0].attempts[-1].by_hand
        room.answers(TAKEN)
        room.published(OF, REFUNDED)
        assert room.arrived(OF) == [1, 2, 1, 3]

    def test_a_failed_event_is_delivered_after_all(self, room: Room) -> None:
        room.answers(REFUSED)
        room.published(OF, CREATED)
        for wait in WAITS:
            room.later(wait)
            room.wake()
        assert room.state(OF, 1) == "failed"
        for answer, state in ((REFUSED, "failed"), (TAKEN, "delivered")):
            room.answers(answer)
            desk(room).retry("demo", room.log(OF)[0].id)
            room.wake()
            assert room.state(OF, 1) == state

    def test_a_waiting_event_is_tried_at_once_and_those_behind_it_follow(self, room: Room) -> None:
        room.answers(REFUSED)
        room.published(OF, CREATED, CONFIRMED)
        room.answers(TAKEN)
        desk(room).retry("demo", room.log(OF)[0].id)
        room.wake()
        assert room.arrived(OF) == [1, 1, 2]
        assert room.wake() == [], "the turn that it waited for is over"
        assert (room.wakes.sent, room.store.store.due) == ([], {})

    def test_a_try_by_hand_that_fails_leaves_the_schedule_as_it_was(self, room: Room) -> None:
        room.answers(REFUSED)
        room.published(OF, CREATED)
        waiting = room.log(OF)[0]
        room.later(timedelta(seconds=20))
        desk(room).retry("demo", waiting.id)
        assert room.wake() == [WAITS[0] - timedelta(seconds=20)]
        assert (room.log(OF)[0].tries, room.log(OF)[0].try_at) == (2, waiting.try_at)
        room.later(WAITS[0])
        room.wake()
        assert turns(room.wakes.sent) == [2]

    def test_what_is_not_there_or_goes_to_nobody_is_refused(self, room: Room) -> None:
        room.published(OF, CREATED)
        known = room.log(OF)[0].id
        for tenant, id_ in (("other", known), ("demo", "dlv_1")):
            with pytest.raises(NotFound):
                desk(room).retry(tenant, id_)
        room.consumers.put(another("funnel", active=False))
        with pytest.raises(ConsumerInactive):
            desk(room).retry("demo", known)
        room.wakes.send(Wish("demo", known))
        room.wake()
        assert room.arrived(OF) == [1]


class TestReconciler:
    """Lanes whose message was lost."""

    def lanes(self, room: Room) -> StuckLanes:
        return StuckLanes(room.store.lanes, room.wakes, room.store.unit_of_work, room.clock)

    def due(self, room: Room) -> list[DueLane]:
        return [each for each in room.store.due.due(room.clock.now()) if isinstance(each, DueLane)]

    def sweep(self, room: Room) -> int:
        found = self.due(room)
        for each in found:
            self.lanes(room).examine(each, None)  # type: ignore[arg-type]  # it has nothing to note
        return len(found)

    def test_a_lane_that_waits_for_its_time_is_none_of_its_business(self, room: Room) -> None:
        room.answers(REFUSED)
        room.published(OF, CREATED)
        room.later(WAITS[0] + GRACE - timedelta(seconds=1))
        assert self.sweep(room) == 0

    def test_a_lane_whose_message_was_lost_is_woken_and_looked_at_ever_more_rarely(self, room: Room) -> None:
        room.answers(REFUSED)
        room.published(OF, CREATED, CONFIRMED)
        room.wakes.sent.clear()
        room.later(WAITS[0] + GRACE)
        assert self.sweep(room) == 1
        assert room.wakes.sent == [(Wake("funnel", OF), timedelta(0))]
        assert self.sweep(room) == 0
        room.answers(TAKEN)
        room.wake()
        assert room.arrived(OF) == [1, 1, 2]
        assert not room.store.store.due

    def test_a_retry_whose_function_died_is_taken_up(self, room: Room) -> None:
        room.answers(REFUSED)
        room.published(OF, CREATED)
        room.later(WAITS[0])

        def dying(_: object) -> None:
            raise KeyboardInterrupt

        room.courier.meanwhile = dying
        with pytest.raises(KeyboardInterrupt):
            room.wake()
        room.courier.meanwhile = lambda _: None
        room.answers(TAKEN)
        room.later(HOLD + GRACE)
        assert self.sweep(room) == 1
        room.wake()
        assert (room.arrived(OF), room.state(OF, 1)) == ([1, 1], "delivered")
