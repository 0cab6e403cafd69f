"""What is told in the wrong order: the provider's time decides, whichever comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from tests.unit.subscriptions.lives import LATER, UNPAID, after, an_active, changed
from tests.unit.subscriptions.telling import ECHO, SECOND, SOFT, START, Room, an_invoice
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.model import GRACE
from tollgate.subscriptions.reports import Failed, Retried

HOUR = timedelta(hours=1)
HARD, SOFT_TOO = Decline(DeclineClass.HARD, "expired_card"), Decline(DeclineClass.SOFT, "generic_decline")


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


TRIES = tuple(
    Failed(UNPAID.invoice, UNPAID.amount, UNPAID.period, SECOND + number * HOUR, f"ch_{number}", decline)
    for number, decline in enumerate((SOFT, HARD, SOFT_TOO))
)


@pytest.mark.parametrize("order", list(permutations(TRIES)))
def test_grace_begins_with_the_first_try_and_is_planned_by_the_last(order: tuple[Failed, ...]) -> None:
    of = after(an_active(), *order)
    debt = of.debt
    assert debt is not None
    assert (debt.since, debt.dunned_until, of.access_until) == (SECOND, SECOND, SECOND + GRACE)
    assert (debt.attempts, debt.decline, debt.tries[-1], set(debt.tries)) == (
        3,
        SOFT_TOO,
        "ch_2",
        {"ch_0", "ch_1", "ch_2"},
    )


def test_a_try_that_was_heard_of_by_asking_began_when_its_provider_says() -> None:
    late = after(an_active(), replace(UNPAID, at=SECOND + 20 * HOUR), UNPAID)
    assert late.access_until == SECOND + GRACE
    assert apply(late, UNPAID, LATER) is Meaning.REPEAT
    assert changed(after(an_active(), replace(UNPAID, at=SECOND + HOUR)), UNPAID).events == ()


def test_what_of_the_plan_is_done_stays_done() -> None:
    late = after(an_active(), TRIES[1], Retried(SECOND + 25 * HOUR, replace(TRIES[2], at=SECOND + 25 * HOUR)), TRIES[0])
    assert late.debt is not None
    assert (late.debt.since, late.debt.dunned_until) == (SECOND, SECOND + 25 * HOUR)
    assert late.debt.decline == SOFT_TOO
