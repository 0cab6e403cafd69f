"""The life of a subscription as PayPal's webhooks tell it, in every order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.unit.subscriptions.telling import GOLD, SECOND, START, THIRD
from tests.unit.subscriptions.telling_at_paypal import PayPalRoom, a_sale, an_agreement, failing
from tollgate.adapters.providers.paypal import subscription_events
from tollgate.payments.errors import ReferenceTaken
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.values import Period
from tollgate.subscriptions import applying, uninvoiced
from tollgate.subscriptions.model import State, Terms
from tollgate.subscriptions.owing import payment_of
from tollgate.subscriptions.reports import Charged, Ending, Paid
from tollgate.subscriptions.uninvoiced import owed_after

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# PayPal charges at ten, whenever somebody began.
BILLED, OWED = SECOND + HOUR, THIRD + HOUR
BILLING, SALE = "BILLING.SUBSCRIPTION.", "PAYMENT.SALE.COMPLETED"
TRIAL = replace(GOLD, trial_days=14)
TRIED = START + 14 * DAY

type Told = tuple[datetime, str, dict[str, Any]]

ACTIVATED = (START, f"{BILLING}ACTIVATED", an_agreement())
FIRST = (START, SALE, a_sale("1S1", START))
RENEWAL = (BILLED, SALE, a_sale("1S2", BILLED))
DECLINED = (OWED, f"{BILLING}PAYMENT.FAILED", failing(OWED))
CANCELLED = (OWED + 10 * MINUTE, f"{BILLING}CANCELLED", an_agreement("CANCELLED", OWED + 10 * MINUTE))
LIFE = (ACTIVATED, FIRST, RENEWAL, DECLINED, CANCELLED)

SUSPENDED = (START + 5 * DAY, f"{BILLING}SUSPENDED", an_agreement("SUSPENDED", START + 5 * DAY))
AGAIN = (START + 7 * DAY, f"{BILLING}RE-ACTIVATED", an_agreement("ACTIVE", START + 7 * DAY))
PAUSED_LIFE = (ACTIVATED, FIRST, SUSPENDED, AGAIN, RENEWAL)

TRIAL_LIFE = (
    (START, f"{BILLING}ACTIVATED", an_agreement(trial=True)),
    (TRIED, SALE, a_sale("1S1", TRIED)),
    (TRIED + 28 * DAY, f"{BILLING}PAYMENT.FAILED", failing(TRIED + 28 * DAY, trial=True)),
    (TRIED + 28 * DAY, f"{BILLING}CANCELLED", an_agreement("CANCELLED", TRIED + 28 * DAY + MINUTE, trial=True)),
)


def lived(told: Sequence[Told], terms: Terms = GOLD) -> PayPalRoom:
    room, last = PayPalRoom(terms), max(at for at, _, _ in told)
    for at, type_, resource in told:
        room.tell(min(at, last), type_, resource)
    return room


def ends_of(life: Sequence[Told], terms: Terms = GOLD) -> set[Any]:
    """How it ends in every order: states, payments and events."""
    ends = set()
    for order in permutations(life):
        room = lived(order, terms)
        assert room.outcomes() <= {"applied", "repeated", "stale"}, (room.outcomes(), [each[1] for each in order])
        of, first = room.subscription(), room.payment()
        # Who was heard to go on before they were heard to pause has never paused.
        said = tuple(sorted(set(room.said()) - {"paused", "resumed"}))
        ends.add((said, of.state, of.status, of.period, of.debt, of.ends_at, of.told_at, first.state, first.captures))
    return ends


def test_all_120_orders_of_five_webhooks_end_in_the_same_state_with_the_same_events() -> None:
    ((said, state, status, period, debt, ends_at, *first),) = ends_of(LIFE)
    assert said == ("activated", "cancelled", "created", "grace_started", "renewed")
    assert (state, status, period) == (State.PAST_DUE, "past_due", Period(BILLED, THIRD))
    assert (debt.attempts, debt.decline.code, ends_at) == (1, "payer_cannot_pay", THIRD)
    assert first[1] is PaymentState.CONFIRMED
    room = lived(LIFE)
    of = room.subscription()
    assert room.payment(payment_of(of, "1S2")).state is PaymentState.CONFIRMED
    assert room.payment(payment_of(of, owed_after(of, period))).state is PaymentState.PENDING


def test_one_that_was_paused_in_between_goes_on_in_all_orders() -> None:
    ((said, state, status, period, debt, ends_at, told_at, *_),) = ends_of(PAUSED_LIFE)
    assert said == ("activated", "created", "renewed")
    assert (state, status, period, debt, ends_at) == (State.ACTIVE, "active", Period(BILLED, THIRD), None, None)
    assert told_at == START + 7 * DAY


def test_a_trial_that_is_paid_once_ends_the_same_in_all_orders() -> None:
    ((said, state, _, period, debt, ends_at, *first),) = ends_of(TRIAL_LIFE, TRIAL)
    assert said == ("activated", "cancelled", "created", "grace_started", "renewed")
    assert (state, period.start, ends_at) == (State.PAST_DUE, TRIED, period.end)
    assert debt is not None
    assert [each.amount.amount for each in first[2]] == [0]


def test_events_follow_their_causes_whatever_comes_first() -> None:
    for order in permutations(LIFE):
        said = lived(order).said()
        for cause, effect in (("activated", "renewed"), ("renewed", "grace_started")):
            assert said.index(cause) < said.index(effect), (said, [each[1] for each in order])


def test_what_is_told_once_more_changes_nothing_whenever_that_is() -> None:
    once = lived(LIFE)
    for order in permutations(LIFE):
        for twice in (tuple(each for told in order for each in (told, told)), (*order, *order)):
            room = lived(twice)
            assert sorted(room.said()) == sorted(once.said()), [each[1] for each in order]
            assert "failed" not in room.outcomes()


def test_tries_of_one_period_are_one_debt_in_every_order_and_what_is_taken_then_pays_it() -> None:
    at = [BILLED, BILLED + 5 * DAY, BILLED + 10 * DAY]
    tries = [(each, f"{BILLING}PAYMENT.FAILED", failing(each)) for each in at]
    paid_at = BILLED + 11 * DAY
    for order in permutations(tries):
        room = lived((FIRST, *order))
        debt = room.subscription().debt
        assert debt is not None
        assert (debt.invoice, debt.attempts) == (f"I-BW452GLLEP1G.{int(SECOND.timestamp())}", 3)
        for _ in range(2):
            room.tell(paid_at, SALE, a_sale("1S9", paid_at))
        of = room.subscription()
        assert (of.state, of.debt, of.period and of.period.start) == (State.ACTIVE, None, paid_at)
        payment = room.payment(payment_of(of, debt.invoice))
        assert [each.reference for each in payment.captures] == ["1S9"]
        assert room.said().count("renewed") == 1


def test_periods_go_from_day_to_day_though_february_is_short_and_a_charge_comes_late() -> None:
    room = lived((FIRST, RENEWAL))
    assert room.subscription().period == Period(BILLED, THIRD)
    late = THIRD + 6 * DAY
    room.tell(late, SALE, a_sale("1S3", late))
    assert room.subscription().period == Period(late, datetime(2026, 5, 6, 9, 0, tzinfo=START.tzinfo))


def test_a_second_sale_of_one_period_is_no_less_money() -> None:
    room = lived((FIRST, RENEWAL, (BILLED + DAY, SALE, a_sale("1S7", BILLED + DAY))))
    of = room.subscription()
    assert [room.payment(payment_of(of, each)).captures[0].reference for each in ("1S2", "1S7")] == ["1S2", "1S7"]


def _takes_each_sale_for_the_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(subscription_events, "begins_at", lambda *_: True)


def _forgets_when_it_was_told(patch: pytest.MonkeyPatch) -> None:
    told = applying._told
    patch.setattr(applying, "_told", lambda of, fact, *when: told(replace(of, told_at=None), fact, *when))


def _believes_a_decline_that_skips_a_period(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(uninvoiced, "_PATIENCE", timedelta(0))


def _knows_no_pause(patch: pytest.MonkeyPatch) -> None:
    """Of two that say the same of the end, the later is no news."""
    apply = applying._ending
    patch.setitem(applying._APPLIED, Ending, lambda of, fact, *when: apply(of, replace(fact, at=START), *when))


def _takes_a_sale_for_what_is_owed_whenever_it_was(patch: pytest.MonkeyPatch) -> None:
    paid = uninvoiced._paid

    def greedy(of: Any, charged: Charged) -> Paid:
        return replace(paid(of, charged), invoice=of.debt.invoice) if of.debt else paid(of, charged)

    patch.setattr(uninvoiced, "_paid", greedy)


@pytest.mark.parametrize(
    ("bug", "life"),
    [
        (_takes_each_sale_for_the_first, LIFE),
        (_forgets_when_it_was_told, PAUSED_LIFE),
        (_believes_a_decline_that_skips_a_period, LIFE),
        (_knows_no_pause, PAUSED_LIFE),
        (_takes_a_sale_for_what_is_owed_whenever_it_was, (FIRST, RENEWAL, DECLINED, RENEWAL)),
    ],
)
def test_a_bug_that_is_planted_is_found(monkeypatch: pytest.MonkeyPatch, bug: Any, life: Sequence[Told]) -> None:
    """What finds nothing proves nothing."""
    before = ends_of(life)
    bug(monkeypatch)
    try:
        after = ends_of(life)
    except (AssertionError, ReferenceTaken):
        after = set()  # an event came to nothing, or to what no store takes
    assert after != before
