"""Subscriptions when things cross, come late, or are done at Stripe's dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.functions.subscribing import DAY, HOUR, PAGES, SERVICE, Club, a_club
from tests.simulators.world import World, wait_until
from tests.support.engine import Engine
from tollgate.adapters.dynamodb.subscription_mapping import from_item
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.clock import from_iso, to_iso
from tollgate.subscriptions.model import Subscription


@pytest.fixture
def club(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Club]:
    with a_club(engine, stripe, tmp_path) as made:
        yield made


def payments(club: Club) -> list[dict[str, Any]]:
    """The newest first."""
    return list(club.ask("GET", "/transactions").body["transactions"])


def invoices(club: Club, id_: str) -> list[Any]:
    """At Stripe, the newest first, with what was paid on them."""
    asked = {"subscription": club.at_stripe(id_)["id"], "limit": 100, "expand": ["data.payments"]}
    return list(club.stripe.client.v1.invoices.list(params=asked).data)


def owing(club: Club, times: int = 9) -> dict[str, Any]:
    active = club.subscribe()
    club.decline_next(active["id"], times=times)
    return club.renew(active["id"])


def test_who_ends_it_before_its_renewal_is_heard_of_ends_it_and_the_money_is_held(club: Club) -> None:
    active = club.subscribe()
    club.deaf = True
    club.renew(active["id"])
    ended = club.ask("POST", f"/subscriptions/{active['id']}/cancel", {"when": "now"})
    assert (ended.status, ended.body["status"]) == (200, "cancelled")
    assert club.order().status == 201
    club.deaf = False
    club.hear()
    assert club.said(active["id"])[-1] == "late_payment"
    late = next(each for each in payments(club) if each["amount"] == 3_999 and each["status"] == "cancelled")
    assert club.show(active["id"])["status"] == "cancelled"
    assert [each["type"] for each in club.deployed.events(late["id"])][-1].endswith("review_required")
    assert "failed" not in club.outcomes().values()


def test_money_that_comes_after_all_was_given_up_is_held(club: Club) -> None:
    late = owing(club, times=4)
    assert club.dun(late["id"], 8)[-1] == "unpaid"
    club.hear()
    club.stripe.client.v1.invoices.pay(invoices(club, late["id"])[0].id)
    club.hear()
    assert (club.show(late["id"])["status"], club.said(late["id"])[-1]) == ("unpaid", "late_payment")
    held = payments(club)[0]
    assert [each["type"] for each in club.deployed.events(held["id"])][-1].endswith("review_required")
    assert "failed" not in club.outcomes().values()


@pytest.mark.parametrize("off", [timedelta(minutes=-20), timedelta(minutes=1), timedelta(days=20)])
def test_nobody_chooses_the_time_from_which_a_change_is_reckoned(club: Club, off: timedelta) -> None:
    active = club.subscribe()
    club.pass_time(10 * DAY)
    path = f"/subscriptions/{active['id']}"
    now = from_iso(club.ask("POST", f"{path}/preview", {"pricingItemCode": "gold_year"}).body["at"])
    wish = {"pricingItemCode": "gold_year", "at": to_iso(now + off)}
    for answer in (club.ask("POST", f"{path}/preview", wish), club.ask("PUT", path, wish)):
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, "at")


def test_what_is_refunded_or_disputed_at_the_dashboard_is_booked_for_the_first_period_too(club: Club) -> None:
    active = club.subscribe()
    club.renew(active["id"])
    for invoice in invoices(club, active["id"]):
        intent = invoice.payments.data[0].payment.payment_intent
        club.stripe.client.v1.refunds.create({"payment_intent": str(intent), "amount": 100})
    club.hear()
    for payment in payments(club):
        (refund,) = club.ask("GET", f"/transactions/{payment['id']}/refunds").body["refunds"]
        assert refund["amount"] == 100


def test_a_refund_that_is_told_before_its_renewal_waits_for_that(club: Club) -> None:
    active = club.subscribe()
    club.deaf = True
    club.renew(active["id"])
    intent = invoices(club, active["id"])[0].payments.data[0].payment.payment_intent
    club.stripe.client.v1.refunds.create({"payment_intent": str(intent), "amount": 100})
    received = club.stripe.receiver
    wait_until(lambda: any(b'"refund.created"' in each for each in received.bodies), "the refund")
    number = next(number for number, body in enumerate(received.bodies) if b'"refund.created"' in body)
    club.deployed.webhook("stripe", received.bodies[number], received.signatures[number])
    club.deployed.apply_inbox()
    for deaf in (True, False):
        club.deaf = deaf
        club.hear()
        club.pass_time(HOUR)
        club.reconcile()
    (refund,) = club.ask("GET", f"/transactions/{payments(club)[0]['id']}/refunds").body["refunds"]
    assert (refund["amount"], refund["status"]) == (100, "succeeded")


def test_a_card_page_leads_back_only_to_where_the_tenant_is(club: Club) -> None:
    active = club.subscribe()
    elsewhere = PAGES | {"successUrl": "https://evil.example/"}
    answer = club.ask("POST", f"/subscriptions/{active['id']}/card", elsewhere)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "successUrl")


def test_what_was_due_while_nobody_worked_is_one_try(club: Club) -> None:
    late = owing(club)
    tried = len(attempts(club, late["id"]))
    club.pass_time(8 * DAY + HOUR)
    assert club.dun(late["id"], 1)[-1] == "unpaid"
    assert len(attempts(club, late["id"])) == tried + 1


def test_a_first_period_of_another_price_is_held_and_ends_at_stripe_too(club: Club) -> None:
    sold = {"unit_amount": 100, "currency": "usd", "recurring": {"interval": "month"}, "product_data": {"name": "Odd"}}
    price = club.stripe.client.v1.prices.create(sold)
    plan = {"code": "odd", "name": "Odd", "amount": 2_500, "currency": "USD", "interval": "month"}
    body = {"consumerTenantId": "demo", **plan, "references": {"stripe": price.id}}
    path = "/internal/payments/pricing-items"
    assert club.deployed.call("POST", path, body, headers=SERVICE, function="catalog_api").status == 201
    held = club.subscribe("odd")
    assert (held["status"], payments(club)[0]["amount"]) == ("expired", 2_500)
    assert club.at_stripe(held["id"]).status == "active"
    assert club.order("gold_month").status == 201
    club.pass_time(HOUR)
    club.reconcile()
    assert club.at_stripe(held["id"]).status == "canceled"
    assert not kept(club, held["id"]).closing


@pytest.mark.parametrize("machine", [True, False])
def test_what_was_given_up_is_ended_at_stripe_whoever_has_to(club: Club, machine: bool) -> None:
    late = owing(club)
    invoice = next(each["data"]["invoice"] for each in late["history"] if each["type"].endswith("grace_started"))
    club.pass_time(8 * DAY)
    assert club.step(late["id"], invoice)["outcome"] == "waiting"
    reference = club.at_stripe(late["id"])["id"]
    club.stripe.control("api/faults", kind="503", method="DELETE", path=f"/v1/subscriptions/{reference}", times=9)
    with pytest.raises(ProviderUnavailable):
        club.step(late["id"], invoice)
    assert (club.show(late["id"])["status"], club.at_stripe(late["id"]).status) == ("unpaid", "past_due")
    club.stripe.control("api/faults", "DELETE")
    club.pass_time(HOUR)
    if machine:
        assert club.step(late["id"], invoice)["outcome"] == "unpaid"
    else:
        club.reconcile()
    assert club.at_stripe(late["id"]).status == "canceled"
    assert not kept(club, late["id"]).closing
    assert club.said(late["id"])[-1] == "failed"


def test_what_was_paid_and_never_heard_of_is_not_given_up(club: Club) -> None:
    active = club.subscribe()
    club.decline_next(active["id"], "expired_card", times=1)
    late = club.renew(active["id"])
    club.deaf = True
    club.stripe.client.v1.invoices.pay(invoices(club, late["id"])[0].id)
    assert club.dun(late["id"], 8)[-1] == "recovered"
    assert club.show(late["id"])["status"] == "active"


def test_a_page_that_took_another_card_holds_up_no_sweep(club: Club) -> None:
    """It stands on Stripe's list of pages, without an amount."""
    active = club.subscribe()
    page = club.ask("POST", f"/subscriptions/{active['id']}/card", PAGES)
    club.stripe.control(f"sessions/{page.body['providerSessionId']}/pay", card="4242424242424242")
    club.hear()
    club.pass_time(HOUR)
    run = club.reconcile()
    assert (run["failed"], run["complete"]) == (0, True)


def kept(club: Club, id_: str) -> Subscription:
    """As it is stored."""
    (item,) = (each for each in club.deployed.stored("subscription") if each["pk"]["S"].endswith(id_))
    return from_item(item)


def attempts(club: Club, id_: str) -> list[str]:
    told = club.show(id_)["history"]
    return [each["type"] for each in told if each["type"].rpartition(".")[2] in ("payment_failed", "grace_started")]
