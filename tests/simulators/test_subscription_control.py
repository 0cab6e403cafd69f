"""What can be ordered behind a subscription's back."""

from __future__ import annotations

import httpx

from tests.simulators.subscribers import invoices, latest, now_of, renew, subscribed
from tests.simulators.world import World


def test_a_customers_subscriptions_and_invoices_are_told_at_once(billing_world: World) -> None:
    subscription = renew(billing_world, subscribed(billing_world))
    told = billing_world.control(f"customers/{subscription.customer}/billing", "GET")
    [one] = told["subscriptions"]
    assert (one["id"], [each["status"] for each in one["invoices"]]) == (subscription.id, ["paid", "paid"])
    assert all(each["payment_intent"].startswith("pi_") for each in one["invoices"])
    state = billing_world.state()
    assert (state["subscriptions"][0]["status"], len(state["invoices"])) == ("active", 2)


def test_the_next_renewal_fails_for_the_reason_that_was_ordered(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    billing_world.control(f"subscriptions/{subscription.id}/decline", code="lost_card")
    subscription = renew(billing_world, subscription)
    intent = invoices(billing_world, subscription)[0].payments.data[0].payment.payment_intent
    error = billing_world.client.v1.payment_intents.retrieve(intent).last_payment_error
    assert (error.decline_code, error.advice_code) == ("lost_card", "do_not_try_again")
    assert billing_world.client.v1.invoices.pay(subscription.latest_invoice).status == "paid"


def test_a_card_is_swapped_and_a_subscription_ended_as_at_the_dashboard(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    swapped = billing_world.control(f"subscriptions/{subscription.id}/card", card="5555555555554444")
    assert swapped["default_payment_method"] != subscription.default_payment_method
    assert latest(billing_world, "payment_method.attached").data.object.card.brand == "mastercard"
    assert billing_world.control(f"subscriptions/{subscription.id}/cancel", at_period_end=True)["cancel_at"]
    billing_world.control(f"subscriptions/{subscription.id}/cancel")
    assert now_of(billing_world, subscription).status == "canceled"


def test_orders_that_make_no_sense_are_refused(billing_world: World) -> None:
    subscription = subscribed(billing_world)
    for path, fields in (
        ("card", {"card": "4242424242424241"}), ("decline", {"code": "no_such_code"}), ("decline", {"times": 0}),
    ):  # fmt: skip
        url = f"{billing_world.base}/control/subscriptions/{subscription.id}/{path}"
        assert httpx.post(url, json=fields, trust_env=False).status_code == 422, path
