"""Subscriptions that begin with a checkout, and cards that are only saved."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from tests.simulators.subscribers import (
    DAY,
    checkout,
    invoices,
    latest,
    pass_time,
    period,
    plan,
    reported,
    subscribed,
)
from tests.simulators.world import World


def post(url: str, **fields: str) -> httpx.Response:
    return httpx.post(url, data=fields, trust_env=False)


def test_nothing_of_a_subscription_exists_before_it_is_paid(billing_world: World) -> None:
    session = checkout(billing_world)
    assert (session.mode, session.status, session.payment_status) == ("subscription", "open", "unpaid")
    assert (session.amount_total, session.customer, session.subscription, session.invoice) == (1000, None, None, None)
    declined = billing_world.control(f"sessions/{session.id}/pay", card="4000000000009995")
    assert declined["outcome"] == "declined"
    counts = billing_world.state()["counts"]
    assert (counts["customers"], counts["subscriptions"], counts["invoices"]) == (0, 0, 0)


def test_a_paid_checkout_leaves_a_customer_with_their_card_a_subscription_and_a_paid_invoice(
    billing_world: World,
) -> None:
    given = {"tollgate_subscription": "sub_1"}
    session = checkout(billing_world, metadata={"on": "session"}, subscription_data={"metadata": given})
    billing_world.control(f"sessions/{session.id}/pay")
    paths = ["customer", "invoice.payments.data.payment", "subscription.default_payment_method"]
    done = billing_world.client.v1.checkout.sessions.retrieve(session.id, params={"expand": paths})
    subscription, invoice = done.subscription, done.invoice
    assert (done.status, done.payment_status, done.payment_intent, done.url) == ("complete", "paid", None, None)
    assert (done.customer.email, done.metadata.to_dict()) == ("ada@b.example", {"on": "session"})
    assert (subscription.status, subscription.metadata.to_dict()) == ("active", given)
    assert subscription.default_payment_method.customer == done.customer.id
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == ("paid", "subscription_create", 1000)
    assert invoice.parent.subscription_details.metadata.to_dict() == given
    [payment] = invoice.payments.data
    intent = billing_world.client.v1.payment_intents.retrieve(payment.payment.payment_intent)
    assert (intent.status, intent.metadata.to_dict(), intent.customer) == ("succeeded", {}, done.customer.id)
    assert "invoice" not in intent
    assert invoice.lines.data[0].period.to_dict() == dict(zip(("start", "end"), period(subscription), strict=True))


def test_what_happens_at_a_checkout_is_reported_in_one_second(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    assert reported(billing_world) == [
        "payment_intent.created", "customer.created", "payment_method.attached", "charge.succeeded",
        "payment_intent.succeeded", "invoice.created", "customer.subscription.created", "invoice.finalized",
        "invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid", "checkout.session.completed",
    ]  # fmt: skip
    events = billing_world.client.v1.events.list(params={"limit": 100}).data
    assert max(event.created for event in events) - min(event.created for event in events) <= 1
    begun = latest(billing_world, "customer.subscription.created").data.object
    assert (begun.status, begun.latest_invoice) == ("active", subscription.latest_invoice)
    assert "payments" not in latest(billing_world, "invoice.paid").data.object


def test_webhooks_of_a_subscription_are_signed_like_any_other(world: World) -> None:
    subscription = subscribed(world)
    paid = world.receiver.wait_for("invoice.paid", "customer.subscription.created", "checkout.session.completed")
    assert paid.data.object.parent.subscription_details.subscription == subscription.id


def test_a_declined_payer_may_try_again_with_the_same_intent(billing_world: World) -> None:
    session = checkout(billing_world)
    declined = billing_world.control(f"sessions/{session.id}/pay", card="4000000000000002")
    paid = billing_world.control(f"sessions/{session.id}/pay")
    assert (paid["outcome"], paid["payment_intent"]) == ("paid", declined["payment_intent"])
    assert [each.status for each in billing_world.client.v1.subscriptions.list().data] == ["active"]


def test_a_subscription_with_authentication_begins_after_the_challenge(billing_world: World) -> None:
    session = checkout(billing_world)
    asked = billing_world.control(f"sessions/{session.id}/pay", card="4000002500003155")
    assert (asked["outcome"], billing_world.state()["counts"]["subscriptions"]) == ("requires_action", 0)
    billing_world.control(f"payment_intents/{asked['payment_intent']}/authenticate", outcome="succeeded")
    done = billing_world.client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("paid", "active")


def test_a_trial_charges_nothing_saves_the_card_and_pays_its_invoice_of_zero_at_once(billing_world: World) -> None:
    subscription = subscribed(billing_world, subscription_data={"trial_period_days": 14})
    start, end = period(subscription)
    assert (subscription.status, end - start, subscription.trial_end) == ("trialing", 14 * DAY, end)
    [invoice] = invoices(billing_world, subscription)
    assert (invoice.status, invoice.amount_due, invoice.payments.data) == ("paid", 0, [])
    done = latest(billing_world, "checkout.session.completed").data.object
    assert (done.payment_status, done.amount_total) == ("no_payment_required", 0)
    card = billing_world.client.v1.payment_methods.retrieve(subscription.default_payment_method)
    assert card.customer == subscription.customer
    assert billing_world.state()["counts"]["charges"] == 0
    assert latest(billing_world, "setup_intent.succeeded").data.object.payment_method == card.id


def test_a_trial_may_begin_without_a_card(billing_world: World) -> None:
    data = {"trial_period_days": 30, "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}}}
    session = checkout(billing_world, payment_method_collection="if_required", subscription_data=data)
    assert post(session.url, card="", method="card").status_code == 303
    done = billing_world.client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["subscription"]})
    subscription = done.subscription
    assert (subscription.status, subscription.default_payment_method) == ("trialing", None)
    pass_time(billing_world, subscription.trial_end + 1)
    assert latest(billing_world, "customer.subscription.paused").data.object.status == "paused"
    wants_one = checkout(billing_world, subscription_data={"trial_period_days": 30})
    assert post(wants_one.url, card="", method="card").status_code == 402


def test_a_saved_card_is_the_customers_and_can_pay_their_subscription(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    wanted = {
        "mode": "setup", "currency": "usd", "customer": subscription.customer,
        "setup_intent_data": {"metadata": {"for": subscription.id}}, "success_url": "http://127.0.0.1:9/ok",
    }  # fmt: skip
    client = billing_world.client.v1
    session = client.checkout.sessions.create(params=wanted)
    assert (session.amount_total, session.payment_status) == (None, "no_payment_required")
    page = httpx.get(session.url, trust_env=False).text
    assert "Save card" in page
    assert post(session.url, card="4000000000000002").status_code == 402
    assert latest(billing_world, "setup_intent.setup_failed").data.object.last_setup_error.code == "card_declined"
    assert post(session.url, card="5555555555554444").status_code == 303
    assert "nothing was charged" in httpx.get(session.url, trust_env=False).text
    intent = client.setup_intents.retrieve(session.setup_intent, params={"expand": ["payment_method"]})
    assert (intent.status, intent.metadata.to_dict()) == ("succeeded", {"for": subscription.id})
    assert intent.payment_method.customer == subscription.customer
    assert len(client.customers.payment_methods.list(subscription.customer).data) == 2
    changed = client.subscriptions.update(subscription.id, params={"default_payment_method": intent.payment_method.id})
    assert changed.default_payment_method == intent.payment_method.id


def test_saving_a_card_may_need_authentication(billing_world: World) -> None:
    wanted = {"mode": "setup", "currency": "usd", "success_url": "http://127.0.0.1:9/ok"}
    session = billing_world.client.v1.checkout.sessions.create(params=wanted)
    challenge = post(session.url, card="4000002500003155").headers["location"]
    assert challenge.endswith(session.setup_intent)
    assert "error=authentication" in post(challenge, outcome="failed").headers["location"]
    challenge = post(session.url, card="4000002500003155").headers["location"]
    assert post(challenge, outcome="succeeded").headers["location"] == "http://127.0.0.1:9/ok"
    assert billing_world.client.v1.setup_intents.retrieve(session.setup_intent).status == "succeeded"


def test_an_abandoned_setup_is_canceled(billing_world: World) -> None:
    wanted = {"mode": "setup", "currency": "usd", "success_url": "http://127.0.0.1:9/ok"}
    session = billing_world.client.v1.checkout.sessions.create(params=wanted)
    billing_world.client.v1.checkout.sessions.expire(session.id)
    assert billing_world.client.v1.setup_intents.retrieve(session.setup_intent).status == "canceled"


def test_the_page_says_what_is_paid_and_how_often(billing_world: World) -> None:
    session = checkout(billing_world, line_items=plan(500, "jpy", "week", interval_count=2))
    page = httpx.get(session.url, trust_env=False).text
    assert "Subscribe for 500 JPY every 2 weeks" in page
    trial = checkout(billing_world, subscription_data={"trial_period_days": 7})
    page = httpx.get(trial.url, trust_env=False).text
    assert "Start the trial" in page
    assert '<p id="amount">0.00 USD</p>' in page


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": None}, "line_items"),
        ({"line_items": plan() * 2}, "line_items[1]"),
        ({"mode": "payment"}, "mode"),
        ({"setup_intent_data": {"metadata": {"a": "b"}}}, "setup_intent_data"),
        ({"payment_intent_data": {"metadata": {"a": "b"}}}, "payment_intent_data"),
        ({"mode": "setup", "line_items": None}, "currency"),
        ({"mode": "setup", "currency": "usd"}, "line_items"),
        ({"subscription_data": {"trial_end": 5}}, "subscription_data[trial_end]"),
        ({"allowed_payment_method_types": ["us_bank_account"]}, "allowed_payment_method_types"),
    ],
)
def test_a_session_that_does_not_fit_its_mode_is_refused(
    billing_world: World, changes: dict[str, Any], param: str
) -> None:
    wanted = {"mode": "subscription", "line_items": plan(), "success_url": "http://127.0.0.1:9/ok", **changes}
    given = {name: value for name, value in wanted.items() if value is not None}
    error = billing_world.refused(partial(billing_world.client.v1.checkout.sessions.create, params=given))
    assert error.error is not None
    assert (error.http_status, error.error.param) == (400, param)
