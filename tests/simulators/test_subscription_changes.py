"""Other prices in mid-period: what is given back, what is charged, and what a preview says of it beforehand."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import stripe

from tests.simulators.sdk_shapes import unknown_fields, unknown_words
from tests.simulators.subscribers import (
    DAY,
    a_customer,
    a_price,
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
def half_way(billing_world: World) -> Any:
    """A subscription of 30.00 a month, half of which has passed."""
    subscription = subscribed(billing_world, amount=3000)
    start, end = period(subscription)
    pass_time(billing_world, (start + end) // 2)
    return subscription


def moved_to(world: World, subscription: Any, amount: int, interval: str = "month", **changes: Any) -> Any:
    """The subscription, on another price of its product."""
    item = subscription.items.data[0]
    data = {
        "currency": "usd", "unit_amount": amount, "product": item.price.product, "recurring": {"interval": interval},
    }  # fmt: skip
    start, end = period(subscription)
    wanted = {"items": [{"id": item.id, "price_data": data}], "proration_date": (start + end) // 2, **changes}
    return world.client.v1.subscriptions.update(subscription.id, params=wanted)


def lines(invoice: Any) -> list[tuple[int, bool]]:
    return [(line.amount, line.parent.subscription_item_details.proration) for line in invoice.lines.data]


def test_an_upgrade_that_is_invoiced_at_once_charges_the_difference(billing_world: World, half_way: Any) -> None:
    changed = moved_to(billing_world, half_way, 5000, proration_behavior="always_invoice")
    assert (changed.status, changed.items.data[0].price.unit_amount) == ("active", 5000)
    assert period(changed) == period(half_way)
    invoice, first = invoices(billing_world, half_way)
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == ("subscription_update", "paid", 1000)
    assert sorted(lines(invoice)) == [(-1500, True), (2500, True)]
    credit = min(invoice.lines.data, key=lambda line: line.amount)
    credited = credit.parent.subscription_item_details.proration_details.credited_items
    assert (credited.invoice, credited.invoice_line_items) == (first.id, [first.lines.data[0].id])
    told = latest(billing_world, "customer.subscription.updated").data.previous_attributes
    assert set(told.to_dict()) == {"items", "latest_invoice"}
    assert lines(invoices(billing_world, renew(billing_world, changed))[0]) == [(5000, False)]


def test_prorations_wait_for_the_next_invoice_unless_told_otherwise(billing_world: World, half_way: Any) -> None:
    moved_to(billing_world, half_way, 5000)
    assert len(invoices(billing_world, half_way)) == 1
    waiting = billing_world.client.v1.invoice_items.list(params={"customer": half_way.customer, "pending": True}).data
    assert sorted(item.amount for item in waiting) == [-1500, 2500]
    invoice = invoices(billing_world, renew(billing_world, half_way))[0]
    assert (sorted(lines(invoice)), invoice.amount_paid) == ([(-1500, True), (2500, True), (5000, False)], 6000)
    assert billing_world.client.v1.invoice_items.list(params={"pending": True}).data == []


def test_without_prorations_the_next_period_costs_the_new_price(billing_world: World, half_way: Any) -> None:
    moved_to(billing_world, half_way, 5000, proration_behavior="none")
    assert len(invoices(billing_world, half_way)) == 1
    assert lines(invoices(billing_world, renew(billing_world, half_way))[0]) == [(5000, False)]


def test_a_downgrade_gives_back_to_the_balance_which_pays_the_next_invoice(billing_world: World, half_way: Any) -> None:
    moved_to(billing_world, half_way, 1000, proration_behavior="always_invoice")
    invoice = invoices(billing_world, half_way)[0]
    assert (invoice.status, invoice.total, invoice.amount_due, invoice.payments.data) == ("paid", -1000, 0, [])
    assert billing_world.client.v1.customers.retrieve(half_way.customer).balance == -1000
    covered = invoices(billing_world, renew(billing_world, half_way))[0]
    assert (covered.total, covered.starting_balance, covered.amount_due, covered.status) == (1000, -1000, 0, "paid")


def test_what_was_really_charged_is_given_back_after_two_changes(billing_world: World, half_way: Any) -> None:
    changed = moved_to(billing_world, half_way, 5000, proration_behavior="always_invoice")
    start, end = period(changed)
    three_quarters = start + 3 * (end - start) // 4
    pass_time(billing_world, three_quarters)
    moved_to(billing_world, changed, 1000, proration_behavior="always_invoice", proration_date=three_quarters)
    assert sorted(lines(invoices(billing_world, changed)[0])) == [(-1250, True), (250, True)]


@pytest.mark.parametrize(("behavior", "total"), [("create_prorations", 34_500), ("none", 36_000)])
def test_another_interval_begins_a_new_period_that_is_charged_at_once(
    billing_world: World, half_way: Any, behavior: str, total: int
) -> None:
    changed = moved_to(billing_world, half_way, 36_000, "year", proration_behavior=behavior)
    start, end = period(changed)
    assert changed.billing_cycle_anchor == start
    assert end - start in (365 * DAY, 366 * DAY)
    assert start - period(half_way)[0] >= 13 * DAY
    invoice = invoices(billing_world, half_way)[0]
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == ("subscription_update", "paid", total)


def test_a_preview_says_what_the_change_then_costs_and_changes_nothing(billing_world: World, half_way: Any) -> None:
    item, dearer = half_way.items.data[0], a_price(billing_world, 5000)
    change = {
        "items": [{"id": item.id, "price": dearer.id}], "proration_behavior": "always_invoice",
        "proration_date": int(billing_world.clock()) - 60,
    }  # fmt: skip
    client = billing_world.client.v1
    told = client.invoices.create_preview(params={"subscription": half_way.id, "subscription_details": change})
    assert told.id.startswith("upcoming_in_")
    assert now_of(billing_world, half_way).items.data[0].price.id == item.price.id
    assert len(invoices(billing_world, half_way)) == 1
    client.subscriptions.update(half_way.id, params=change)
    invoice = invoices(billing_world, half_way)[0]
    assert (told.total, told.amount_due, told.currency) == (invoice.total, invoice.amount_due, "usd")
    assert sorted(lines(told)) == sorted(lines(invoice))


def test_a_preview_without_a_change_is_the_next_renewal(billing_world: World, half_way: Any) -> None:
    preview: Any = partial(billing_world.client.v1.invoices.create_preview, params={"subscription": half_way.id})
    told = preview()
    assert (told.amount_due, told.lines.data[0].period.start) == (3000, period(half_way)[1])
    billing_world.client.v1.subscriptions.update(half_way.id, params={"cancel_at_period_end": True})
    assert billing_world.refused(preview).code == "invoice_upcoming_none"


def test_a_change_that_cannot_be_paid_stands_or_is_undone_as_asked(billing_world: World, half_way: Any) -> None:
    billing_world.control(f"subscriptions/{half_way.id}/card", card="4000000000000341")
    change = partial(moved_to, billing_world, half_way, 5000, proration_behavior="always_invoice")
    error = billing_world.refused(lambda: change(payment_behavior="error_if_incomplete"))
    assert isinstance(error, stripe.CardError)
    unchanged = now_of(billing_world, half_way)
    assert (unchanged.status, unchanged.items.data[0].price.unit_amount) == ("active", 3000)
    assert len(invoices(billing_world, half_way)) == 1
    changed = change()
    assert (changed.status, changed.items.data[0].price.unit_amount) == ("past_due", 5000)
    assert invoices(billing_world, half_way)[0].status == "open"


def test_a_change_may_wait_for_the_customer_to_pay(billing_world: World, half_way: Any) -> None:
    changed = moved_to(
        billing_world, half_way, 5000, proration_behavior="always_invoice", payment_behavior="default_incomplete"
    )
    path = ["latest_invoice.confirmation_secret", "latest_invoice.payments"]
    waiting = billing_world.client.v1.subscriptions.retrieve(changed.id, params={"expand": path}).latest_invoice
    intent = waiting.payments.data[0].payment.payment_intent
    assert (waiting.status, waiting.attempted, changed.status) == ("open", False, "past_due")
    assert waiting.confirmation_secret.client_secret.startswith(intent)
    billing_world.client.v1.payment_intents.confirm(intent, params={"payment_method": changed.default_payment_method})
    assert now_of(billing_world, half_way).status == "active"


def test_a_change_may_wait_for_its_payment_and_is_made_with_it(billing_world: World, half_way: Any) -> None:
    change = partial(moved_to, billing_world, half_way, 5000, proration_behavior="always_invoice",
                     payment_behavior="pending_if_incomplete")  # fmt: skip
    billing_world.control(f"subscriptions/{half_way.id}/decline", times=1)
    waiting = change()
    assert (waiting.status, waiting.items.data[0].price.unit_amount) == ("active", 3000)
    assert waiting.pending_update.subscription_items[0].price.unit_amount == 5000
    assert unknown_fields(waiting, "subscription") + unknown_words(waiting, "subscription") == []
    billing_world.client.v1.invoices.pay(waiting.latest_invoice)
    changed = now_of(billing_world, half_way)
    assert (changed.items.data[0].price.unit_amount, changed.pending_update) == (5000, None)
    assert latest(billing_world, "customer.subscription.pending_update_applied").data.object.id == half_way.id


def test_a_change_that_is_paid_at_once_never_waits(billing_world: World, half_way: Any) -> None:
    changed = moved_to(billing_world, half_way, 5000, proration_behavior="always_invoice",
                       payment_behavior="pending_if_incomplete")  # fmt: skip
    assert (changed.items.data[0].price.unit_amount, changed.pending_update) == (5000, None)
    assert [event for event in reported(billing_world) if "pending_update" in event] == []
    assert lines(invoices(billing_world, renew(billing_world, changed))[0]) == [(5000, False)]


def test_a_change_that_nobody_pays_is_forgotten_after_23_hours(billing_world: World, half_way: Any) -> None:
    billing_world.control(f"subscriptions/{half_way.id}/decline", times=1)
    waiting = moved_to(billing_world, half_way, 5000, proration_behavior="always_invoice",
                       payment_behavior="pending_if_incomplete")  # fmt: skip
    pass_time(billing_world, waiting.pending_update.expires_at + 1)
    left = now_of(billing_world, half_way)
    assert (left.status, left.items.data[0].price.unit_amount, left.pending_update) == ("active", 3000, None)
    assert invoices(billing_world, half_way)[0].status == "void"
    assert "customer.subscription.pending_update_expired" in reported(billing_world)
    assert billing_world.client.v1.invoice_items.list(params={"pending": True}).data == []
    assert lines(invoices(billing_world, renew(billing_world, left))[0]) == [(3000, False)]


def test_the_price_of_a_trial_changes_without_a_charge(billing_world: World) -> None:
    subscription = subscribed(billing_world, subscription_data={"trial_period_days": 10})
    changed = moved_to(billing_world, subscription, 5000, proration_behavior="always_invoice")
    assert (changed.status, changed.items.data[0].price.unit_amount) == ("trialing", 5000)
    assert len(invoices(billing_world, subscription)) == 1


def test_a_subscription_is_made_by_a_call_and_charged_at_once(billing_world: World) -> None:
    customer, price = a_customer(billing_world), a_price(billing_world)
    wanted = {"customer": customer.id, "items": [{"price": price.id, "quantity": 2}], "metadata": {"a": "b"}}
    made = billing_world.client.v1.subscriptions.create(params={**wanted, "expand": ["latest_invoice"]})
    assert (made.status, made.latest_invoice.amount_paid, made.metadata.to_dict()) == ("active", 2000, {"a": "b"})
    assert latest(billing_world, "customer.subscription.created").data.object.status == "incomplete"
    assert reported(billing_world)[-1] == "customer.subscription.updated"
    found = billing_world.client.v1.subscriptions.list
    since = {"customer": customer.id, "status": "active", "created": {"gte": made.created}}
    assert [each.id for each in found(params=since).data] == [made.id]
    assert found(params={"created": {"gt": made.created}}).data == []


def test_a_first_payment_is_left_to_the_customer_and_their_card_is_kept(billing_world: World) -> None:
    customer, price = a_customer(billing_world, None), a_price(billing_world)
    wanted = {"customer": customer.id, "items": [{"price": price.id}], "payment_behavior": "default_incomplete"}
    keep = {"save_default_payment_method": "on_subscription"}
    client = billing_world.client.v1
    at_once = {**wanted, "payment_behavior": "allow_incomplete"}
    error = billing_world.refused(lambda: client.subscriptions.create(params=at_once))
    assert error.code == "resource_missing"
    made = client.subscriptions.create(params={**wanted, "payment_settings": keep})
    assert made.status == "incomplete"
    change = partial(client.subscriptions.update, made.id, params={"trial_end": "now"})
    assert billing_world.refused(change).http_status == 400
    intent = invoices(billing_world, made)[0].payments.data[0].payment.payment_intent
    paid = client.payment_intents.confirm(intent, params={"payment_method": "pm_card_visa"})
    active = now_of(billing_world, made)
    assert (active.status, active.default_payment_method) == ("active", paid.payment_method)
    assert invoices(billing_world, renew(billing_world, made))[0].status == "paid"


def test_products_and_prices_are_kept_and_found(billing_world: World) -> None:
    client = billing_world.client.v1
    product = client.products.create(params={"name": "Gold", "metadata": {"plan": "gold"}})
    data = {"currency": "eur", "unit_amount": 900, "product": product.id, "lookup_key": "gold-yearly"}
    price = client.prices.create(params={**data, "recurring": {"interval": "year"}})
    assert client.prices.retrieve(price.id, params={"expand": ["product"]}).product.name == "Gold"
    assert [each.id for each in client.prices.list(params={"lookup_keys": ["gold-yearly"]}).data] == [price.id]
    assert client.products.update(product.id, params={"name": "Platinum"}).name == "Platinum"
    assert client.prices.update(price.id, params={"active": False}).active is False
    assert client.prices.list(params={"product": product.id, "active": True}).data == []
    error = billing_world.refused(
        lambda: client.prices.create(params={**data, "recurring": {"interval": "year", "interval_count": 4}})
    )
    assert error.http_status == 400
