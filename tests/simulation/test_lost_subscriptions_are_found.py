"""Bugs of subscriptions, of what is charged for them and of what is owed, planted as in `test_the_simulation_can_fail`:
each must be found, and soon.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.history import History
from tests.simulation.running import APART, found_soon
from tests.support.memory import subscriptions as memory
from tests.support.memory.subscriptions import MemorySubscriptions
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions import applying, consequences, dunning, owing, paying
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.dunning import Dunning
from tollgate.subscriptions.model import Change, Debt, Subscription
from tollgate.subscriptions.notices import SubscriptionNotices
from tollgate.subscriptions.reports import GivenUp, Paid, Told

_STANDS = "a_subscription_stands_as_at_its_provider"


def _found(invariant: str, seed: int = APART[0]) -> History:
    return found_soon(invariant, seed, APART)


def test_a_try_under_a_new_key_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "derived", lambda *_: str(uuid.uuid4()))
    assert _found("a_bank_is_asked_as_often_as_there_is_a_reason", 2779)


def test_what_is_given_up_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(dunning: Dunning, of: Subscription, _: Debt) -> Subscription:
        return dunning._recorder.record(of, GivenUp(dunning._clock.now())).subscription

    monkeypatch.setattr(Dunning, "_give_up", hasty)
    assert _found("nobody_is_given_up_who_has_paid", 3355)


def test_what_was_given_up_and_goes_on_at_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = owing.given_up

    def content(of: Subscription, fact: GivenUp, *when: Any) -> Change | Meaning:
        return given_up(of, replace(fact, ended=True), *when)

    monkeypatch.setitem(applying._APPLIED, GivenUp, content)
    assert _found("what_is_over_here_is_over_there", 19)


def test_a_page_that_was_paid_in_a_wrong_amount_and_renews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "unwanted", lambda *_: None)
    assert _found(_STANDS, 955)


def test_a_seat_that_is_kept_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    update = MemorySubscriptions.update

    def greedy(subscriptions: MemorySubscriptions, change: Change) -> list[Write]:
        return [each for each in update(subscriptions, change) if each.key[0] != memory.SEAT]

    monkeypatch.setattr(MemorySubscriptions, "update", greedy)
    assert _found("who_is_subscribed_has_one_seat")


def test_what_was_told_before_and_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    told = applying._told

    def forgetful(of: Subscription, fact: Told, *when: Any) -> Change | Meaning:
        return told(replace(of, told_at=None), fact, *when)

    monkeypatch.setitem(applying._APPLIED, Told, forgetful)
    assert _found(_STANDS, 323)


def test_two_things_of_one_second_and_nobody_asks_which_was_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SubscriptionNotices, "_newest", lambda _, of, fact: fact)
    assert _found(_STANDS, 323)


def test_what_came_too_early_and_is_put_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def impatient(*arguments: Any) -> Change | Meaning:
        meaning = apply(*arguments)
        return Meaning.STALE if meaning is Meaning.EARLY else meaning

    monkeypatch.setattr("tollgate.subscriptions.recording.apply", impatient)
    assert _found(_STANDS, 4891)


def test_a_subscription_that_is_written_over_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_changed", lambda *_: None)
    assert _found("no_error_escapes", 1947)


def test_a_period_that_is_paid_and_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    paid = applying._paid

    def forgetful(of: Subscription, fact: Paid, *when: Any) -> Change | Meaning:
        return paid(replace(of, invoices=()), fact, *when)

    monkeypatch.setitem(applying._APPLIED, Paid, forgetful)
    assert _found("what_is_paid_is_told_once", 179)


def test_a_week_that_is_never_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that waits, and nobody who looks after it."""
    next_of = dunning.next_of

    def patient(debt: Debt, *arguments: Any, **named: Any) -> dunning.Planned:
        planned = next_of(debt, *arguments, **named)
        if planned.action is dunning.Action.GIVE_UP:
            return replace(planned, at=planned.at.replace(year=9999))
        return planned

    monkeypatch.setattr(dunning, "next_of", patient)
    assert _found("who_does_not_pay_is_let_down", 19)
