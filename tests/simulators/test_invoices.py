"""Invoices by themselves: paying, voiding, items, and what the faults on request do to those calls."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import stripe

from tests.simulators.subscribers import (
    a_customer,
    invoices,
    latest,
    now_of,
    pass_time,
    period,
    renew,
    reported,
    subscribed,
)
from tests.simulators.world import World


@pytest.fixture
def unpaid(billing_world: World) -> Any:
    """The open invoice of a renewal whose card has no funds."""
    subscription = renew(billing_world, subscribed(billing_world, "4000000000010050"))
    return invoices(billing_world, subscription)[0]


def other_card(world: World, customer: str) -> Any:
    return world.client.v1.payment_methods.attach("pm_card_mastercard", params={"customer": customer})


def test_an_invoice_is_paid_once_with_another_card(billing_world: World, unpaid: Any) -> None:
    pay = billing_world.client.v1.invoices.pay
    card = other_card(billing_world, unpaid.customer)
    paid = pay(unpaid.id, params={"payment_method": card.id, "off_session": True})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1000, 0)
    error = billing_world.refused(lambda: pay(unpaid.id))
    assert isinstance(error, stripe.InvalidRequestError)
    assert (error.http_status, error.user_message) == (400, "Invoice is already paid")
    assert billing_world.state()["captured"] == {
        each.payments.data[0].payment.payment_intent: 1000
        for each in invoices(billing_world, now_of(billing_world, _of(unpaid)))
    }


def _of(invoice: Any) -> Any:
    return type("Named", (), {"id": invoice.parent.subscription_details.subscription})


def test_only_a_card_of_the_customer_pays(billing_world: World, unpaid: Any) -> None:
    foreign = other_card(billing_world, a_customer(billing_world).id)
    for name in (foreign.id, "pm_unknown"):
        error = billing_world.refused(
            partial(billing_world.client.v1.invoices.pay, unpaid.id, params={"payment_method": name})
        )
        assert (error.http_status, error.code) == (400, "resource_missing")


def test_a_void_invoice_is_over_with_its_payment(billing_world: World, unpaid: Any) -> None:
    client = billing_world.client.v1
    void = client.invoices.void_invoice(unpaid.id)
    assert (void.status, latest(billing_world, "invoice.voided").data.object.id) == ("void", unpaid.id)
    [payment] = client.invoice_payments.list(params={"invoice": unpaid.id}).data
    assert payment.status == "canceled"
    assert client.payment_intents.retrieve(payment.payment.payment_intent).status == "canceled"
    for call in (client.invoices.pay, client.invoices.void_invoice, client.invoices.finalize_invoice):
        assert billing_world.refused(partial(call, unpaid.id)).http_status == 400


def test_the_intent_of_an_invoice_is_confirmed_but_not_canceled_by_itself(billing_world: World, unpaid: Any) -> None:
    intents, intent = billing_world.client.v1.payment_intents, unpaid.payments.data[0].payment.payment_intent
    assert billing_world.refused(lambda: intents.cancel(intent)).http_status == 400
    error = billing_world.refused(lambda: intents.confirm(intent, params={"payment_method": "pm_card_chargeDeclined"}))
    assert error.code == "card_declined"
    assert reported(billing_world).count("invoice.payment_failed") == 2
    intents.confirm(intent, params={"payment_method": other_card(billing_world, unpaid.customer).id})
    assert billing_world.client.v1.invoices.retrieve(unpaid.id).status == "paid"


def test_a_write_off_can_still_be_paid(billing_world: World, unpaid: Any) -> None:
    client = billing_world.client.v1
    assert client.invoices.mark_uncollectible(unpaid.id).status == "uncollectible"
    assert client.subscriptions.retrieve(_of(unpaid).id).status == "active"
    card = other_card(billing_world, unpaid.customer)
    assert client.invoices.pay(unpaid.id, params={"payment_method": card.id}).status == "paid"


def test_items_wait_for_an_invoice_made_by_hand(billing_world: World) -> None:
    customer, client = a_customer(billing_world), billing_world.client.v1
    for amount in (700, 300):
        client.invoice_items.create(params={"customer": customer.id, "currency": "usd", "amount": amount})
    dropped = client.invoice_items.create(params={"customer": customer.id, "currency": "usd", "amount": 1})
    client.invoice_items.delete(dropped.id)
    draft = client.invoices.create(params={"customer": customer.id, "pending_invoice_items_behavior": "include"})
    assert (draft.status, draft.billing_reason, draft.total, draft.auto_advance) == ("draft", "manual", 1000, False)
    assert len(client.invoices.line_items.list(draft.id, params={"limit": 1}).data) == 1
    final = client.invoices.finalize_invoice(draft.id)
    assert (final.status, final.amount_due, final.attempted) == ("open", 1000, False)
    assert client.invoices.pay(final.id).status == "paid"
    empty = client.invoices.create(params={"customer": customer.id})
    client.invoices.delete(empty.id)
    assert billing_world.refused(lambda: client.invoices.retrieve(empty.id)).http_status == 404


def test_a_draft_of_a_renewal_can_be_paid_before_its_hour_is_over(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    pass_time(billing_world, period(subscription)[1] + 1)
    draft = invoices(billing_world, subscription)[0]
    assert billing_world.client.v1.invoices.pay(draft.id).status == "paid"
    pass_time(billing_world, billing_world.clock() + 7200)
    assert billing_world.state()["counts"]["charges"] == 2


def test_less_than_can_be_charged_is_left_to_the_next_invoice(billing_world: World) -> None:
    customer, client = a_customer(billing_world), billing_world.client.v1
    client.invoice_items.create(params={"customer": customer.id, "currency": "usd", "amount": 30})
    draft = client.invoices.create(params={"customer": customer.id, "pending_invoice_items_behavior": "include"})
    final = client.invoices.finalize_invoice(draft.id)
    assert (final.status, final.total, final.amount_due, final.ending_balance) == ("paid", 30, 0, 30)
    assert client.customers.retrieve(customer.id).balance == 30


def test_a_lost_answer_hides_a_payment_that_the_key_finds(billing_world: World, unpaid: Any) -> None:
    card = other_card(billing_world, unpaid.customer)
    pay = partial(
        billing_world.client.v1.invoices.pay, unpaid.id,
        params={"payment_method": card.id}, options={"idempotency_key": "pay-1"},
    )  # fmt: skip
    billing_world.control("api/faults", kind="drop", path=f"/v1/invoices/{unpaid.id}/pay")
    assert isinstance(billing_world.refused(pay), stripe.APIConnectionError)
    assert billing_world.client.v1.invoices.retrieve(unpaid.id).status == "paid"
    assert pay().status == "paid"
    assert sum(billing_world.state()["captured"].values()) == 2000


def test_a_decline_is_kept_for_its_key_and_charges_nothing_twice(billing_world: World, unpaid: Any) -> None:
    pay = partial(billing_world.client.v1.invoices.pay, unpaid.id, options={"idempotency_key": "pay-1"})
    first, charges = billing_world.refused(pay), billing_world.state()["counts"]["charges"]
    again = billing_world.refused(pay)
    assert (first.code, again.code) == ("card_declined", "card_declined")
    assert billing_world.state()["counts"]["charges"] == charges


@pytest.mark.parametrize("kind", ["429", "500"])
def test_the_calls_of_subscriptions_break_on_request(billing_world: World, unpaid: Any, kind: str) -> None:
    client, subscription = billing_world.client.v1, unpaid.parent.subscription_details.subscription
    calls: dict[str, Any] = {
        "/v1/subscriptions": partial(client.subscriptions.list),
        f"/v1/subscriptions/{subscription}": partial(client.subscriptions.cancel, subscription),
        f"/v1/invoices/{unpaid.id}": partial(client.invoices.void_invoice, unpaid.id),
        "/v1/invoices/create_preview": partial(client.invoices.create_preview, params={"subscription": subscription}),
        "/v1/setup_intents": partial(client.setup_intents.list),
        "/v1/prices": partial(client.prices.list),
    }
    for path, call in calls.items():
        billing_world.control("api/faults", kind=kind, path=path)
        assert billing_world.refused(call).http_status == int(kind)
    assert client.subscriptions.retrieve(subscription).status == "past_due"
    assert client.invoices.retrieve(unpaid.id).status == "open"


def test_an_error_may_hide_a_cancellation_that_was_done(billing_world: World, unpaid: Any) -> None:
    client, subscription = billing_world.client.v1, unpaid.parent.subscription_details.subscription
    billing_world.control("api/faults", kind="500", work="first", method="DELETE")
    assert billing_world.refused(lambda: client.subscriptions.cancel(subscription)).http_status == 500
    assert client.subscriptions.retrieve(subscription).status == "canceled"
    assert client.invoices.retrieve(unpaid.id).auto_advance is False
