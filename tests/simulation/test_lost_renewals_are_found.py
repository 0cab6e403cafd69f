"""Bugs of what we charge ourselves, planted as in `test_the_simulation_can_fail`: each must be found, and soon."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.history import History
from tests.simulation.running import OURS, found_soon
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.model import Payment
from tollgate.subscriptions import applying, consequences
from tollgate.subscriptions.charging import OwnCharges
from tollgate.subscriptions.model import Change, Subscription
from tollgate.subscriptions.reports import Ended, Paid


def _found(invariant: str, seed: int = OURS[0]) -> History:
    return found_soon(invariant, seed, OURS)


def test_a_charge_that_is_begun_and_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = OwnCharges._wish

    def forgetful(own: OwnCharges, of: Subscription, *arguments: Any) -> Any:
        return replace(wish(own, of, *arguments), beside=())

    monkeypatch.setattr(OwnCharges, "_wish", forgetful)
    assert _found("each_period_is_charged_once", 2741)


def test_a_renewal_under_a_new_key_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    charge = OwnCharges._charge

    def restless(own: OwnCharges, of: Subscription, bill: Any, _: str) -> Any:
        return charge(own, replace(of, charging=None), bill, str(uuid.uuid4()))

    monkeypatch.setattr(OwnCharges, "_charge", restless)
    assert _found("each_period_is_charged_once", 1581)


def test_a_note_that_outlives_its_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "charge_id", lambda *_: "another")
    assert _found("no_charge_is_on_its_way_for_ever", 121)


def test_a_payment_that_renews_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    charged = consequences._charged

    def deaf(of: Subscription, payment: Payment, *arguments: Any, paid: bool) -> Change | None:
        known = charged(of, payment, *arguments, paid=paid)
        return replace(of, charging=None).noted() if known and paid else known

    monkeypatch.setattr(consequences, "_charged", deaf)
    assert _found("what_is_charged_is_told", 121)


def test_an_end_that_nobody_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = applying._ended

    def lenient(of: Subscription, fact: Ended, *when: Any) -> Change | Meaning:
        return Meaning.STALE if fact.at_period_end else ended(of, fact, *when)

    monkeypatch.setitem(applying._APPLIED, Ended, lenient)
    assert _found("no_period_is_forgotten", 761)


def test_a_period_that_is_reckoned_from_the_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    paid = applying._paid

    def greedy(of: Subscription, fact: Paid, *when: Any) -> Change | Meaning:
        return paid(of, replace(fact, period=replace(fact.period, start=of.created_at)), *when)

    monkeypatch.setitem(applying._APPLIED, Paid, greedy)
    assert _found("what_is_paid_is_what_they_have", 121)
