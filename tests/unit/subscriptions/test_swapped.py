"""What is told in the wrong order: the provider's time decides, whichever comes first."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from tests.unit.subscriptions.telling import ECHO, SECOND, START, Room, an_invoice

HOUR = timedelta(hours=1)


def begun() -> Room:
    """With a subscription that has begun."""
    room = Room()
    room.lookup.intents["in_1"] = "pi_1"
    room.tell("evt_1", "invoice.paid", START, an_invoice(1, START, SECOND))
    return room


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_card_that_was_given_last_is_charged_from_then_on(order: tuple[int, ...]) -> None:
    room = begun()
    for number in order:
        setup = {"id": f"seti_{number}", "object": "setup_intent", "metadata": ECHO}
        room.tell(f"evt_card_{number}", "setup_intent.succeeded", SECOND + number * HOUR, setup)
    assert room.subscription().setup == "seti_2"
    assert room.said()[-1] == "card_given"
