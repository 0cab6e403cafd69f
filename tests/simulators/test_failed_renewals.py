"""Renewals that are not paid: what is told, what may still be paid, and what becomes of the subscription."""

from __future__ import annotations

import pytest

from tests.simulators.subscribers import DAY, checkout, invoices, now_of, pass_time, renew, reported, subscribed
from tests.simulators.world import World


def test_a_failed_renewal_stays_open_is_not_retried_and_makes_the_subscription_past_due(billing_world: World) -> None:
    subscription = renew(billing_world, subscribed(billing_world, "4000000000010076"))
    invoice = invoices(billing_world, subscription)[0]
    assert (subscription.status, invoice.status, invoice.attempt_count) == ("past_due", "open", 1)
    assert (invoice.next_payment_attempt, invoice.amount_remaining) == (None, 1000)
    assert reported(billing_world)[-5:] == [
        "payment_intent.payment_failed", "charge.failed", "invoice.payment_failed", "invoice.updated",
        "customer.subscription.updated",
    ]  # fmt: skip
    pass_time(billing_world, billing_world.clock() + 20 * DAY)
    assert invoices(billing_world, subscription)[0].attempt_count == 1
    assert billing_world.state()["counts"]["charges"] == 2


def test_the_reasons_of_a_failed_payment_are_told_in_full(billing_world: World) -> None:
    subscription = renew(billing_world, subscribed(billing_world, "4000000000010076"))
    error = billing_world.refused(lambda: billing_world.client.v1.invoices.pay(subscription.latest_invoice))
    assert error.error is not None
    told = error.error
    assert (error.http_status, told.type, told.code) == (402, "card_error", "card_declined")
    assert (told.decline_code, told.advice_code) == ("stolen_card", "do_not_try_again")
    assert (told.network_advice_code, told.network_decline_code) == ("03", "43")
    assert told.payment_intent is not None
    assert told.payment_intent.status == "requires_payment_method"
    invoice = invoices(billing_world, subscription)[0]
    # Only Stripe's own retries count, and those are off.
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert reported(billing_world).count("invoice.payment_failed") == 2


@pytest.mark.parametrize(("card", "failures"), [("4000000000010019", 1), ("4000000000010035", 3)])
def test_a_card_may_be_declined_a_few_times_and_then_work(billing_world: World, card: str, failures: int) -> None:
    subscription = renew(billing_world, subscribed(billing_world, card))
    pay = billing_world.client.v1.invoices.pay
    for _ in range(failures - 1):
        assert billing_world.refused(lambda: pay(subscription.latest_invoice)).code == "card_declined"
    assert pay(subscription.latest_invoice).status == "paid"
    assert now_of(billing_world, subscription).status == "active"


def test_a_renewal_that_wants_authentication_says_so_and_can_be_confirmed(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    billing_world.control(f"subscriptions/{subscription.id}/card", card="4000002760003184")
    subscription = renew(billing_world, subscription)
    assert subscription.status == "past_due"
    assert {"invoice.payment_action_required", "invoice.payment_failed"} <= set(reported(billing_world))
    error = billing_world.refused(lambda: billing_world.client.v1.invoices.pay(subscription.latest_invoice))
    assert (error.http_status, error.code) == (402, "invoice_payment_intent_requires_action")
    intent = invoices(billing_world, subscription)[0].payments.data[0].payment.payment_intent
    billing_world.control(f"payment_intents/{intent}/authenticate", outcome="succeeded")
    assert invoices(billing_world, subscription)[0].status == "paid"
    assert now_of(billing_world, subscription).status == "active"


def test_a_card_that_was_authenticated_once_renews_without(billing_world: World) -> None:
    session = checkout(billing_world)
    asked = billing_world.control(f"sessions/{session.id}/pay", card="4000002500003155")
    billing_world.control(f"payment_intents/{asked['payment_intent']}/authenticate", outcome="succeeded")
    [subscription] = billing_world.client.v1.subscriptions.list().data
    assert renew(billing_world, subscription).status == "active"
    assert invoices(billing_world, subscription)[0].status == "paid"


def test_a_bank_that_wants_its_customer_only_for_renewals_declines_them(billing_world: World) -> None:
    subscription = renew(billing_world, subscribed(billing_world, "4000000000010084"))
    error = billing_world.refused(lambda: billing_world.client.v1.invoices.pay(subscription.latest_invoice))
    assert error.code == "authentication_required"
    with_the_customer = {"off_session": False}
    paid = billing_world.client.v1.invoices.pay(subscription.latest_invoice, params=with_the_customer)
    assert paid.status == "paid"


def test_paying_the_latest_invoice_makes_active_again_and_leaves_the_older_open(billing_world: World) -> None:
    subscription = renew(billing_world, renew(billing_world, subscribed(billing_world, "4000000000010050")))
    newest, older, _first = invoices(billing_world, subscription)
    billing_world.control(f"subscriptions/{subscription.id}/card")
    billing_world.client.v1.invoices.pay(older.id)
    assert now_of(billing_world, subscription).status == "past_due"
    billing_world.client.v1.invoices.void_invoice(newest.id)
    assert now_of(billing_world, subscription).status == "active"
    assert [each.status for each in invoices(billing_world, subscription)] == ["void", "paid", "paid"]


@pytest.mark.parametrize("outcome", ["unpaid", "canceled"])
def test_the_account_may_give_up_a_subscription_whose_renewal_failed(billing_world: World, outcome: str) -> None:
    subscription = subscribed(billing_world, "4000000000010050")
    billing_world.control("billing", after_failure=outcome)
    failed = renew(billing_world, subscription)
    assert failed.status == outcome
    if outcome == "canceled":
        assert failed.cancellation_details.reason == "payment_failed"
        return
    assert renew(billing_world, failed).status == "unpaid"
    assert [each.status for each in invoices(billing_world, subscription)] == ["draft", "open", "paid"]


def test_a_payment_that_is_processed_for_days_counts_until_the_bank_says_no(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    billing_world.control(f"subscriptions/{subscription.id}/card", card="4000000000000085")
    subscription = renew(billing_world, subscription)
    invoice = invoices(billing_world, subscription)[0]
    assert (subscription.status, invoice.status) == ("active", "open")
    assert billing_world.refused(lambda: billing_world.client.v1.invoices.pay(invoice.id)).http_status == 400
    intent = invoice.payments.data[0].payment.payment_intent
    billing_world.control(f"payment_intents/{intent}/settle_async", outcome="failed")
    assert now_of(billing_world, subscription).status == "past_due"
