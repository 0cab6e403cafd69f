"""Money for a period that was paid before, or that nobody asked for any more."""

from __future__ import annotations

import pytest

from tests.unit.subscriptions.telling import SECOND, START, THIRD, Room, an_invoice
from tollgate.inbox.model import Outcome
from tollgate.payments.lifecycle import State
from tollgate.subscriptions.owing import payment_of

FAILED = {"status": "open", "amount_paid": 0, "payments": {"data": []}}


@pytest.fixture
def room() -> Room:
    """With a subscription that has begun."""
    begun = Room()
    begun.lookup.intents["in_1"] = "pi_1"
    begun.tell("evt_1", "invoice.paid", START, an_invoice(1, START, SECOND))
    return begun


def paid_by(intent: str | None) -> dict[str, object]:
    """The renewal, by that intent."""
    paid = {"status": "paid", "payment": {"type": "payment_intent", "payment_intent": intent}}
    return an_invoice(2, SECOND, THIRD, payments={"data": [paid] if intent else []})


def test_a_second_charge_of_a_paid_invoice_is_held(room: Room) -> None:
    assert room.tell("evt_2", "invoice.paid", SECOND, paid_by("pi_2")) is Outcome.APPLIED
    assert room.tell("evt_3", "invoice.paid", SECOND, paid_by("pi_2")) is Outcome.REPEATED
    assert room.tell("evt_4", "invoice.paid", SECOND, paid_by("pi_3")) is Outcome.HELD
    assert room.tell("evt_5", "invoice.paid", SECOND, paid_by("pi_3")) is Outcome.REPEATED
    twice = room.payment(payment_of(room.subscription(), "in_2"))
    assert (twice.state, twice.review) == (State.CONFIRMED, "second_capture")
    assert [each.reference for each in twice.captures] == ["pi_2", "pi_3"]
    assert room.said() == ["created", "activated", "renewed"]


def test_what_was_told_without_its_charge_is_no_second_money(room: Room) -> None:
    room.tell("evt_2", "invoice.paid", SECOND, paid_by(None))
    assert room.tell("evt_3", "invoice.paid", SECOND, paid_by("pi_2")) is Outcome.REPEATED
    assert room.payment(payment_of(room.subscription(), "in_2")).review is None


def test_what_was_forgiven_and_is_paid_all_the_same_is_held(room: Room) -> None:
    room.tell("evt_2", "invoice.payment_failed", SECOND, an_invoice(2, SECOND, THIRD, **FAILED))
    room.tell("evt_3", "invoice.marked_uncollectible", SECOND, an_invoice(2, SECOND, THIRD, **FAILED))
    assert room.tell("evt_4", "invoice.paid", SECOND, paid_by("pi_2")) is Outcome.HELD
    late = room.payment(payment_of(room.subscription(), "in_2"))
    assert (late.state, late.review) == (State.FAILED, "late_capture")
