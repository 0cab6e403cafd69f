"""Controls for subscriptions: what a customer, their bank or the dashboard does, and what the account is set to."""

from local.simulators.stripe import subscription_update, subscriptions
from local.simulators.stripe.cards import TestCard, card_of_number
from local.simulators.stripe.control_actions import named
from local.simulators.stripe.control_input import BadControl
from local.simulators.stripe.errors import Body
from local.simulators.stripe.payment_methods import attach, new_method
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_status import invoices_of
from local.simulators.stripe.subscription_status import set_after_failure as choose
from local.simulators.stripe.work import Work


def of_customer(work: Work, identifier: str, _fields: Body) -> Body:
    """A customer's subscriptions, each with its invoices and their payment intents, newest first."""
    customer = named(work, "customer", identifier)
    found = work.tx.select("subscription", {"json_extract(body, '$.customer') = ?": customer.id})
    return {"customer": customer.body, "subscriptions": [_with_invoices(work, each) for each in found]}


def _with_invoices(work: Work, subscription: Record) -> Body:
    invoices = [
        {**invoice.body, "payment_intent": invoice.private.get("intent")}
        for invoice in invoices_of(work, subscription.id)
    ]
    return {**subscription.body, "due": subscription.due, "invoices": invoices}


def swap_card(work: Work, identifier: str, fields: Body) -> Body:
    """Give a subscription another test card, as a customer does with whom it was arranged elsewhere."""
    subscription = named(work, "subscription", identifier)
    card = card_of_number(fields["card"])
    if not isinstance(card, TestCard):
        raise BadControl("card", "is no test card")
    method = new_method(work, card)
    attach(work, method, subscription.body["customer"])
    return subscription_update.update(work, {"id": identifier}, {"default_payment_method": method.id})


def decline(work: Work, identifier: str, fields: Body) -> Body:
    """Let the next charges of a subscription's card be declined for a reason; afterwards it works as before."""
    subscription = named(work, "subscription", identifier)
    if subscription.body["default_payment_method"] is None:
        raise BadControl("id", f"{identifier} has no card", 409)
    method = named(work, "payment_method", subscription.body["default_payment_method"])
    method.private["declines"] = {"code": fields["code"], "left": fields["times"]}
    work.save(method)
    return {"payment_method": method.id, "declines": method.private["declines"]}


def cancel(work: Work, identifier: str, fields: Body) -> Body:
    """End a subscription as at Stripe's dashboard: now, or with its period."""
    if fields["at_period_end"]:
        return subscription_update.update(work, {"id": identifier}, {"cancel_at_period_end": True})
    return subscriptions.cancel(work, {"id": identifier}, {})


def set_after_failure(work: Work, _id: str, fields: Body) -> Body:
    """Choose what becomes of a subscription whose renewal fails: past_due (the default), unpaid or canceled."""
    choose(work, fields["after_failure"])
    return {"after_failure": fields["after_failure"]}
