"""Subscriptions through their periods: renewals, failures, pauses and ends, as the clock moves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.simulators.subscribers import (
    DAY,
    DRAFT,
    a_customer,
    a_price,
    checkout,
    invoices,
    latest,
    now_of,
    pass_time,
    period,
    plan,
    renew,
    reported,
    subscribed,
)
from tests.simulators.world import World


def day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def test_a_whole_life_through_the_official_client(billing_world: World) -> None:
    client = billing_world.client.v1
    session = checkout(billing_world, subscription_data={"metadata": {"ours": "sub_1"}})
    billing_world.control(f"sessions/{session.id}/pay")
    subscription = client.subscriptions.retrieve(client.checkout.sessions.retrieve(session.id).subscription)
    for _ in range(2):
        subscription = renew(billing_world, subscription)
        assert subscription.status == "active"
    billing_world.control(f"subscriptions/{subscription.id}/decline", code="insufficient_funds", times=2)
    subscription = renew(billing_world, subscription)
    assert subscription.status == "past_due"
    error = billing_world.refused(lambda: client.invoices.pay(subscription.latest_invoice))
    assert isinstance(error, stripe.CardError)
    paid = client.invoices.pay(subscription.latest_invoice, params={"expand": ["payments"]})
    assert (paid.status, paid.payments.data[0].status) == ("paid", "paid")
    assert now_of(billing_world, subscription).status == "active"
    client.subscriptions.update(subscription.id, params={"cancel_at_period_end": True})
    ended = renew(billing_world, subscription)
    assert (ended.status, ended.ended_at) == ("canceled", period(ended)[1])
    amounts = [(each.billing_reason, each.status, each.amount_paid) for each in invoices(billing_world, subscription)]
    assert amounts == 3 * [("subscription_cycle", "paid", 1000)] + [("subscription_create", "paid", 1000)]


def test_a_renewal_begins_as_a_draft_and_is_charged_an_hour_later(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    start, end = period(subscription)
    pass_time(billing_world, end + 1)
    renewed, draft = now_of(billing_world, subscription), invoices(billing_world, subscription)[0]
    assert (period(renewed)[0], renewed.status, renewed.latest_invoice) == (end, "active", draft.id)
    assert (draft.status, draft.created, draft.attempted, draft.number) == ("draft", end, False, None)
    assert (draft.period_start, draft.period_end) == (start, end)
    assert draft.lines.data[0].period.to_dict() == {"start": end, "end": period(renewed)[1]}
    told = latest(billing_world, "customer.subscription.updated").data
    assert set(told.previous_attributes.to_dict()) == {"items", "latest_invoice"}
    pass_time(billing_world, end + DRAFT + 1)
    paid = invoices(billing_world, subscription)[0]
    assert (paid.status, paid.attempt_count, paid.status_transitions.finalized_at) == ("paid", 1, end + DRAFT)
    assert reported(billing_world)[-10:] == [
        "invoice.upcoming", "invoice.created", "customer.subscription.updated", "payment_intent.created",
        "invoice.finalized", "charge.succeeded", "payment_intent.succeeded", "invoice.paid",
        "invoice.payment_succeeded", "invoice_payment.paid",
    ]  # fmt: skip


def test_several_periods_in_one_jump_come_up_in_order_each_with_its_own_time(billing_world: World) -> None:
    billing_world.clock.offset += _until("01-31") - billing_world.clock()
    subscription = subscribed(billing_world)
    pass_time(billing_world, billing_world.clock() + 100 * DAY)
    found = list(reversed(invoices(billing_world, subscription)))
    assert [each.status for each in found] == 4 * ["paid"]
    periods = [(each.lines.data[0].period.start, each.lines.data[0].period.end) for each in found]
    assert [start for start, _ in periods[1:]] == [end for _, end in periods[:-1]]
    assert [day(start)[5:] for start, _ in periods] in (
        ["01-31", "02-28", "03-31", "04-30"],
        ["01-31", "02-29", "03-31", "04-30"],
    )
    assert [each.created for each in found] == [start for start, _ in periods]
    charges = billing_world.client.v1.charges.list(params={"customer": subscription.customer}).data
    assert [each.created for each in charges] == [start + DRAFT for start, _ in reversed(periods[1:])] + [periods[0][0]]


def _until(month_and_day: str) -> float:
    year = datetime.now(UTC).year + 1
    return datetime.fromisoformat(f"{year}-{month_and_day}T12:00:00+00:00").timestamp()


def test_a_subscription_that_ends_with_its_period_renews_no_more(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    end = period(subscription)[1]
    update = billing_world.client.v1.subscriptions.update
    asked = update(subscription.id, params={"cancel_at_period_end": True})
    assert (asked.status, asked.cancel_at, asked.cancel_at_period_end) == ("active", end, True)
    assert asked.canceled_at is not None
    previous = latest(billing_world, "customer.subscription.updated").data.previous_attributes
    assert (previous.cancel_at_period_end, previous.cancel_at) == (False, None)
    kept = update(subscription.id, params={"cancel_at_period_end": False})
    assert (kept.cancel_at, kept.canceled_at, kept.cancellation_details.reason) == (None, None, None)
    update(subscription.id, params={"cancel_at": "min_period_end"})
    pass_time(billing_world, end + DAY)
    gone = latest(billing_world, "customer.subscription.deleted").data.object
    assert (gone.status, gone.ended_at, gone.cancellation_details.reason) == ("canceled", end, "cancellation_requested")
    assert len(invoices(billing_world, subscription)) == 1
    assert billing_world.client.v1.subscriptions.list().data == []
    assert [each.id for each in billing_world.client.v1.subscriptions.list(params={"status": "all"}).data] == [gone.id]


def test_a_subscription_is_canceled_at_once_and_only_once(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    cancel = billing_world.client.v1.subscriptions.cancel
    gone = cancel(subscription.id, params={"cancellation_details": {"feedback": "unused"}})
    assert (gone.status, gone.ended_at, gone.cancellation_details.feedback) == ("canceled", gone.canceled_at, "unused")
    assert billing_world.refused(lambda: cancel(subscription.id)).http_status == 404
    pass_time(billing_world, period(subscription)[1] + DAY)
    assert len(invoices(billing_world, subscription)) == 1


def test_canceling_with_proration_gives_unused_time_back_to_the_balance(billing_world: World) -> None:
    subscription = subscribed(billing_world, amount=3000)
    start, end = period(subscription)
    pass_time(billing_world, start + (end - start) // 3)
    billing_world.client.v1.subscriptions.cancel(subscription.id, params={"invoice_now": True, "prorate": True})
    last = invoices(billing_world, subscription)[0]
    assert (last.status, last.total, last.amount_due, last.ending_balance) == ("paid", -2000, 0, -2000)
    assert billing_world.client.v1.customers.retrieve(subscription.customer).balance == -2000


def test_a_trial_is_announced_then_charged(billing_world: World) -> None:
    subscription = subscribed(billing_world, subscription_data={"trial_period_days": 10})
    pass_time(billing_world, subscription.trial_end - 3 * DAY + 1)
    assert latest(billing_world, "customer.subscription.trial_will_end").data.object.id == subscription.id
    pass_time(billing_world, subscription.trial_end + 1)
    active = now_of(billing_world, subscription)
    assert (active.status, active.billing_cycle_anchor) == ("active", subscription.trial_end)
    pass_time(billing_world, subscription.trial_end + DRAFT + 1)
    paid = invoices(billing_world, subscription)[0]
    assert (paid.billing_reason, paid.status, paid.amount_paid) == ("subscription_cycle", "paid", 1000)


def test_the_end_of_a_short_trial_is_announced_with_its_beginning(billing_world: World) -> None:
    subscription = subscribed(billing_world, subscription_data={"trial_period_days": 1})
    billing_world.state()
    told = latest(billing_world, "customer.subscription.trial_will_end")
    assert told.created == subscription.trial_start


def test_a_trial_can_be_ended_and_prolonged(billing_world: World) -> None:
    subscription = subscribed(billing_world, subscription_data={"trial_period_days": 10})
    update = billing_world.client.v1.subscriptions.update
    later = update(subscription.id, params={"trial_end": subscription.trial_end + 5 * DAY})
    assert (later.status, period(later)[1]) == ("trialing", subscription.trial_end + 5 * DAY)
    active = update(subscription.id, params={"trial_end": "now"})
    assert (active.status, active.billing_cycle_anchor) == ("active", period(active)[0])
    assert [each.amount_paid for each in invoices(billing_world, subscription)] == [1000, 0, 0]


@pytest.mark.parametrize("missing", ["pause", "cancel", "create_invoice"])
def test_a_trial_without_a_card_ends_as_was_said(billing_world: World, missing: str) -> None:
    customer, price = a_customer(billing_world, None), a_price(billing_world)
    behavior = {"end_behavior": {"missing_payment_method": missing}}
    wanted = {"customer": customer.id, "items": [{"price": price.id}], "trial_period_days": 5}
    subscription = billing_world.client.v1.subscriptions.create(params={**wanted, "trial_settings": behavior})
    pass_time(billing_world, subscription.trial_end + DRAFT + 1)
    ended = now_of(billing_world, subscription)
    assert ended.status == {"pause": "paused", "cancel": "canceled", "create_invoice": "past_due"}[missing]
    if missing != "pause":
        return
    pass_time(billing_world, billing_world.clock() + 90 * DAY)
    assert len(invoices(billing_world, subscription)) == 1
    card = billing_world.client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    billing_world.client.v1.subscriptions.update(subscription.id, params={"default_payment_method": card.id})
    resumed = billing_world.client.v1.subscriptions.resume(subscription.id)
    assert (resumed.status, period(resumed)[0]) == ("active", int(resumed.billing_cycle_anchor))
    assert latest(billing_world, "customer.subscription.resumed").data.object.id == subscription.id
    assert invoices(billing_world, subscription)[0].status == "paid"


def test_a_first_payment_that_never_comes_expires_after_23_hours(billing_world: World) -> None:
    customer, price = a_customer(billing_world, "pm_card_chargeCustomerFail"), a_price(billing_world)
    wanted = {"customer": customer.id, "items": [{"price": price.id}]}
    subscription = billing_world.client.v1.subscriptions.create(params=wanted)
    assert subscription.status == "incomplete"
    pass_time(billing_world, subscription.created + 22 * 3600)
    assert now_of(billing_world, subscription).status == "incomplete"
    pass_time(billing_world, subscription.created + 23 * 3600 + 1)
    assert now_of(billing_world, subscription).status == "incomplete_expired"
    assert invoices(billing_world, subscription)[0].status == "void"
    assert latest(billing_world, "customer.subscription.updated").data.previous_attributes.status == "incomplete"


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible")]
)
def test_while_collection_is_paused_renewals_ask_for_nothing(billing_world: World, behavior: str, status: str) -> None:
    subscription = subscribed(billing_world)
    until = period(subscription)[1] + 40 * DAY
    update: Any = billing_world.client.v1.subscriptions.update
    paused = update(subscription.id, params={"pause_collection": {"behavior": behavior, "resumes_at": until}})
    assert (paused.status, paused.pause_collection.behavior) == ("active", behavior)
    pass_time(billing_world, until - 1)
    assert [each.status for each in invoices(billing_world, subscription)] == [status, status, "paid"]
    pass_time(billing_world, until + 1)
    assert now_of(billing_world, subscription).pause_collection is None
    subscription = renew(billing_world, subscription)
    assert (subscription.status, invoices(billing_world, subscription)[0].status) == ("active", "paid")


def test_a_pause_of_collection_can_be_taken_back(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    update: Any = billing_world.client.v1.subscriptions.update
    update(subscription.id, params={"pause_collection": {"behavior": "void"}})
    assert update(subscription.id, params={"pause_collection": ""}).pause_collection is None
    assert invoices(billing_world, renew(billing_world, subscription))[0].status == "paid"


def test_a_renewal_is_a_payment_like_any_other(billing_world: World) -> None:
    subscription = renew(billing_world, subscribed(billing_world, amount=5000))
    intent = invoices(billing_world, subscription)[0].payments.data[0].payment.payment_intent
    client = billing_world.client.v1
    path = "latest_charge.balance_transaction"
    charge = client.payment_intents.retrieve(intent, params={"expand": [path]}).latest_charge
    assert (charge.balance_transaction.amount, charge.balance_transaction.fee) == (5000, 175)
    assert client.refunds.create(params={"payment_intent": intent, "amount": 1000}).status == "succeeded"
    billing_world.control(f"payment_intents/{intent}/dispute", amount=2000)
    [payment] = client.invoice_payments.list(
        params={"payment": {"type": "payment_intent", "payment_intent": intent}}
    ).data
    assert payment.invoice == subscription.latest_invoice


def test_a_yen_has_no_cents_and_a_daily_plan_is_announced_by_nothing(billing_world: World) -> None:
    subscription = subscribed(billing_world, line_items=plan(500, "jpy", "day"))
    subscription = renew(billing_world, subscription)
    assert [(each.amount_paid, each.currency) for each in invoices(billing_world, subscription)] == 2 * [(500, "jpy")]
    assert "invoice.upcoming" not in reported(billing_world)


def test_a_customer_who_is_deleted_is_subscribed_no_more(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    pass_time(billing_world, period(subscription)[1] + 1)
    billing_world.client.v1.customers.delete(subscription.customer)
    pass_time(billing_world, billing_world.clock() + 40 * DAY)
    assert now_of(billing_world, subscription).status == "canceled"
    assert [each.status for each in invoices(billing_world, subscription)] == ["draft", "paid"]
