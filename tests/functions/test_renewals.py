"""Subscriptions that Tollgate charges itself: each period once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.renewing import MONTH, Box, a_box
from tests.functions.subscribing import DAY, HOUR, PAGES
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tests.support.requests import a_mock_event
from tollgate.kernel.clock import from_iso

CHARGED = ["stripe", "square", "mock"]
MINUTES = 60


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Box]:
    with a_world(tmp_path) as stripe, a_square() as square, a_box(engine, stripe, square, tmp_path) as made:
        yield made


def on_a_page(box: Box, plan: str = "gold_month", source: str = "ok") -> dict[str, Any]:
    """Paid on the mock's page, with a method that can be charged again."""
    ordered = box.ask("POST", "/subscriptions", {"pricingItemCode": plan, **PAGES, "method": "mock"})
    assert ordered.status == 201, ordered.body
    payment = {**ordered.body, "id": ordered.body["paymentId"]}
    box.deployed.tell(a_mock_event(payment, subscription=ordered.body["id"], source=source))
    box.deployed.apply_inbox()
    return box.show(ordered.body["id"])


@pytest.mark.parametrize("provider", CHARGED)
def test_a_saved_method_is_charged_at_once_and_for_each_period(box: Box, provider: str) -> None:
    active = box.subscribe(provider)
    assert (active["status"], active["provider"]) == ("active", provider)
    assert box.sweep()["done"] == {}
    for _ in range(2):
        box.until(box.show(active["id"])["currentPeriodEnd"])
        assert box.sweep() == {"lanes": list(range(16)), "done": {"renewed": 1}, "complete": True}
        assert box.sweep()["done"] == {}
    after = box.show(active["id"])
    assert after["currentPeriodStart"] > active["currentPeriodEnd"]
    assert box.said(active["id"]) == ["created", "activated", "renewed", "renewed"]
    assert box.payments() == [("confirmed", 3999)] * 3
    assert len(box.deployed.stored("journal_entry")) == 3


def test_what_was_paidon_a_page_is_charged_again_without_one(box: Box) -> None:
    active = on_a_page(box)
    assert (active["status"], active["provider"]) == ("active", "mock")
    box.until(active["currentPeriodEnd"])
    assert box.sweep()["done"] == {"renewed": 1}


def test_a_trial_is_charged_when_it_is_over(box: Box) -> None:
    trial = on_a_page(box, "silver_month")
    assert (trial["status"], trial["trialEnd"]) == ("trialing", trial["currentPeriodEnd"])
    box.until(trial["trialEnd"])
    assert box.sweep()["done"] == {"renewed": 1}
    assert (box.show(trial["id"])["status"], box.payments()) == ("active", [("confirmed", 1999), ("confirmed", 0)])


def test_a_declined_renewal_is_dunned_and_another_method_pays_it_at_once(box: Box) -> None:
    active = on_a_page(box, source="soft")
    box.until(active["currentPeriodEnd"])
    assert box.sweep()["done"] == {"declined": 1}
    owing = box.show(active["id"])
    assert (owing["status"], owing["pastDue"]["decline"]["class"]) == ("past_due", "soft")
    assert box.dun(active["id"], 4) == ["waiting"] * 4
    assert box.sweep()["done"] == {}
    path = f"/subscriptions/{active['id']}"
    assert box.ask("POST", f"{path}/pay").status == 402
    given = box.ask("POST", f"{path}/card", {"sources": {"mock": "ok"}})
    assert (given.status, given.body["status"], given.body["pastDue"]) == (200, "active", None)
    assert box.said(active["id"])[-4:] == ["payment_failed", "card_given", "grace_ended", "renewed"]
    assert [status for status, _ in box.payments()] == ["confirmed", *["failed"] * 4, "confirmed"]
    assert box.dun(active["id"], 4) == ["recovered"]
    box.until(box.show(active["id"])["currentPeriodEnd"])
    assert box.sweep()["done"] == {"renewed": 1}


def test_what_nobody_pays_is_given_up_and_its_seat_is_free(box: Box) -> None:
    active = on_a_page(box, source="soft")
    box.until(active["currentPeriodEnd"])
    box.sweep()
    assert box.dun(active["id"], 8)[-1] == "unpaid"
    assert box.said(active["id"])[-2:] == ["grace_ended", "failed"]
    assert box.order("mock").status == 201


def test_an_admin_tries_again_what_failed(box: Box) -> None:
    active = on_a_page(box, source="soft")
    box.until(active["currentPeriodEnd"])
    box.sweep()
    (failed,) = box.till.stuck.admin("GET", "/admin/failed-payments").body["transactions"]
    again = box.admin("POST", f"/admin/retry-payment/{failed['id']}", {})
    assert again.status == 402, again.body
    assert [status for status, _ in box.payments()] == ["failed", "failed", "confirmed"]


