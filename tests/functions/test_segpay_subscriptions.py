"""Subscriptions at Segpay: ordered, paid, renewed, changed and ended."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.functions.subscribing import DAY, PAGES
from tests.functions.subscribing_at_segpay import Members, members_at, plan_of
from tests.simulators.segpay_world import PLANS, PRICE_POINT, a_segpay_world
from tests.simulators.world import World
from tests.support.engine import Engine
from tollgate.kernel.clock import from_iso


def _days(shown: dict[str, Any]) -> float:
    lasts: timedelta = from_iso(shown["currentPeriodEnd"]) - from_iso(shown["currentPeriodStart"])
    return lasts / timedelta(days=1)


def _link(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_plan_is_ordered_paid_and_renewed_and_each_period_is_a_payment_in_the_books(members: Members) -> None:
    active = members.subscribe()
    assert (active["status"], active["product"], active["provider"]) == ("active", "gold", "segpay")
    assert _days(active) == 30
    renewed = members.renew(active["id"])
    assert renewed["currentPeriodStart"] == active["currentPeriodEnd"]
    members.renew(active["id"])
    assert members.said(active["id"]) == ["created", "activated", "renewed", "renewed"]
    paid = members.payments()
    assert [(each["status"], each["amount"], each["provider"]) for each in paid] == [("confirmed", 3999, "segpay")] * 3
    assert len(members.shop.deployed.stored("journal_entry")) == 3
    assert set(members.shop.inbox()) == {"applied", "ignored"}


def test_the_link_says_what_recurs_and_whose_it_is(members: Members) -> None:
    ordered = members.order("silver_month", customerEmail="buyer@example.com")
    link = _link(ordered.body["checkoutUrl"])
    assert (link["x-eticketid"], link["REF4"], link["REF5"]) == (PLANS["USD"], ordered.body["id"], "0:1999:USD:14:30")
    assert (link["x-billemail"], "amount" in link) == ("buyer@example.com", False)
    page = httpx.get(ordered.body["checkoutUrl"], trust_env=False).text
    assert "0.00 USD" in page
    assert "after 14 days 19.99 USD, and again every 30 days" in page
    yearly = _link(members.order("gold_year").body["checkoutUrl"])
    assert yearly["REF5"] == "39900:39900:USD:365:365"


def test_a_trial_takes_nothing_until_it_is_converted(members: Members) -> None:
    trial = members.subscribe("silver_month")
    assert (trial["status"], trial["trialEnd"], _days(trial)) == ("trialing", trial["currentPeriodEnd"], 14)
    paid = members.renew(trial["id"])
    assert (paid["status"], _days(paid)) == ("active", 30)
    assert members.said(trial["id"]) == ["created", "activated", "renewed"]
    assert [each["amount"] for each in members.payments()] == [1999, 0]
    assert members.reconcile(8 * DAY)["failed"] == 0
    assert [each["status"] for each in members.payments()] == ["settled", "confirmed"]
    assert members.segpay.control("state", "GET")["transactions"][-1]["stage"] == "Conversion"


@pytest.mark.parametrize("approved", [True, False])
def test_who_pays_before_the_trial_ends_is_a_member_from_then_on(members: Members, approved: bool) -> None:
    trial = members.subscribe("silver_month")
    members.pass_time(3 * DAY)
    members.steer(trial["id"], "convert", approved=approved)
    members.hear()
    after = members.show(trial["id"])
    assert (after["status"], _days(after)) == (("active", 30) if approved else ("trialing", 14))
    assert members.said(trial["id"])[2:] == (["renewed"] if approved else [])


def test_a_plan_with_a_price_point_of_its_own_is_sold_on_its_terms(members: Members) -> None:
    plan_of(members, "odd_month", references={"segpay": PRICE_POINT})
    link = _link(members.order("odd_month").body["checkoutUrl"])
    assert (link["x-eticketid"], link["REF5"], "DynamicPricingID" in link) == (PRICE_POINT, "2499:2499:USD:0:0", False)
    active = members.subscribe("odd_month")
    assert (active["status"], _days(active)) == ("active", 31)
    assert _days(members.renew(active["id"])) == 31


def test_what_is_high_risk_is_sold_here_and_what_has_no_package_nowhere(members: Members) -> None:
    ordered = members.order("dating_gold_month", provider=None)
    assert ordered.status == 201, ordered.body
    assert ordered.body["provider"] == "segpay"
    plan_of(members, "dinar_month", currency="KWD", amount=5_000)
    refused = members.order("dinar_month")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "currency")


def test_a_currency_without_minor_units_is_charged_right(members: Members) -> None:
    active = members.subscribe("tokyo_month")
    members.renew(active["id"])
    assert [(each["amount"], each["currency"]) for each in members.payments()] == [(1_480, "JPY")] * 2


def test_it_ends_with_its_period_and_is_taken_back_by_nobody_here(members: Members) -> None:
    active = members.subscribe()
    path = f"/subscriptions/{active['id']}"
    ending = members.ask("POST", f"{path}/cancel").body
    assert (ending["cancelAtPeriodEnd"], ending["endsAt"]) == (True, active["currentPeriodEnd"])
    assert not members.member(active["id"])["active"]
    members.hear()
    refused = members.ask("POST", f"{path}/resume")
    assert (refused.status, refused.body["code"]) == (409, "INVALID_STATE")
    assert "Segpay takes a cancellation back at its portal alone" in refused.body["error"]
    assert members.ask("POST", f"{path}/cancel").status == 200
    members.pass_time(31 * DAY)
    ended = members.show(active["id"])
    assert (ended["status"], ended["accessUntil"]) == ("cancelled", None)
    assert members.said(active["id"])[2:] == ["cancelled", "ended"]
    assert members.order().status == 201  # its seat is free


def test_it_ends_at_once_where_that_is_wanted(members: Members) -> None:
    active = members.subscribe()
    path = f"/subscriptions/{active['id']}/cancel"
    assert members.ask("POST", path, {"when": "now"}).body["status"] == "cancelled"
    assert members.member(active["id"])["over"]
    members.hear()
    assert members.ask("POST", path, {"when": "now"}).status == 409
    assert members.said(active["id"])[2:] == ["cancelled", "ended"]


def test_what_is_cancelled_and_reactivated_at_the_portal_goes_on(members: Members) -> None:
    active = members.subscribe()
    for what in ("cancel", "reactivate"):
        members.pass_time(DAY)
        members.steer(active["id"], what)
        members.hear()
    assert members.said(active["id"])[2:] == ["cancelled", "reinstated"]
    members.renew(active["id"])
    assert (members.show(active["id"])["status"], members.said(active["id"])[-1]) == ("active", "renewed")


def test_what_is_told_of_one_second_is_as_the_reports_say(members: Members) -> None:
    active = members.subscribe()
    members.pass_time(DAY)
    members.steer(active["id"], "cancel")
    cancelled = members.postbacks()[-1]
    members.steer(active["id"], "reactivate")
    again = members.postbacks()[-1].fields
    told = [{**again, "action": "Cancel", "reactivationtimestamp": ""}, again]
    for each in told:
        members.segpay.control("postbacks/send", **each)
    members.tell(cancelled)
    members.hear()
    assert not members.show(active["id"])["cancelAtPeriodEnd"]


def test_one_that_has_ended_and_goes_on_there_is_for_a_person(members: Members) -> None:
    active = members.subscribe()
    members.steer(active["id"], "expire")
    members.hear()
    members.pass_time(DAY)
    members.steer(active["id"], "reactivate")
    members.hear()
    assert (members.show(active["id"])["status"], members.shop.inbox().count("failed")) == ("cancelled", 1)
    members.pass_time(31 * DAY)
    assert members.said(active["id"])[-1] == "late_payment"
    held = members.payments()[0]
    assert [each["type"] for each in members.shop.deployed.events(held["id"])][-1].endswith("review_required")


def test_what_segpay_has_no_means_for_is_refused_and_says_so(members: Members) -> None:
    active = members.subscribe()
    for what, body, why in (("pause", None, "knows no pause"), ("card", PAGES, "has no page for that")):
        refused = members.ask("POST", f"/subscriptions/{active['id']}/{what}", body)
        assert (refused.status, refused.body["code"]) == (409, "INVALID_STATE")
        assert why in refused.body["error"]
    assert members.said(active["id"]) == ["created", "activated"]


def test_another_price_is_theirs_from_the_next_period_on_and_another_interval_never(members: Members) -> None:
    plan_of(members, "platinum_month", amount=5_999, product="gold")
    active = members.subscribe()
    path, wish = f"/subscriptions/{active['id']}", {"pricingItemCode": "platinum_month"}
    shown = members.ask("POST", f"{path}/preview", wish).body
    assert (shown["due"], shown["total"], len(shown["lines"])) == (0, 0, 1)
    assert active["currentPeriodEnd"][:10] in shown["lines"][0]["text"]
    changed = members.ask("PUT", path, {**wish, "at": shown["at"]})
    assert (changed.status, changed.body["pricingItemCode"], changed.body["amount"]) == (200, "platinum_month", 5_999)
    assert members.member(active["id"])["amount"] == "59.99"
    members.renew(active["id"])
    assert [each["amount"] for each in members.payments()] == [5_999, 3_999]
    assert members.said(active["id"])[2:] == ["changed", "renewed"]
    for method, at in (("PUT", path), ("POST", f"{path}/preview")):
        refused = members.ask(method, at, {"pricingItemCode": "gold_year"})
        assert (refused.status, "keeps its interval" in refused.body["error"]) == (409, True)


def test_where_plans_are_not_switched_on_none_is_offered(engine: Engine, stripe: World, tmp_path: Path) -> None:
    with a_segpay_world() as segpay, members_at(engine, stripe, segpay, tmp_path, "false") as members:
        refused = members.order()
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, "method")
        assert members.shop.checkout().status == 201


def test_memberships_of_others_over_the_same_account_say_nothing(members: Members) -> None:
    active = members.subscribe()
    theirs = {"purchaseid": "77", "transtime": "11/05/2026 11:58:00 AM", "rint": "30"}
    sale = {"trantype": "Sale", "approved": "Yes", "price": "5.00", "currencycode": "USD", "tranid": "78"}
    members.segpay.control("postbacks/send", **theirs, **sale, action="Auth", stage="Rebill")
    for action in ("Cancel", "Disable", "Reactivation"):
        members.segpay.control("postbacks/send", **theirs, action=action)
    members.hear()
    assert members.shop.inbox().count("ignored") == 5
    assert members.said(active["id"]) == ["created", "activated"]


def test_a_month_is_as_long_as_the_operator_says(members: Members) -> None:
    secret = {**members.segpay.secrets()["segpay/api"], "period_days": {"month": 31}}
    manager = members.shop.deployed.client("secretsmanager")
    name = f"{members.shop.deployed.prefix}/segpay/api"
    manager.put_secret_value(SecretId=name, SecretString=json.dumps(secret))
    assert _days(members.subscribe()) == 31
