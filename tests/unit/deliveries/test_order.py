"""Each event once, in the order of its aggregate, however its messages come and however many deliver."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.support.delivering import (
    CONFIRMED,
    CREATED,
    FUNNEL,
    REFUNDED,
    REFUSED,
    Room,
    aggregate,
    another,
)
from tollgate.deliveries.model import HOLD, PRESUMED, Aggregate
from tollgate.deliveries.ports import Wake
from tollgate.kernel.errors import StoreUnavailable


@pytest.fixture
def room() -> Room:
    return Room()


def test_an_event_is_sent_as_it_is_stored_and_signed_for_whoever_gets_it(room: Room) -> None:
    (event,) = room.published(aggregate(), CREATED)
    (posted,) = room.courier.posted
    assert (posted.url, posted.body) == (FUNNEL.url, event.to_json().encode())
    assert posted.headers["webhook-id"] == event.id
    assert posted.headers["webhook-timestamp"] == "1700000000"
    assert posted.headers["content-type"] == "application/json"
    assert room.state(aggregate(), 1) == "delivered"


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_repeated_messages_deliver_each_event_once_and_in_order(room: Room, seed: int) -> None:
    chance, several = random.Random(seed), [aggregate(str(number)) for number in range(4)]  # noqa: S311 - draws orders
    heard = [event for of in several for event in room.happens(of, *[CREATED, CONFIRMED, REFUNDED] * 3)]
    heard = [*heard, *chance.sample(heard, 10)]
    chance.shuffle(heard)
    room.hears(*heard)
    assert {tuple(room.arrived(of)) for of in several} == {tuple(range(1, 10))}
    assert not room.wakes.sent


def test_ten_deliverers_at_once_send_each_event_once_and_in_order(room: Room) -> None:
    """Each at its own pace; some find the lane taken, and whoever has it sees what they were told of."""
    several = [aggregate(str(number)) for number in range(5)]
    heard = [event for of in several for event in room.happens(of, *[CREATED, CONFIRMED] * 6)]
    random.Random(1).shuffle(heard)  # noqa: S311 - draws an order
    on_their_way: list[str] = []
    crossed: list[str] = []

    def meanwhile(posted: object) -> None:
        aggregate_of = posted.body.split(b'"aggregate":')[1][:60].decode()  # type: ignore[attr-defined]
        crossed.extend(each for each in on_their_way if each == aggregate_of)
        on_their_way.append(aggregate_of)
        threading.Event().wait(0.001)
        on_their_way.remove(aggregate_of)

    room.courier.meanwhile = meanwhile
    deliverers = [room.deliverer() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: room.hears(heard[number], by=deliverers[number % 10]), range(len(heard))))
    assert {tuple(room.arrived(of)) for of in several} == {tuple(range(1, 13))}
    assert not crossed


def test_an_event_that_is_stored_while_another_is_on_its_way_follows_at_once(room: Room) -> None:
    """Its own message finds the lane taken, and goes."""
    (first,) = room.happens(aggregate(), CREATED)

    def meanwhile(posted: object) -> None:
        room.courier.meanwhile = lambda _: None
        room.hears(*room.happens(aggregate(), CONFIRMED), by=room.deliverer())

    room.courier.meanwhile = meanwhile
    room.hears(first)
    assert room.arrived(aggregate()) == [1, 2]


def test_what_a_consumer_does_not_ask_for_is_passed_over_and_costs_it_nothing(room: Room) -> None:
    room.consumers.put(another("funnel", types=frozenset({CONFIRMED, "payments.refund.*"})))
    of, url = aggregate(), another("funnel").url
    room.published(of, CREATED)
    assert (room.store.store.of("lane"), room.courier.posted) == ([], [])
    room.published(of, CONFIRMED, CREATED, "payments.refund.requested", REFUNDED)
    assert room.arrived(of, url) == [2, 4]


def test_what_happened_before_a_consumer_began_to_listen_is_not_sent(room: Room) -> None:
    room.happens(aggregate(), CREATED, CONFIRMED, at=FUNNEL.since - timedelta(seconds=1))
    room.published(aggregate(), REFUNDED)
    assert room.arrived(aggregate()) == [3]


def test_each_consumer_gets_the_events_of_its_own_tenants(room: Room) -> None:
    for key, tenants in (("every", {"*"}), ("other", {"other"})):
        room.consumers.put(another(key, tenants=frozenset(tenants)))
        room.secrets.values[f"consumers/{key}"] = room.secrets.values["consumers/funnel"]
    ours, theirs, nobodys = aggregate(), aggregate(tenant="other"), Aggregate("*", "provider", "stripe")
    for of in (ours, theirs, nobodys):
        room.published(of, CREATED)
    assert [(each.consumer, each.aggregate) for each in room.store.store.of("delivery")] == [
        ("funnel", ours),
        ("every", ours),
        ("every", theirs),
        ("other", theirs),
        ("every", nobodys),
    ]


def test_a_consumer_that_was_switched_off_goes_on_where_it_was(room: Room) -> None:
    room.published(aggregate(), CREATED)
    room.consumers.put(another("funnel", active=False))
    room.published(aggregate(), CONFIRMED)
    room.consumers.put(FUNNEL)
    room.published(aggregate(), REFUNDED)
    assert room.arrived(aggregate()) == [1, 2, 3]


def test_out_of_time_the_rest_is_left_to_another_message(room: Room) -> None:
    first, *_ = room.happens(aggregate(), CREATED, CONFIRMED)
    left = iter([False, True])
    room.delivering.heard(aggregate(), first.type, lambda: next(left))
    assert room.arrived(aggregate()) == [1]
    assert [message for message, _ in room.wakes.sent] == [Wake("funnel", aggregate())]
    room.wake()
    assert room.arrived(aggregate()) == [1, 2]


def test_a_delivery_takes_two_writes_and_the_reconciler_has_nothing_to_look_at(room: Room) -> None:
    events, before = room.happens(aggregate(), CREATED, CONFIRMED), room.store.unit_of_work.commits
    room.hears(*events)
    assert room.store.unit_of_work.commits == before + 2 * len(events)
    assert not room.store.store.due


def test_an_event_whose_delivery_is_no_longer_remembered_is_not_sent_again(room: Room) -> None:
    """A subscription may be silent for longer than the log remembers."""
    room.published(aggregate(), CREATED)
    (place,) = [each for each in room.store.store.items if each[0] == "delivery"]
    del room.store.store.items[place]
    room.later(PRESUMED + timedelta(days=10))
    room.published(aggregate(), CONFIRMED)
    assert room.arrived(aggregate()) == [1, 2]


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", [1, 2, 3, 4])
def test_whatever_the_store_does_not_do_nothing_is_lost_and_the_order_is_kept(
    room: Room, commit: int, answered: bool
) -> None:
    events, before = room.happens(aggregate(), CREATED, CONFIRMED), room.store.unit_of_work.commits

    def breaking(number: int) -> None:
        if number == before + commit:
            raise StoreUnavailable("not now")

    def nothing(_: int) -> None:
        return

    unit_of_work = room.store.unit_of_work
    unit_of_work.before, unit_of_work.after = (nothing, breaking) if answered else (breaking, nothing)
    with pytest.raises(StoreUnavailable):
        room.hears(*events)
    room.later(HOLD)
    room.hears(*events)
    # Sent and not noted, an event is sent again: at least once is what is promised.
    assert room.arrived(aggregate()) in ([1, 2], [1, 1, 2], [1, 2, 2])
    assert [room.state(aggregate(), number) for number in (1, 2)] == ["delivered", "delivered"]


def test_an_event_that_is_in_nobodys_hand_any_more_is_sent_again_under_its_id(room: Room) -> None:
    (event,) = room.happens(aggregate(), CREATED)
    sent: list[str] = []

    def dying(posted: object) -> None:
        sent.append(posted.headers["webhook-id"])  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    room.courier.meanwhile = dying
    with pytest.raises(KeyboardInterrupt):
        room.hears(event)
    room.courier.meanwhile = lambda _: None
    room.hears(event)
    assert room.arrived(aggregate()) == [], "whoever took it may be alive"
    room.later(HOLD)
    room.hears(event)
    assert [*sent, *(each.id for each in room.courier.posted)] == [event.id, event.id]


def test_whoever_was_slower_than_its_hold_puts_nothing_off_that_another_has_delivered(room: Room) -> None:
    (event,) = room.happens(aggregate(), CREATED)

    def stalled(_: object) -> None:
        room.courier.meanwhile = lambda _: None
        room.later(HOLD)
        room.hears(event, by=room.deliverer())
        room.answers(REFUSED)

    room.courier.meanwhile = stalled
    room.hears(event)
    assert room.arrived(aggregate()) == [1, 1]
    assert room.state(aggregate(), 1) == "delivered"