def test_what_was_to_end_ends_and_is_not_charged(box: Box) -> None:
    active = box.subscribe("mock")
    ending = box.ask("POST", f"/subscriptions/{active['id']}/cancel")
    assert ending.body["endsAt"] == active["currentPeriodEnd"]
    box.until(active["currentPeriodEnd"])
    assert box.sweep()["done"] == {"ended": 1}
    assert box.said(active["id"]) == ["created", "activated", "cancelled", "ended"]
    assert len(box.payments()) == 1
    assert box.order("mock").status == 201


def test_a_paused_one_is_charged_from_its_return_on(box: Box) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}"
    assert box.ask("POST", f"{path}/pause").body["status"] == "paused"
    box.pass_time(MONTH + 10 * DAY)
    assert box.sweep()["done"] == {}
    back = box.ask("POST", f"{path}/resume")
    assert back.status == 200
    assert box.sweep()["done"] == {"renewed": 1}
    period = box.show(active["id"])
    assert abs(from_iso(period["currentPeriodStart"]).timestamp() - box.now()) < HOUR
    assert from_iso(period["currentPeriodEnd"]).timestamp() - box.now() > 27 * DAY


def test_after_months_in_which_nothing_ran_one_period_is_charged_and_begins_now(box: Box) -> None:
    active = box.subscribe("mock")
    box.pass_time(5 * MONTH)
    assert box.sweep()["done"] == {"renewed": 1}
    assert box.sweep()["done"] == {}
    assert from_iso(box.show(active["id"])["currentPeriodStart"]).timestamp() - box.now() > -HOUR
    assert len(box.payments()) == 2


def test_a_plan_of_another_risk_is_ordered_by_itself(box: Box) -> None:
    active = box.subscribe("mock")
    item = {"code": "gold_risky", "name": "Gold, at risk", "amount": 3999, "currency": "USD", "interval": "month"}
    made = box.service("POST", "/internal/payments/pricing-items", {**item, "product": "gold", "risk": "high"})
    assert made.status == 201, made.body
    refused = box.ask("PUT", f"/subscriptions/{active['id']}", {"pricingItemCode": "gold_risky"})
    assert (refused.status, [each["field"] for each in refused.body["errors"]]) == (422, ["pricingItemCode"])


def test_another_plan_costs_its_price_from_the_next_period_on(box: Box) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}"
    assert box.ask("POST", f"{path}/preview", {"pricingItemCode": "gold_year"}).body["due"] == 0
    assert box.ask("PUT", path, {"pricingItemCode": "gold_year"}).status == 200
    box.until(active["currentPeriodEnd"])
    assert box.sweep()["done"] == {"renewed": 1}
    renewed = box.show(active["id"])
    assert box.payments()[0] == ("confirmed", 39900)
    length = from_iso(renewed["currentPeriodEnd"]) - from_iso(renewed["currentPeriodStart"])
    assert length.days in (365, 366)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"sources": None}, {"successUrl", "cancelUrl"}),
        ({"sources": {"mock": "ok", "stripe": "pm_1"}}, {"sources"}),
        ({"sources": {}}, {"sources"}),
        ({"plan": "silver_month"}, {"sources"}),
        ({"sources": {"mock": "4242424242424242"}}, {"sources.mock"}),
        ({"provider": "square", "method": "card", "sources": {"square": "cnon:card-nonce-ok"}}, {"sources.square"}),
        ({"provider": "stripe", "method": "card", "sources": {"stripe": "pm_card_visa"}}, {"sources.stripe"}),
    ],
)
def test_an_order_that_cannot_be_charged_names_what_is_wrong(box: Box, fields: dict[str, Any], names: set[str]) -> None:
    refused = box.order("mock", **fields)
    assert (refused.status, {each["field"] for each in refused.body["errors"]}) == (422, names)
    assert not box.deployed.stored("subscription")


def test_people_name_no_method_that_is_saved_for_a_customer(box: Box) -> None:
    own = {"pricingItemCode": "gold_month", "provider": "stripe", "sources": {"stripe": box.saved("stripe")}}
    refused = box.ask("POST", "/subscriptions", own)
    assert (refused.status, refused.body["code"]) == (403, "SAVED_METHOD_FORBIDDEN")
    assert not box.deployed.stored("subscription")
    active = box.subscribe("stripe")
    refused = box.ask("POST", f"/subscriptions/{active['id']}/card", {"sources": {"stripe": box.saved("stripe")}})
    assert (refused.status, refused.body["code"]) == (403, "SAVED_METHOD_FORBIDDEN")


def test_a_declined_order_leaves_nothing_open(box: Box) -> None:
    refused = box.order("mock", sources={"mock": "soft"})
    assert refused.status == 402, refused.body
    assert box.order("mock").status == 201
