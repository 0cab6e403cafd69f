"""Two who change a subscription at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.fakes import MemoryCatalog
from tests.unit.subscriptions.lives import AS_IT_IS, ENDING, PAUSED
from tests.unit.subscriptions.telling import KEY, SUBSCRIPTION, Room, a_subscription, an_invoice
from tests.unit.subscriptions.telling import SECOND as RENEWAL
from tests.unit.subscriptions.telling import START as FIRST
from tollgate.kernel.access import Viewer
from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions.desk import SubscriptionDesk
from tollgate.subscriptions.model import Subscription
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.providers import Answer, Learned, RecurringProvider, RecurringProviders


class Crossing(RecurringProvider):
    """Whoever pauses is overtaken by whoever ends it, in the same second."""

    charges_when_asked = True
    end_now = change = preview = pay = card_page = adopt_card = end_with_period = None  # type: ignore[assignment]

    def __init__(self, room: Room) -> None:
        self._room = room

    def pause(self, of: Subscription, *, paused: bool) -> Answer:
        self._room.recorder.record(of, ENDING)
        return Learned(replace(PAUSED, paused=paused))

    def look(self, of: Subscription) -> Answer:
        return Learned(replace(ENDING, paused=True))


@pytest.fixture
def room() -> Room:
    """With a subscription that has begun."""
    begun = Room()
    begun.lookup.intents["in_1"] = "pi_1"
    begun.tell("evt_1", "invoice.paid", FIRST, an_invoice(1, FIRST, RENEWAL))
    begun.tell("evt_2", "customer.subscription.updated", FIRST, a_subscription())
    return begun


def test_of_two_things_that_were_told_in_one_second_none_undoes_the_other(room: Room) -> None:
    of = room.subscription()
    room.recorder.record(of, ENDING)
    crossed = room.recorder.record(of, AS_IT_IS)
    assert (crossed.meaning, crossed.subscription.ends_at) == (Meaning.EARLY, ENDING.ends_at)
    assert room.said()[-1] == "cancelled"


def test_what_comes_later_in_that_second_with_the_other_known_is_last(room: Room) -> None:
    ending = room.recorder.record(room.subscription(), ENDING).subscription
    assert room.recorder.record(ending, AS_IT_IS).subscription.ends_at is None


def test_whoever_crossed_another_is_answered_with_what_came_of_both(room: Room) -> None:
    providers = RecurringProviders({"stripe": lambda: Crossing(room)})
    collection = DebtCollection(room.recorder, providers, room.stored.idempotency, room.clock)
    desk = SubscriptionDesk(
        room.stored.subscriptions, room.recorder, providers, collection, MemoryCatalog(), room.clock
    )
    both = desk.pause(Viewer(KEY.tenant, None), SUBSCRIPTION, None)
    assert (both.is_paused, both.ends_at) == (True, ENDING.ends_at)
    assert room.said()[-2:] == ["cancelled", "paused"]
