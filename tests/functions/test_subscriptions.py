"""Subscriptions at Stripe: ordered, paid, renewed, changed and ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.functions.subscribing import DAY, SERVICE, Club, a_club
from tests.simulators.subscribers import pass_time, subscribed
from tests.simulators.world import World
from tests.support.engine import Engine
from tests.support.requests import new_key
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.access import Viewer
from tollgate.subscriptions.errors import CardDeclined


@pytest.fixture
def club(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Club]:
    with a_club(engine, stripe, tmp_path) as made:
        yield made


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_plan_is_ordered_paid_and_renewed_and_each_period_is_a_payment_in_the_books(club: Club) -> None:
    active = club.subscribe()
    assert (active["status"], active["product"], active["provider"]) == ("active", "gold", "stripe")
    assert active["accessUntil"] == active["currentPeriodEnd"] > active["currentPeriodStart"]
    renewed = club.renew(active["id"])
    assert renewed["currentPeriodStart"] == active["currentPeriodEnd"]
    assert club.said(active["id"]) == ["created", "activated", "renewed"]
    paid = club.ask("GET", "/transactions").body["transactions"]
    assert [(each["status"], each["amount"], each["items"][0]["code"]) for each in paid] == [
        ("confirmed", 3999, "gold_month")
    ] * 2
    entries = club.deployed.stored("journal_entry")
    assert len(entries) == 2
    assert set(club.outcomes().values()) <= {"applied", "repeated", "stale", "ignored"}, club.outcomes()


def test_an_order_is_answered_again_under_its_key_and_a_second_has_to_wait(club: Club) -> None:
    key = new_key()
    first, again = club.order(key=key), club.order(key=key)
    assert (first.status, again.body, again.headers["idempotency-replayed"]) == (201, first.body, "true")
    active = club.subscribe()
    assert active["id"] != first.body["id"]  # whose page nobody has paid: it gave way
    assert club.show(first.body["id"])["status"] == "expired"
    refused = club.order()
    assert (refused.status, refused.body["code"]) == (409, "SUBSCRIPTION_OPEN")
    assert club.order("silver_month").status == 201
    assert club.order(who=club.deployed.as_user("somebody-else")).status == 201


def test_a_trial_takes_nothing_until_it_is_over(club: Club) -> None:
    trial = club.subscribe("silver_month")
    assert (trial["status"], trial["trialEnd"]) == ("trialing", trial["currentPeriodEnd"])
    club.pass_time(14 * DAY + 2 * 3600)
    paid = club.show(trial["id"])
    assert (paid["status"], club.said(trial["id"])) == ("active", ["created", "activated", "renewed"])
    assert [each["amount"] for each in club.ask("GET", "/transactions").body["transactions"]] == [1999, 0]


def test_it_ends_with_its_period_unless_it_is_kept(club: Club) -> None:
    active = club.subscribe()
    path = f"/subscriptions/{active['id']}"
    ending = club.ask("POST", f"{path}/cancel").body
    assert (ending["cancelAtPeriodEnd"], ending["endsAt"]) == (True, active["currentPeriodEnd"])
    assert club.at_stripe(active["id"]).cancel_at_period_end
    assert not club.ask("POST", f"{path}/resume").body["cancelAtPeriodEnd"]
    club.ask("POST", f"{path}/cancel")
    club.hear()
    ended = club.renew(active["id"])
    assert (ended["status"], ended["accessUntil"]) == ("cancelled", None)
    assert club.said(active["id"])[2:] == ["cancelled", "reinstated", "cancelled", "ended"]
    assert club.order().status == 201  # its seat is free


def test_it_ends_at_once_where_that_is_wanted(club: Club) -> None:
    active = club.subscribe()
    path = f"/subscriptions/{active['id']}/cancel"
    assert club.ask("POST", path, {"when": "now"}).body["status"] == "cancelled"
    assert club.at_stripe(active["id"]).status == "canceled"
    again = club.ask("POST", path, {"when": "now"})
    assert (again.status, again.body["code"]) == (409, "INVALID_STATE")
    club.hear()
    assert club.said(active["id"])[2:] == ["cancelled", "ended"]


def test_a_paused_one_is_not_charged_until_it_is_resumed(club: Club) -> None:
    active = club.subscribe()
    path = f"/subscriptions/{active['id']}"
    assert club.ask("POST", f"{path}/pause").body["status"] == "paused"
    assert club.ask("POST", f"{path}/pause").body["status"] == "paused"
    club.renew(active["id"])
    assert club.said(active["id"])[2:] == ["paused"]
    assert club.ask("POST", f"{path}/resume").body["status"] == "active"
    club.renew(active["id"])
    assert club.said(active["id"])[2:] == ["paused", "resumed", "renewed"]


def test_a_change_of_plan_costs_what_its_preview_shows(club: Club) -> None:
    active = club.subscribe()
    path = f"/subscriptions/{active['id']}"
    club.pass_time(10 * DAY)
    shown = club.ask("POST", f"{path}/preview", {"pricingItemCode": "gold_year"}).body
    assert shown["due"] > 0
    assert sum(each["amount"] for each in shown["lines"]) == shown["total"]
    changed = club.ask("PUT", path, {"pricingItemCode": "gold_year", "at": shown["at"]})
    assert (changed.status, changed.body["pricingItemCode"], changed.body["interval"]) == (200, "gold_year", "year")
    club.hear()
    assert club.said(active["id"])[2:] in (["changed", "renewed"], ["renewed", "changed"])
    assert club.ask("GET", "/transactions").body["transactions"][0]["amount"] == shown["due"]
    assert club.ask("PUT", path, {"pricingItemCode": "gold_year"}).body["pricingItemCode"] == "gold_year"
    other = club.ask("PUT", "/subscriptions", {"subscriptionId": active["id"], "pricingItemCode": "silver_month"})
    assert (other.status, other.body["errors"][0]["field"]) == (422, "pricingItemCode")


def test_a_longer_period_is_theirs_from_the_change_on(club: Club) -> None:
    active = club.subscribe()
    club.pass_time(10 * DAY)
    club.ask("PUT", f"/subscriptions/{active['id']}", {"pricingItemCode": "gold_year"})
    club.hear()
    yearly, now = club.show(active["id"]), club.at_stripe(active["id"])["items"]["data"][0]
    assert yearly["accessUntil"] == _iso(now["current_period_end"]) > active["currentPeriodEnd"]
    assert yearly["currentPeriodStart"] == _iso(now["current_period_start"])


def test_a_shorter_period_is_theirs_from_the_change_on(club: Club) -> None:
    yearly = club.subscribe("gold_year")
    club.pass_time(10 * DAY)
    club.ask("PUT", f"/subscriptions/{yearly['id']}", {"pricingItemCode": "gold_month"})
    club.hear()
    monthly, now = club.show(yearly["id"]), club.at_stripe(yearly["id"])["items"]["data"][0]
    assert monthly["currentPeriodEnd"] == _iso(now["current_period_end"]) < yearly["currentPeriodEnd"]


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "500", "work": "first"}], ids=["lost", "an error"])
def test_a_change_whose_answer_was_lost_is_made_once_however_often_it_is_asked_for(
    club: Club, fault: dict[str, str]
) -> None:
    active = club.subscribe()
    path, body = f"/subscriptions/{active['id']}", {"pricingItemCode": "gold_year"}
    club.stripe.control("api/faults", **fault, method="POST", path="/v1/subscriptions/")
    assert club.ask("PUT", path, body).status in (502, 503)
    club.stripe.clock.offset += 60
    club.clock_file.write_text(str(club.stripe.clock.offset))
    assert [club.ask("PUT", path, body).body["pricingItemCode"] for _ in range(2)] == ["gold_year"] * 2
    club.hear()
    assert len(club.stripe.client.v1.invoices.list(params={"limit": 100}).data) == 2
    assert sorted(club.said(active["id"])[2:]) == ["changed", "renewed"]


def test_a_try_that_was_made_is_not_made_again_where_stripe_does_not_tell_of_it(club: Club) -> None:
    active = club.subscribe()
    club.stripe.control(f"subscriptions/{club.at_stripe(active['id']).id}/decline", code="insufficient_funds", times=9)
    assert club.renew(active["id"])["status"] == "past_due"
    desk, viewer = club.deployed.function("subscription_api").api.desk, Viewer("demo", "user-1")
    club.stripe.control("api/faults", kind="500", method="GET", path="/v1/invoices/")
    for refused in (ProviderUnavailable, CardDeclined):
        with pytest.raises(refused):
            desk.pay(viewer, active["id"], "key", None)
    charges = club.stripe.client.v1.charges.list(params={"limit": 100}).data
    assert [each.status for each in charges] == ["failed", "failed", "succeeded"]


def test_product_backends_see_plans_subscriptions_and_purchases(club: Club) -> None:
    active = club.subscribe()
    status = club.ask("GET", "/internal/payments/tenants/demo/plan-status", who=SERVICE).body
    assert status["hasActivePlan"]
    assert [(each["product"], each["hasAccess"]) for each in status["plans"]] == [("gold", True)]
    mine = club.ask("GET", "/internal/payments/tenants/demo/plan-status?userId=nobody", who=SERVICE).body
    assert (mine["hasActivePlan"], mine["plans"]) == (False, [])
    records = club.ask("GET", "/internal/payments/subscriptions?consumerTenantId=demo", who=SERVICE).body
    assert [each["subscriptionId"] for each in records["subscriptions"]] == [active["id"]]
    purchases = club.ask("GET", "/internal/payments/purchases?consumerTenantId=demo", who=SERVICE).body
    assert [each["subscriptionId"] for each in purchases["purchases"]] == [active["id"]]


def test_a_renewal_that_nobody_tells_of_is_found_when_its_period_is_over(club: Club) -> None:
    active = club.subscribe()
    club.deaf = True
    club.renew(active["id"])
    assert club.said(active["id"])[2:] == []
    club.pass_time(DAY)
    assert club.reconcile()["repaired"] == {"unheard_renewal": 1}
    assert club.said(active["id"])[2:] == ["renewed"]
    club.deaf = False
    club.hear()
    assert club.said(active["id"])[2:] == ["renewed"]
    assert len(club.ask("GET", "/transactions").body["transactions"]) == 2


def test_events_of_subscriptions_that_are_not_ours_say_nothing(club: Club) -> None:
    theirs = subscribed(club.stripe)
    club.hear()
    pass_time(club.stripe, theirs.items.data[0].current_period_end + 3700)
    club.hear()
    assert set(club.outcomes().values()) == {"ignored"}


@pytest.mark.parametrize("days", [10, 20])
def test_a_trial_that_is_moved_at_stripe_gives_access_until_then(club: Club, days: int) -> None:
    trial = club.subscribe("silver_month")
    ends = int(club.stripe.clock()) + days * DAY
    moved = {"trial_end": ends, "proration_behavior": "none"}
    club.stripe.client.v1.subscriptions.update(club.at_stripe(trial["id"]).id, params=moved)
    club.hear()
    shown = club.show(trial["id"])
    assert (shown["status"], shown["trialEnd"], shown["accessUntil"]) == ("trialing", _iso(ends), _iso(ends))
    assert shown["currentPeriodEnd"] == shown["trialEnd"]
    club.pass_time(days * DAY + 2 * 3600)
    paid = club.show(trial["id"])
    assert (paid["status"], paid["currentPeriodStart"]) == ("active", _iso(ends))
    assert club.said(trial["id"]) == ["created", "activated", "renewed", "renewed"]
