"""Two invoices that could not be charged, or one of a period that a later one has overtaken."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.unit.subscriptions.telling import SECOND, START, THIRD, Room, an_invoice
from tollgate.inbox.model import Outcome
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.subscriptions.model import GRACE, State
from tollgate.subscriptions.owing import payment_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOURTH = THIRD + 30 * DAY
CHANGED = SECOND + timedelta(minutes=30)
UNPAID = {"status": "open", "amount_paid": 0, "payments": {"data": []}}
# The month that was drafted before the change to years, and the year that was paid with it.
MONTH = ("evt_month", "invoice.payment_failed", SECOND + HOUR, an_invoice(2, SECOND, THIRD, **UNPAID))
YEAR = (
    "evt_year",
    "invoice.paid",
    CHANGED,
    an_invoice(3, CHANGED, CHANGED + 365 * DAY, billing_reason="subscription_update", amount_paid=39_900),
)
MONTH_PAID = ("evt_paid", "invoice.paid", SECOND + DAY, an_invoice(2, SECOND, THIRD))
MONTH_VOID = ("evt_void", "invoice.voided", SECOND + DAY, an_invoice(2, SECOND, THIRD, **UNPAID))


@pytest.fixture
def room() -> Room:
    """With a subscription that has begun."""
    begun = Room()
    begun.lookup.intents["in_1"] = "pi_1"
    begun.tell("evt_1", "invoice.paid", START, an_invoice(1, START, SECOND))
    return begun


def stored(room: Room, number: int) -> list[Any]:
    """What became of the payment of that invoice, if there is one."""
    id_ = payment_of(room.subscription(), f"in_{number}")
    return [(each.state, each.review) for each in room.stored.store.of("payment") if each.id == id_]


@pytest.mark.parametrize("order", [(MONTH, YEAR), (YEAR, MONTH)])
def test_a_year_that_is_paid_is_not_lost_to_a_month_that_was_drafted_before(room: Room, order: tuple[Any, ...]) -> None:
    for each in order:
        room.tell(*each)
    of = room.subscription()
    assert (of.state, of.debt, of.access_until) == (State.ACTIVE, None, CHANGED + 365 * DAY)
    assert set(room.outcomes().values()) <= {"applied", "stale"}


@pytest.mark.parametrize("order", list(permutations((MONTH, YEAR, MONTH_PAID))))
def test_what_was_overtaken_and_is_paid_after_all_is_in_the_books(room: Room, order: tuple[Any, ...]) -> None:
    for each in order:
        room.tell(*each)
    of = room.subscription()
    assert (of.state, of.debt, of.access_until) == (State.ACTIVE, None, CHANGED + 365 * DAY)
    assert room.said().count("renewed") == 2
    # Where nobody asks for it any more, a person decides about what comes.
    held = order == (MONTH, YEAR, MONTH_PAID)
    assert stored(room, 2) == [(PaymentState.FAILED, "late_capture") if held else (PaymentState.CONFIRMED, None)]


def test_nobody_waits_for_what_was_overtaken(room: Room) -> None:
    for each in (MONTH, YEAR, MONTH_VOID):
        room.tell(*each)
        assert stored(room, 2) == [(PaymentState.PENDING if each is MONTH else PaymentState.FAILED, None)]
    assert room.said() == ["created", "activated", "grace_started", "grace_ended", "renewed"]


def test_of_two_that_are_owed_the_earlier_is_dunned_and_then_the_other(room: Room) -> None:
    later = ("evt_later", "invoice.payment_failed", THIRD + HOUR, an_invoice(3, THIRD, FOURTH, **UNPAID))
    room.tell(*MONTH)
    assert room.tell(*later) is Outcome.PARKED
    debt = room.subscription().debt
    assert debt is not None
    assert debt.invoice == "in_2"
    room.lookup.refusals.clear()
    room.tell(*MONTH_PAID)
    of = room.subscription()
    assert of.debt is not None
    assert (of.state, of.debt.invoice, of.access_until) == (State.PAST_DUE, "in_3", THIRD + HOUR + GRACE)
    assert room.outcomes()["evt_later"] == "applied"
    assert room.said()[2:] == ["grace_started", "grace_ended", "renewed", "grace_started"]


def test_of_two_that_are_owed_the_later_that_is_paid_ends_both(room: Room) -> None:
    room.tell(*MONTH)
    room.tell("evt_later", "invoice.payment_failed", THIRD + HOUR, an_invoice(3, THIRD, FOURTH, **UNPAID))
    room.tell("evt_later_paid", "invoice.paid", THIRD + 2 * HOUR, an_invoice(3, THIRD, FOURTH))
    of = room.subscription()
    assert (of.state, of.debt, of.access_until) == (State.ACTIVE, None, FOURTH)
    assert room.outcomes()["evt_later"] == "stale"
