"""The life of a subscription as Segpay's postbacks tell it, in every order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.unit.subscriptions.telling import START
from tests.unit.subscriptions.telling_at_segpay import (
    PURCHASE,
    SECOND,
    THIRD,
    SegpayRoom,
    a_decline,
    a_sale,
    of_member,
)
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.values import Period
from tollgate.subscriptions.model import State
from tollgate.subscriptions.owing import payment_of
from tollgate.subscriptions.uninvoiced import owed_after

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

type Told = tuple[datetime, dict[str, str]]

FIRST = (START, a_sale("1001", START, "Initial"))
REBILL = (SECOND, a_sale("1002", SECOND, "Conversion"))
DECLINED = (THIRD, a_decline("1003", THIRD))
CANCELLED = (THIRD + 10 * MINUTE, of_member("Cancel", THIRD + 10 * MINUTE))
DISABLED = (THIRD + 20 * MINUTE, of_member("Disable", THIRD + 20 * MINUTE))


def lived(told: tuple[Told, ...], last: str | None) -> SegpayRoom:
    room = SegpayRoom()
    room.reports.last = last
    for at, fields in told:
        # Whatever comes late comes within the hour in which an end waits for what was charged before it.
        room.tell(min(at, THIRD + 20 * MINUTE), fields)
    return room


@pytest.mark.parametrize("charged_last", [DECLINED, None], ids=["unpaid", "paid"])
def test_all_120_orders_of_five_postbacks_end_in_the_same_state_with_the_same_events(charged_last: Told | None) -> None:
    """Of one that cannot be charged any more, and of one that is cancelled, reactivated, and ended."""
    again = (THIRD - 2 * DAY, of_member("Reactivation", THIRD - 2 * DAY))
    once = (THIRD - 3 * DAY, of_member("Cancel", THIRD - 3 * DAY))
    told = (FIRST, REBILL, DECLINED, CANCELLED, DISABLED) if charged_last else (FIRST, REBILL, once, again, DISABLED)
    ends, room = set(), SegpayRoom()
    for order in permutations(told):
        room = lived(order, "1003" if charged_last else "1002")
        assert room.outcomes() <= {"applied", "repeated", "stale"}, (room.outcomes(), [each[1] for each in order])
        of = room.subscription()
        first, renewal = room.payment(), room.payment(payment_of(of, "1002"))
        states: tuple[Any, ...] = (of.state, of.status, of.period, of.debt, of.ended_at, of.told_at, of.reason)
        # Who has not heard that it was to end with its period has heard when it did.
        states += (of.ends_at,) if charged_last else ()
        said = tuple(sorted(set(room.said()) - {"reinstated"}))
        ends.add((said, states, first.state, first.captures, renewal.state, renewal.captures))
    ((said, states, *payments),) = ends
    paid = Period(SECOND, THIRD)
    assert states[2] == paid
    assert [payments[0], payments[2]] == [PaymentState.CONFIRMED] * 2
    if charged_last:
        assert said == ("activated", "cancelled", "created", "failed", "grace_ended", "grace_started", "renewed")
        assert states[:2] == (State.ENDED, "unpaid")
        owed = room.payment(payment_of(room.subscription(), owed_after(room.subscription(), paid)))
        assert (owed.state, owed.reason) == (PaymentState.FAILED, "unpaid")
    else:
        assert said == ("activated", "cancelled", "created", "ended", "renewed")
        assert states[:2] == (State.ENDED, "cancelled")


def test_events_follow_their_causes_whatever_comes_first() -> None:
    for order in permutations((FIRST, REBILL, DECLINED, CANCELLED, DISABLED)):
        said = lived(order, "1003").said()
        for cause, effect in (("activated", "renewed"), ("renewed", "grace_started"), ("grace_started", "failed")):
            assert said.index(cause) < said.index(effect), (said, [each[1] for each in order])


def test_what_is_told_once_more_changes_nothing_whenever_that_is() -> None:
    """Under another id, as when Segpay sends a field more the second time."""
    life = (FIRST, REBILL, DECLINED, CANCELLED, DISABLED)
    once = lived(life, "1003")
    for order in permutations(life):
        for twice in (tuple(each for told in order for each in (told, told)), (*order, *order)):
            room = lived(twice, "1003")
            assert sorted(room.said()) == sorted(once.said()), [each[1] for each in order]
            assert replace(room.subscription(), revision=0, updated_at=START) == replace(
                once.subscription(), revision=0, updated_at=START
            )
            assert "failed" not in room.outcomes()


def test_tries_of_one_period_are_one_debt_in_every_order_and_what_is_taken_then_pays_it() -> None:
    tries = [(SECOND + day * DAY, a_decline(f"100{day + 2}", SECOND + day * DAY)) for day in range(3)]
    paid_at = SECOND + 3 * DAY
    for order in permutations(tries):
        room = lived((FIRST, *order), None)
        debt = room.subscription().debt
        assert debt is not None
        assert (debt.invoice, debt.attempts) == (f"{PURCHASE}.{int(SECOND.timestamp())}", 3)
        for _ in range(2):
            room.tell(paid_at, a_sale("1009", paid_at))
        of = room.subscription()
        assert (of.state, of.debt, of.period) == (State.ACTIVE, None, Period(paid_at, paid_at + 30 * DAY))
        payment = room.payment(payment_of(of, debt.invoice))
        assert [each.reference for each in payment.captures] == ["1009"]
        assert payment.state is PaymentState.CONFIRMED
        assert room.said().count("renewed") == 1


def test_where_the_reports_say_nothing_an_end_is_believed_as_it_is() -> None:
    room = lived((FIRST, DISABLED), None)
    assert (room.subscription().status, room.said()[-2:]) == ("cancelled", ["cancelled", "ended"])
