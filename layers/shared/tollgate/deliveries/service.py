"""Delivering, in the order of each aggregate. Whoever holds a lane reads the aggregate's own events and sends them one
after the other; a message says only that there may be some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Aggregate, Attempt, Delivery, Lane, StoredEvent, begun, delivery_id
from tollgate.deliveries.ports import (
    LONGEST_DELAY,
    Consumers,
    DeliveryChanged,
    DeliveryLog,
    Histories,
    LaneChanged,
    Lanes,
    Wake,
    Wakes,
    Wish,
)
from tollgate.deliveries.schedule import is_last, wait_after
from tollgate.deliveries.sending import Sending
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.unit_of_work import UnitOfWork

_AT_ONCE = 10
_MOST_NOTES = 5

type OnAttempt = Callable[[Delivery, Attempt], None]
type OutOfTime = Callable[[], bool]


class Delivering:
    """A lane is taken by a write before each event is sent, and given up by the note in the log that tells what became
    of it: two writes an event. What dies in between leaves the event in hand; when nobody can have it in hand any more,
    whoever comes next sends it again, under the same id.

    Whoever has sent an event looks for the next only after that note. So a message that finds the lane taken can go:
    its event was stored before, and is seen.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        *,
        consumers: Consumers,
        histories: Histories,
        lanes: Lanes,
        log: DeliveryLog,
        wakes: Wakes,
        sending: Sending,
        unit_of_work: UnitOfWork,
        clock: Clock,
        ids: IdFactory,
        on_attempt: OnAttempt = lambda _delivery, _attempt: None,
    ) -> None:
        self._consumers = consumers
        self._histories = histories
        self._lanes = lanes
        self._log = log
        self._wakes = wakes
        self._sending = sending
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids
        self._on_attempt = on_attempt

    def heard(self, aggregate: Aggregate, type_: str, out_of_time: OutOfTime) -> None:
        """An event of this type was published: whoever wants it gets it, with what waits before it."""
        for consumer in self._consumers.all():
            if consumer.hears_of(aggregate.tenant) and consumer.wants(type_):
                self._work_off(consumer, aggregate, out_of_time)

    def woken(self, wake: Wake, out_of_time: OutOfTime) -> datetime | None:
        """Try a lane again; the time at which to, where that has not come yet. A turn that is over is nobody's."""
        consumer = self._consumer(wake.consumer, wake.aggregate.tenant)
        if consumer is None:
            return None
        lane = self._work_off(consumer, wake.aggregate, out_of_time)
        too_early = lane.failures == wake.turn and lane.waits(self._clock.now())
        return lane.try_at if too_early else None

    def retry(self, wish: Wish, out_of_time: OutOfTime) -> None:
        """Send one event again now, whatever became of it. One that waits is tried in its lane, so that those behind it
        follow; for any other the lane stays where it is.
        """
        delivery = self._log.get(wish.tenant, wish.delivery_id)
        consumer = self._consumer(delivery.consumer, wish.tenant) if delivery else None
        if delivery is None or consumer is None:
            return
        if not delivery.state.is_final:
            self._work_off(consumer, delivery.aggregate, out_of_time, by_hand=True)
            return
        for event in self._histories.after(delivery.aggregate, delivery.sequence - 1, 1):
            attempt = self._sending.attempt(consumer, event, certainly=True, by_hand=True)
            self._note(consumer, event, delivery, attempt, None)

    def _work_off(
        self, consumer: Consumer, aggregate: Aggregate, out_of_time: OutOfTime, *, by_hand: bool = False
    ) -> Lane:
        """The lane as it was left, or as somebody else has it."""
        lane, known = self._as_it_stands(consumer.key, aggregate)
        waited_for = lane.try_at if lane.waits(self._clock.now()) else None
        if lane.is_held(self._clock.now()) or (waited_for and not by_hand):
            return lane
        while (event := self._next(consumer, lane)) is not None:
            if out_of_time():
                self._wakes.send(Wake(consumer.key, aggregate))
                return lane
            before, taken = lane, lane.taken(event.sequence, self._ids.new("hold"), self._clock.now())
            if not self._stored(taken):
                return lane
            known = known if known is not None and known.sequence == event.sequence else None
            if waited_for and event.sequence == before.head:
                lane, delivery = self._try_by_hand(consumer, event, taken, known, waited_for)
            else:
                lane, delivery = self._try(consumer, event, taken, known)
            waited_for = None
            if not delivery.state.is_final:
                return lane
        return self._give_up(lane)

    def _as_it_stands(self, consumer: str, aggregate: Aggregate) -> tuple[Lane, Delivery | None]:
        """With what the log tells of the event in hand."""
        lane = self._lanes.get(consumer, aggregate)
        if lane is None:
            return Lane(consumer, aggregate), None
        if lane.passed:
            return lane, None
        known = self._log.get(aggregate.tenant, delivery_id(consumer, aggregate.event_id(lane.head)))
        done = known.state.is_final if known else lane.is_presumed_passed(self._clock.now())
        return (lane.past() if done else lane), known

    def _next(self, consumer: Consumer, lane: Lane) -> StoredEvent | None:
        """The next event that the consumer takes. What it does not take is written down nowhere, and met again."""
        position = lane.position
        while found := self._histories.after(lane.aggregate, position, _AT_ONCE):
            wanted = (each for each in found if consumer.takes(each.type, each.occurred_at))
            if (event := next(wanted, None)) is not None:
                return event
            position = found[-1].sequence
        return None

    def _try(self, consumer: Consumer, event: StoredEvent, lane: Lane, known: Delivery | None) -> tuple[Lane, Delivery]:
        attempt = self._sending.attempt(consumer, event, certainly=is_last(lane.failures))
        failures = lane.failures + 1
        wait = None if attempt.succeeded else wait_after(failures)
        try_at = self._clock.now() + wait if wait else None
        delivery = self._note(consumer, event, known, attempt, try_at)
        if delivery.state.is_final or wait is None or try_at is None:
            return lane.past(), delivery
        # First: whoever dies before the lane is put off has still seen to it that somebody comes back to it.
        self._wakes.send(Wake(lane.consumer, lane.aggregate, failures), min(wait, LONGEST_DELAY))
        return self._waiting(lane, failures, try_at), delivery

    def _try_by_hand(
        self, consumer: Consumer, event: StoredEvent, lane: Lane, known: Delivery | None, waited_for: datetime
    ) -> tuple[Lane, Delivery]:
        """Beside the schedule, which goes on as it was if this fails too."""
        attempt = self._sending.attempt(consumer, event, certainly=True, by_hand=True)
        delivery = self._note(consumer, event, known, attempt, waited_for)
        if delivery.state.is_final:
            return lane.past(), delivery
        return self._waiting(lane, lane.failures, waited_for), delivery

    def _note(
        self,
        consumer: Consumer,
        event: StoredEvent,
        known: Delivery | None,
        attempt: Attempt,
        try_at: datetime | None,
    ) -> Delivery:
        """In the log, after whatever else was noted of it meanwhile."""
        for _ in range(_MOST_NOTES):
            now = self._clock.now()
            after = (known or begun(consumer.key, event, now)).tried(attempt, try_at, now)
            try:
                self._unit_of_work.commit(self._log.put(after))
            except DeliveryChanged as changed:
                known = changed.stored
            else:
                self._on_attempt(after, attempt)
                return after
        raise StoreUnavailable("too many try this event at once")

    def _waiting(self, lane: Lane, failures: int, try_at: datetime) -> Lane:
        waiting = lane.put_off(failures, try_at)
        self._stored(waiting)
        return waiting

    def _give_up(self, lane: Lane) -> Lane:
        """Nothing is left. Of a lane that was ever put off, the reconciler must be told."""
        if lane.failures:
            self._stored(lane.at_rest())
        return lane

    def _stored(self, lane: Lane) -> bool:
        """Whether it is ours as it was read."""
        try:
            self._unit_of_work.commit(self._lanes.put(lane))
        except LaneChanged:
            return False
        return True

    def _consumer(self, key: str, tenant: str) -> Consumer | None:
        return the_one(self._consumers.all(), key, tenant)


def the_one(consumers: Iterable[Consumer], key: str, tenant: str) -> Consumer | None:
    """The consumer of that key, if it gets events of that tenant."""
    return next((each for each in consumers if each.key == key and each.hears_of(tenant)), None)
