"""Subscriptions at PayPal when they are not paid, and when things cross or are lost."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.functions.subscribing import DAY, HOUR
from tests.functions.subscribing_at_paypal import Payers
from tests.support.requests import new_key
from tollgate.adapters.providers.paypal import transport


def owing(payers: Payers, times: int, **plan: Any) -> dict[str, Any]:
    """One whose second period could not be charged, and so many tries in all."""
    active = payers.subscribe(payers.plan(**plan))
    payers.steer(active["id"], "decline", times=times)
    late = payers.renew(active["id"])
    assert late["status"] == "past_due"
    return late


def test_what_could_not_be_charged_is_paid_by_paypals_own_next_try(payers: Payers) -> None:
    late = owing(payers, times=1)
    assert (late["pastDue"]["due"], late["pastDue"]["attempts"]) == (3_999, 1)
    for what in ("pay", "pause"):
        assert payers.ask("POST", f"/subscriptions/{late['id']}/{what}").status == 409
    assert payers.dun(late["id"], 4.5) == ["waiting", "waiting", "waiting"]
    assert payers.said(late["id"])[2:] == ["grace_started", "reminded", "reminded"]
    payers.pass_time(2 * DAY)
    paid = payers.show(late["id"])
    assert (paid["status"], paid["pastDue"]) == ("active", None)
    assert payers.said(late["id"])[5:] == ["grace_ended", "renewed"]
    assert [each["status"] for each in payers.payments()] == ["confirmed", "confirmed"]
    assert payers.dun(late["id"], 1) == ["recovered"]
    payers.renew(late["id"])
    assert len(payers.payments()) == 3


def test_what_is_not_paid_in_a_week_is_given_up_and_ends_at_paypal_too(payers: Payers) -> None:
    late = owing(payers, times=99)
    assert payers.dun(late["id"], 8)[-1] == "unpaid"
    assert payers.said(late["id"])[2:] == [
        "grace_started",
        "reminded",
        "reminded",
        "payment_failed",
        "reminded",
        "grace_ended",
        "failed",
    ]
    assert payers.there(late["id"])["status"] == "CANCELLED"
    payers.hear()
    over = payers.show(late["id"])
    assert (over["status"], over["accessUntil"], payers.said(late["id"])[-1]) == ("unpaid", None, "failed")
    assert [each["status"] for each in payers.payments()] == ["failed", "confirmed"]
    assert payers.order("pal_month").status == 201


def test_what_paypal_suspends_since_it_is_not_paid_is_owed_and_not_paused(payers: Payers) -> None:
    late = owing(payers, times=99)
    payers.pass_time(11 * DAY)
    assert payers.there(late["id"])["status"] == "SUSPENDED"
    shown = payers.show(late["id"])
    assert (shown["status"], shown["pastDue"]["attempts"]) == ("past_due", 3)
    assert "paused" not in payers.said(late["id"])
    payers.shop.reconcile()
    assert payers.show(late["id"])["status"] == "unpaid"
    assert payers.there(late["id"])["status"] == "CANCELLED"


def test_who_cancels_while_something_is_owed_ends_with_that(payers: Payers) -> None:
    late = owing(payers, times=99)
    payers.ask("POST", f"/subscriptions/{late['id']}/cancel", {"when": "now"})
    payers.hear()
    assert payers.show(late["id"])["status"] == "cancelled"
    assert payers.said(late["id"])[-3:] == ["grace_ended", "cancelled", "ended"]


def test_who_cancels_at_paypal_while_something_is_owed_is_over_with_the_grace_period(payers: Payers) -> None:
    late = owing(payers, times=99)
    payers.steer(late["id"], "cancel")
    payers.hear()
    assert payers.dun(late["id"], 8)[-1] == "unpaid"
    assert payers.show(late["id"])["status"] == "unpaid"


@pytest.mark.parametrize("trial", [0, 14])
def test_a_page_that_is_approved_after_it_was_given_up_is_held_and_ends_at_paypal(payers: Payers, trial: int) -> None:
    ordered = payers.order(payers.plan(trialDays=trial))
    id_ = ordered.body["id"]
    assert payers.order("pal_month").status == 201  # gives way
    assert payers.show(id_)["status"] == "expired"
    payers.approve(ordered)
    payers.hear()
    assert payers.inbox().count("held") == (0 if trial else 1)  # a trial costs nothing that could be held
    payers.pass_time(HOUR)
    payers.shop.reconcile()
    assert payers.there(id_)["status"] == "CANCELLED"
    payers.hear()
    assert payers.said(id_) == ["created", "expired"]


def test_a_trial_that_is_approved_too_late_is_ended_before_it_costs_anything(payers: Payers) -> None:
    ordered = payers.order(payers.plan(trialDays=14))
    payers.pass_time(25 * HOUR)
    payers.shop.reconcile()
    assert payers.show(ordered.body["id"])["status"] == "expired"
    payers.approve(ordered)
    payers.hear()
    payers.pass_time(HOUR)
    payers.shop.reconcile()
    assert payers.there(ordered.body["id"])["status"] == "CANCELLED"
    assert payers.sales() == []


@pytest.mark.parametrize("kind", ["500", "503", "drop", "timeout"])
@pytest.mark.parametrize(("what", "there"), [("cancel", "cancel"), ("pause", "suspend")])
def test_a_wish_whose_answer_was_lost_is_read_and_stands(
    payers: Payers, monkeypatch: pytest.MonkeyPatch, kind: str, what: str, there: str
) -> None:
    active = payers.subscribe()
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.3)
    payers.paypal.control("api/faults", kind=kind, path=f"/{there}$", seconds=0.6)
    path = f"/subscriptions/{active['id']}/{what}"
    answer = payers.ask("POST", path)
    if kind in ("500", "503"):
        assert (answer.status, answer.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
        answer = payers.ask("POST", path)
    assert answer.status == 200, answer.body
    payers.hear()
    assert payers.said(active["id"])[2:] == (["cancelled"] if what == "cancel" else ["paused"])


@pytest.mark.parametrize("kind", ["drop", "timeout", "500"])
def test_a_page_whose_answer_was_lost_is_the_same_page(
    payers: Payers, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    plan, key = payers.plan(), new_key()
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.3)
    payers.paypal.control("api/faults", kind=kind, path="/billing/subscriptions$", seconds=0.6)
    headers = {**payers.shop.deployed.as_user(), "idempotency-key": key}
    answers = [payers.order(plan, who=headers) for _ in range(2)]
    assert answers[-1].status == 201, answers[-1].body
    assert len(payers.paypal.state()["subscriptions"]) == 1
    payers.approve(answers[-1])
    payers.hear()
    assert payers.show(answers[-1].body["id"])["status"] == "active"


def test_a_first_sale_that_nobody_tells_of_is_found_by_asking(payers: Payers) -> None:
    for trial in (0, 14):
        who = payers.shop.deployed.as_user(f"user-{trial}")
        ordered = payers.order(payers.plan(f"pal_{trial}", trialDays=trial), who=who)
        payers.deaf = True
        payers.approve(ordered)
        payers.pass_time(16 * 60)
        assert payers.shop.reconcile()["missed_event"] == 1
        active = payers.show(ordered.body["id"])
        assert active["status"] == ("trialing" if trial else "active")
        payers.deaf = False
        payers.hear()
        assert payers.said(ordered.body["id"]) == ["created", "activated"]


def test_renewals_that_nobody_tells_of_are_found_when_the_period_is_over(payers: Payers) -> None:
    active = payers.subscribe()
    payers.deaf = True
    for _ in range(2):
        payers.renew(active["id"])
    payers.pass_time(2 * DAY)
    assert payers.shop.reconcile()["unheard_renewal"] == 2
    assert payers.said(active["id"])[2:] == ["renewed", "renewed"]
    payers.deaf = False
    payers.hear()
    assert payers.said(active["id"])[2:] == ["renewed", "renewed"]
    assert len(payers.payments()) == 3


@pytest.mark.parametrize("how", ["cancelled", "declined", "paused"])
def test_what_else_nobody_tells_of_is_found_too(payers: Payers, how: str) -> None:
    active = payers.subscribe()
    payers.deaf = True
    if how == "declined":
        payers.steer(active["id"], "decline", times=99)
    else:
        payers.steer(active["id"], "cancel" if how == "cancelled" else "suspend")
    payers.pass_time(32 * DAY)
    payers.shop.reconcile()
    expected = {"cancelled": "cancelled", "declined": "past_due", "paused": "paused"}
    assert payers.show(active["id"])["status"] == expected[how]


def _a_life(payers: Payers) -> tuple[str, list[Any]]:
    """Paid, renewed, declined and cancelled; and nobody has heard of any of it."""
    ordered = payers.order(payers.plan())
    payers.deaf = True
    payers.approve(ordered)
    id_ = str(ordered.body["id"])
    payers.renew(id_)
    payers.steer(id_, "decline", times=9)
    payers.renew(id_)
    payers.steer(id_, "cancel")
    return id_, payers.events()[1:]


_ORDERS = list(permutations(range(5)))


@pytest.mark.parametrize("order", [_ORDERS[number] for number in (0, 23, 47, 71, 95, 119)])
def test_events_of_a_whole_life_come_in_any_order(payers: Payers, order: tuple[int, ...]) -> None:
    """All orders are tried without a database in `tests/unit/subscriptions`."""
    id_, told = _a_life(payers)
    assert len(told) == 5
    for number in order:
        payers.tell(told[number])
        payers.apply()
    for _ in range(3):
        payers.apply()
    assert sorted(payers.said(id_)) == ["activated", "cancelled", "created", "grace_started", "renewed"]
    assert payers.show(id_)["status"] == "past_due"
    assert set(payers.inbox()) <= {"applied", "repeated", "stale"}
    assert [each["status"] for each in payers.payments()] == ["pending", "confirmed", "confirmed"]
