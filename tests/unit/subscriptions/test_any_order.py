"""The life of a subscription as Stripe tells it, in every order."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.unit.subscriptions.telling import SECOND, START, THIRD, Room, a_subscription, an_invoice
from tollgate.inbox.model import Outcome
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.subscriptions.activation import expired
from tollgate.subscriptions.model import State
from tollgate.subscriptions.owing import payment_of
from tollgate.subscriptions.ports import SubscriptionKey

FAILED_AT, ENDED_AT = SECOND + timedelta(hours=1), SECOND + timedelta(hours=2)

type Told = tuple[str, str, datetime, dict[str, Any]]


def a_life(old: bool = False) -> list[Told]:
    """Ordered and paid; the second period cannot be charged; asked to end, and ended."""
    failed = an_invoice(2, SECOND, THIRD, status="open", amount_paid=0, payments={"data": []})
    asked = a_subscription(status="past_due", latest_invoice="in_2", cancel_at_period_end=True)
    over = asked | {"status": "canceled", "ended_at": int(ENDED_AT.timestamp())}
    told: list[Told] = [
        ("evt_created", "customer.subscription.created", START, a_subscription(status="incomplete")),
        ("evt_paid", "invoice.paid", START, an_invoice(1, START, SECOND)),
        ("evt_failed", "invoice.payment_failed", FAILED_AT, failed),
        ("evt_updated", "customer.subscription.updated", FAILED_AT, asked),
        ("evt_deleted", "customer.subscription.deleted", ENDED_AT, over),
    ]
    return [(id_, type_, at, _as_it_was(subject) if old else subject) for id_, type_, at, subject in told]


def _unexpanded(subject: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in subject.items() if name != "payments"}


def _as_it_was(subject: dict[str, Any]) -> dict[str, Any]:
    """The same in the shapes of API versions before 2025-03-31."""
    if subject["object"] == "subscription":
        item = {
            name: value for name, value in subject["items"]["data"][0].items() if not name.startswith("current_period")
        }
        ends = subject["items"]["data"][0]["current_period_end"]
        return subject | {"items": {"data": [item]}, "current_period_end": ends}
    details = subject["parent"]["subscription_details"]
    rows = subject["payments"]["data"]
    intent = rows[0]["payment"]["payment_intent"] if rows else None
    lines = [each | {"type": "subscription", "proration": False} for each in subject["lines"]["data"]]
    kept = {name: value for name, value in subject.items() if name not in ("parent", "payments")}
    known = {"subscription": details["subscription"], "subscription_details": {"metadata": details["metadata"]}}
    return kept | known | {"payment_intent": intent, "lines": {"data": lines}}


def lived(order: tuple[Told, ...]) -> Room:
    room = Room()
    room.lookup.intents["in_1"] = "pi_1"
    for each in order:
        room.tell(*each)
    return room


@pytest.mark.parametrize("shapes", ["current", "expanded", "old"])
def test_all_120_orders_of_five_webhooks_end_in_the_same_state_with_the_same_events(shapes: str) -> None:
    told = a_life(old=shapes == "old")
    if shapes == "current":
        # Events never show what paid an invoice: Stripe is asked.
        told = [(id_, type_, at, _unexpanded(subject)) for id_, type_, at, subject in told]
    ends = set()
    for order in permutations(told):
        room = lived(order)
        of = room.subscription()
        first, second = room.payment(), room.payment(payment_of(of, "in_2"))
        assert set(room.outcomes().values()) <= {"applied", "repeated", "stale"}, (room.outcomes(), order)
        states = (of.state, of.status, of.period, of.debt, of.invoices, of.ended_at, of.reference, of.customer)
        ends.add((tuple(sorted(room.said())), states, first.state, first.captures, second.state, second.reason))
    ((said, states, *payments),) = ends
    assert said == ("activated", "cancelled", "created", "ended", "grace_ended", "grace_started")
    assert states[:2] == (State.ENDED, "cancelled")
    assert [payments[0], payments[2]] == [PaymentState.CONFIRMED, PaymentState.FAILED]


def test_events_follow_their_causes_whatever_comes_first() -> None:
    for order in permutations(a_life()):
        said = lived(order).said()
        for cause, effect in (("activated", "grace_started"), ("grace_started", "grace_ended"), ("cancelled", "ended")):
            assert said.index(cause) < said.index(effect), (said, [each[0] for each in order])


def test_an_order_that_has_expired_and_begins_all_the_same_is_to_be_ended() -> None:
    room = Room()
    key = SubscriptionKey("demo", room.subscription().id)
    gone = expired(room.subscription(), "expired", START)
    assert gone is not None
    room.stored.unit_of_work.commit(*room.stored.subscriptions.update(gone))
    for name in ("one", "two"):
        assert room.tell(f"evt_{name}", "customer.subscription.updated", FAILED_AT, a_subscription()) is Outcome.STALE
    alive = room.stored.subscriptions.get(key)
    assert alive is not None
    assert (alive.closing, alive.provider, alive.reference) == (True, "stripe", "sub_1")
    assert alive.due_at is not None
    over = a_subscription(status="canceled", ended_at=int(ENDED_AT.timestamp()))
    room.tell("evt_over", "customer.subscription.deleted", ENDED_AT, over)
    assert (room.subscription().closing, room.subscription().due_at) == (False, None)
    assert room.said() == ["created", "expired"]
