"""Subscriptions at PayPal: ordered, paid, renewed, paused and ended."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.functions.subscribing import DAY, HOUR, PAGES
from tests.functions.subscribing_at_paypal import Payers, payers_at
from tests.simulators.paypal_world import a_paypal
from tests.support.engine import Engine
from tollgate.kernel.clock import from_iso


def test_a_plan_is_ordered_paid_and_renewed_and_each_period_is_a_payment_in_the_books(payers: Payers) -> None:
    active = payers.subscribe()
    assert (active["status"], active["product"], active["provider"]) == ("active", "pal", "paypal")
    first_end = from_iso(active["currentPeriodEnd"])
    assert (first_end - from_iso(active["currentPeriodStart"])).days == 30
    renewed = payers.renew(active["id"])
    assert from_iso(renewed["currentPeriodEnd"]).day == first_end.day
    payers.renew(active["id"])
    assert payers.said(active["id"]) == ["created", "activated", "renewed", "renewed"]
    paid = payers.payments()
    assert [(each["status"], each["amount"], each["provider"]) for each in paid] == [("confirmed", 3999, "paypal")] * 3
    assert len(payers.shop.deployed.stored("journal_entry")) == 3
    assert set(payers.inbox()) <= {"applied", "repeated", "ignored"}


def test_what_is_sent_names_the_plan_and_repeats_whose_it_is(payers: Payers) -> None:
    ordered = payers.order(payers.plan())
    assert (ordered.status, ordered.body["provider"]) == (201, "paypal")
    there = payers.there(ordered.body["id"])
    assert there["custom_id"] == f"demo/{ordered.body['paymentId']}/{ordered.body['id']}"
    assert there["status"] == "APPROVAL_PENDING"
    assert payers.approve(ordered, "declines") == 422
    payers.hear()
    assert payers.show(ordered.body["id"])["status"] == "pending"


def test_a_trial_takes_nothing_until_it_is_over(payers: Payers) -> None:
    trial = payers.subscribe(payers.plan(trialDays=14))
    assert (trial["status"], trial["trialEnd"]) == ("trialing", trial["currentPeriodEnd"])
    assert payers.sales() == []
    paid = payers.renew(trial["id"])
    assert paid["status"] == "active"
    assert payers.said(trial["id"]) == ["created", "activated", "renewed"]
    assert [each["amount"] for each in payers.payments()] == [3999, 0]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_activation_and_first_sale_begin_it_once_in_either_order(payers: Payers, order: tuple[int, ...]) -> None:
    ordered = payers.order(payers.plan())
    payers.deaf = True
    payers.approve(ordered)
    told = payers.events()[-2:]
    for number in (*order, *order):
        payers.tell(told[number])
        payers.apply()
    assert payers.said(ordered.body["id"]) == ["created", "activated"]
    assert [(each["status"], each["amount"]) for each in payers.payments()] == [("confirmed", 3999)]
    assert set(payers.inbox()) <= {"applied", "repeated"}


def test_an_echeck_begins_it_when_it_clears(payers: Payers) -> None:
    ordered = payers.order(payers.plan())
    payers.approve(ordered, "waits")
    payers.hear()
    assert payers.show(ordered.body["id"])["status"] == "pending"
    payers.paypal.control(f"sales/{payers.sales()[0]['id']}/settle")
    payers.hear()
    assert payers.show(ordered.body["id"])["status"] == "active"


@pytest.mark.parametrize("code", ["euro", "cheap"])
def test_a_first_sale_that_is_not_what_was_ordered_is_held_and_ends_at_paypal(payers: Payers, code: str) -> None:
    plan = payers.plan(code, price="1.00") if code == "cheap" else payers.plan(code, currency="EUR", price="39.98")
    ordered = payers.order(plan)
    payers.approve(ordered)
    payers.hear()
    assert (payers.show(ordered.body["id"])["status"], payers.inbox().count("held")) == ("expired", 1)
    payers.pass_time(HOUR)
    payers.shop.reconcile()
    assert payers.there(ordered.body["id"])["status"] == "CANCELLED"
    payers.hear()
    assert payers.said(ordered.body["id"]) == ["created", "expired"]


def test_it_ends_with_its_period_and_that_is_final(payers: Payers) -> None:
    active = payers.subscribe()
    path = f"/subscriptions/{active['id']}"
    ending = payers.ask("POST", f"{path}/cancel").body
    assert (ending["cancelAtPeriodEnd"], ending["endsAt"]) == (True, active["currentPeriodEnd"])
    assert payers.there(active["id"])["status"] == "CANCELLED"
    payers.hear()
    refused = payers.ask("POST", f"{path}/resume")
    assert (refused.status, refused.body["code"]) == (409, "INVALID_STATE")
    assert "a cancellation at PayPal is final" in refused.body["error"]
    assert payers.ask("POST", f"{path}/cancel").status == 200
    payers.pass_time(33 * DAY)
    assert payers.show(active["id"])["accessUntil"] == active["currentPeriodEnd"]
    payers.shop.reconcile()
    assert payers.show(active["id"])["status"] == "cancelled"
    assert payers.said(active["id"])[2:] == ["cancelled", "ended"]
    assert payers.order("pal_month").status == 201  # its seat is free


def test_it_ends_at_once_where_that_is_wanted(payers: Payers) -> None:
    active = payers.subscribe()
    path = f"/subscriptions/{active['id']}/cancel"
    assert payers.ask("POST", path, {"when": "now"}).body["status"] == "cancelled"
    assert payers.there(active["id"])["status"] == "CANCELLED"
    payers.hear()
    assert payers.ask("POST", path, {"when": "now"}).status == 409
    assert payers.said(active["id"])[2:] == ["cancelled", "ended"]


@pytest.mark.parametrize("whose", ["here", "at PayPal"])
def test_it_is_paused_and_goes_on(payers: Payers, whose: str) -> None:
    active = payers.subscribe()
    id_ = active["id"]
    for what, there, status in (("pause", "suspend", "paused"), ("resume", "activate", "active")):
        payers.pass_time(DAY)
        if whose == "here":
            assert payers.ask("POST", f"/subscriptions/{id_}/{what}").body["status"] == status
        else:
            payers.steer(id_, there)
        payers.hear()
        assert payers.show(id_)["status"] == status
    assert payers.said(id_)[2:] == ["paused", "resumed"]
    assert payers.renew(id_)["status"] == "active"
    assert payers.said(id_)[4:] == ["renewed"]


def test_what_its_buyer_ends_at_paypal_ends_here_with_what_is_paid(payers: Payers) -> None:
    active = payers.subscribe()
    payers.steer(active["id"], "cancel")
    payers.hear()
    ending = payers.show(active["id"])
    assert (ending["status"], ending["endsAt"]) == ("active", active["currentPeriodEnd"])
    assert ending["accessUntil"] == active["currentPeriodEnd"]


def test_one_whose_periods_are_over_ends_with_the_last(payers: Payers) -> None:
    active = payers.subscribe()
    payers.steer(active["id"], "expire")
    payers.hear()
    assert payers.show(active["id"])["endsAt"] == active["currentPeriodEnd"]


def test_what_paypal_has_no_means_for_is_refused_and_says_so(payers: Payers) -> None:
    active = payers.subscribe()
    payers.plan("pal_more", amount=5_999)
    path, wish = f"/subscriptions/{active['id']}", {"pricingItemCode": "pal_more"}
    for method, at, body, why in (
        ("POST", f"{path}/card", PAGES, "takes no other card here"),
        ("POST", f"{path}/preview", wish, "would have to agree anew"),
        ("PUT", path, wish, "would have to agree anew"),
    ):
        refused = payers.ask(method, at, body)
        assert (refused.status, refused.body["code"]) == (409, "INVALID_STATE")
        assert why in refused.body["error"]
    assert payers.said(active["id"]) == ["created", "activated"]


def test_a_plan_that_names_none_of_paypals_is_not_sold_there(payers: Payers) -> None:
    payers.plan("nameless", references={})
    refused = payers.order("nameless")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "pricingItemCode")


def test_where_plans_are_not_switched_on_none_is_offered(engine: Engine, tmp_path: Path) -> None:
    with a_paypal() as paypal, payers_at(engine, paypal, tmp_path, "false") as payers:
        refused = payers.order(payers.plan())
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, "method")
        assert payers.shop.checkout().status == 201


def test_a_currency_without_minor_units_is_charged_right(payers: Payers) -> None:
    active = payers.subscribe(payers.plan("yen", amount=1_480, currency="JPY", price="1480"))
    payers.renew(active["id"])
    assert [(each["amount"], each["currency"]) for each in payers.payments()] == [(1_480, "JPY")] * 2
