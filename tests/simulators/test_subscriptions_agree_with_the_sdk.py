"""Objects of recurring billing, in many states, have the fields and the words that the official SDK knows."""

from __future__ import annotations

from typing import Any

import stripe

from tests.simulators.sdk_shapes import fields_of, unknown_fields, unknown_words
from tests.simulators.subscribers import DAY, invoices, now_of, pass_time, period, renew, subscribed
from tests.simulators.world import World

OPTIONAL: dict[type, set[str]] = {
    stripe.checkout.Session: {"line_items", "presentment_details"},
    stripe.Price: {"currency_options", "tiers"},
    stripe.Plan: {"tiers"},
    stripe.Product: {"tax_details"},
    stripe.Invoice: {"confirmation_secret", "payments", "threshold_reason"},
    stripe.InvoiceItem: {"frozen_fields", "invoicing_rules"},
    stripe.Subscription: {"presentment_details"},
    stripe.InvoicePayment: set(),
    stripe.InvoiceLineItem: set(),
    stripe.SetupIntent: {"attach_to_self"},
    stripe.Event: {"account", "context", "reason"},
}
"""What Stripe leaves out of an answer that does not ask for it, or that it does not apply to."""


def everything(world: World) -> list[Any]:
    """Objects of every kind, as they are after renewals, a failure, a proration, a pause, a trial and an end."""
    client = world.client.v1
    one = renew(world, subscribed(world))
    item = one.items.data[0]
    wanted = {"items": [{"id": item.id, "quantity": 3}], "cancel_at_period_end": True}
    client.subscriptions.update(one.id, params={**wanted, "pause_collection": {"behavior": "void"}})
    failed = renew(world, subscribed(world, "4000000000010076"))
    client.invoices.mark_uncollectible(failed.latest_invoice)
    trial = subscribed(world, subscription_data={"trial_period_days": 9})
    pass_time(world, world.clock() + 60 * DAY)
    setup = client.setup_intents.list().data
    change = {"items": [{"id": trial.items.data[0].id, "quantity": 2}], "proration_behavior": "always_invoice"}
    preview = client.invoices.create_preview(params={"subscription": trial.id, "subscription_details": change})
    found = [each for subscription in (one, failed, trial) for each in invoices(world, subscription)]
    return [
        *(now_of(world, each) for each in (one, failed, trial)),
        *found,
        preview,
        *(payment for invoice in found for payment in invoice.payments.data),
        *(line for invoice in found for line in invoice.lines.data),
        *setup,
        *client.invoice_items.list().data,
        *client.prices.list().data,
        *client.products.list().data,
        *client.checkout.sessions.list().data,
        *client.payment_methods.list(params={"customer": one.customer}).data,
        *client.events.list(params={"limit": 100}).data,
    ]


def test_every_field_and_every_word_exists_at_stripe_and_no_field_is_missing(billing_world: World) -> None:
    for answer in everything(billing_world):
        kind: Any = type(answer)
        assert unknown_fields(answer, str(answer.object)) == []
        assert unknown_words(answer, str(answer.object)) == []
        if kind is not stripe.PaymentMethod:
            assert fields_of(kind) - set(answer.to_dict()) - OPTIONAL.get(kind, set()) == set(), kind


def test_what_only_an_expansion_shows_is_left_out_of_events(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    told = billing_world.client.v1.events.list(params={"type": "invoice.paid"}).data[0].data.object
    assert {"payments", "confirmation_secret"} & set(told.to_dict()) == set()
    path = {"expand": ["payments.data.payment.payment_intent", "parent.subscription_details.subscription"]}
    invoice = billing_world.client.v1.invoices.retrieve(told.id, params=path)
    assert invoice.payments.data[0].payment.payment_intent.status == "succeeded"
    assert period(invoice.parent.subscription_details.subscription) == period(subscription)


def test_a_failed_payments_intent_and_the_error_have_the_words_of_stripe(billing_world: World) -> None:
    subscription = renew(billing_world, subscribed(billing_world, "4000000000010076"))
    [payment] = invoices(billing_world, subscription)[0].payments.data
    intent = billing_world.client.v1.payment_intents.retrieve(payment.payment.payment_intent)
    charge = billing_world.client.v1.charges.retrieve(intent.latest_charge)
    for answer in (intent, charge):
        assert unknown_fields(answer, str(answer.object)) == []
        assert unknown_words(answer, str(answer.object)) == []
