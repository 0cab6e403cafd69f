"""What Stripe's simulator bills, and how a subscription comes to be there that is as old as a test wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.simulators.stripe import (
    checkout_payment,
    checkout_sessions,
    control_billing,
    customers,
    payment_intents,
    payment_methods,
)
from local.simulators.stripe.cards import TestCard, card_of_number
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work
from tollgate.adapters.providers.stripe.invoices import echo_of, subscription_of
from tollgate.adapters.providers.stripe.transformers import PAYMENT, SUBSCRIPTION, TENANT
from tollgate.kernel.ids import derived

_FIRST = "subscription_create"


@dataclass(frozen=True, slots=True)
class Invoice:
    """One that Stripe has made for a subscription of ours, and the payment of ours that it is, or becomes; minor units.
    `tries` is how often a bank was asked for it.
    """

    reference: str
    subscription: str
    payment: str
    status: str
    paid: int
    tries: int


@dataclass(frozen=True, slots=True)
class Contract:
    """A subscription of ours as Stripe has it."""

    reference: str
    subscription: str
    status: str
    ends: bool
    price: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is subscribed to, by whom, under which marks of ours. Minor units."""

    tenant: str
    payment: str
    subscription: str
    name: str
    amount: int
    interval: str


def subscribe(work: Work, plan: Plan, card: str, start: datetime, declines: Sequence[str]) -> Mapping[str, Any]:
    """A page that was paid at `start`, and with it the subscription; what is due since then comes with the next work.
    The bank declines so many charges after the first, for the first of these reasons.
    """
    then = work.at(start.timestamp())
    session = then.get("checkout.session", checkout_sessions.create(then, {}, _page(plan))["id"])
    instrument = card_of_number(card)
    assert isinstance(instrument, TestCard)
    assert checkout_payment.pay(then, session, instrument, {"email": None, "name": None}) is None
    made = then.get("subscription", then.get("checkout.session", session.id).body["subscription"])
    if declines:
        control_billing.decline(then, made.id, {"code": declines[0], "times": len(declines)})
    return then.get("subscription", made.id).body


def save(work: Work, method: str) -> str:
    """A new customer with such a method, as we name it."""
    customer = customers.new_customer(work, {})
    saved = payment_methods.attach_to(work, {"id": method}, {"customer": customer.id})
    return f"{customer.id}/{saved['id']}"


def charge(work: Work, plan: Plan, source: str, start: datetime) -> str:
    """What was charged at `start`, with its holder at hand; the intent."""
    customer, _, method = source.partition("/")
    wanted = {
        "amount": plan.amount,
        "currency": "usd",
        "customer": customer,
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "metadata": {TENANT: plan.tenant, PAYMENT: plan.payment},
    }
    return str(payment_intents.create(work.at(start.timestamp()), {}, wanted)["id"])


def intent_of_first(work: Work, subscription: Mapping[str, Any]) -> str:
    """What the first period was paid with."""
    return str(work.get("invoice", subscription["latest_invoice"]).private["intent"])


def invoice_of(work: Work, invoice: Record) -> Invoice:
    body, intent = invoice.body, invoice.private.get("intent")
    charges = work.tx.select("charge", {"json_extract(body, '$.payment_intent') = ?": intent}) if intent else []
    echo = echo_of(body)
    return Invoice(
        invoice.id, echo[SUBSCRIPTION], payment_of(body), body["status"], int(body["amount_paid"]), len(charges)
    )


def payment_of(invoice: Mapping[str, Any]) -> str:
    """The first is the payment whose page was paid; each other becomes one, whose id follows from it."""
    echo = echo_of(invoice)
    if invoice["billing_reason"] == _FIRST:
        return str(echo[PAYMENT])
    return derived("pay", echo[TENANT], echo[SUBSCRIPTION], invoice["id"])


def contract_of(subscription: Record) -> Contract:
    body = subscription.body
    price = body["items"]["data"][0]["price"]["unit_amount"]
    ours = body["metadata"][SUBSCRIPTION]
    return Contract(subscription.id, ours, body["status"], bool(body["cancel_at_period_end"]), int(price))


def bills_ours(invoice: Mapping[str, Any]) -> bool:
    return subscription_of(invoice) is not None and SUBSCRIPTION in echo_of(invoice)


def _page(plan: Plan) -> dict[str, Any]:
    marks = {TENANT: plan.tenant, PAYMENT: plan.payment, SUBSCRIPTION: plan.subscription}
    price = {
        "currency": "usd",
        "unit_amount": plan.amount,
        "product_data": {"name": plan.name},
        "recurring": {"interval": plan.interval},
    }
    return {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": marks,
        "subscription_data": {"metadata": marks},
        "client_reference_id": plan.payment,
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/plans",
    }
