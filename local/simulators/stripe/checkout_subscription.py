"""What a paid session of the mode `subscription` leaves behind: a customer, their card, a subscription, an invoice.

Nothing of that exists before the first payment, or the card of a trial, is there (as since the version of 2025-03-31).
"""

from local.simulators.stripe import invoice_course
from local.simulators.stripe.customers import new_customer
from local.simulators.stripe.errors import Body
from local.simulators.stripe.payment_methods import attach
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_course import begin
from local.simulators.stripe.subscription_shapes import Terms
from local.simulators.stripe.work import Work

_DAY = 86_400


def trial_end_of(work: Work, data: Body) -> int | None:
    """When the trial ends of a subscription that starts now."""
    if data.get("trial_period_days"):
        return work.second + int(data["trial_period_days"]) * _DAY
    return data.get("trial_end")


def customer_of(work: Work, session: Record) -> str:
    """The customer of a session, made when it is paid, of what the payer told."""
    if session.body["customer"] is None:
        payer = session.private.get("payer", {})
        details = {name: payer.get(name) for name in ("email", "name")}
        session.body["customer"] = new_customer(work, {**details, "currency": session.body["currency"]}).id
        work.save(session)
    return str(session.body["customer"])


def keep_card(work: Work, session: Record, intent: Record, method: Record) -> None:
    """The card is good: it becomes the customer's, who pays with it from now on."""
    intent.body["customer"] = customer_of(work, session)
    attach(work, method, intent.body["customer"])


def complete(work: Work, session: Record, intent: Record | None, method: str | None) -> None:
    """Start the subscription of a session. `intent` paid the first invoice; a trial's needs none."""
    data = session.private["subscription_data"]
    ends = data.get("trial_settings", {}).get("end_behavior", {}).get("missing_payment_method", "create_invoice")
    item = session.private["line_items"][0]
    trial_end = trial_end_of(work, data)
    terms = Terms(
        customer=customer_of(work, session),
        price=item["price"],
        quantity=item["quantity"],
        method=method,
        metadata=data.get("metadata", {}),
        trial_end=trial_end,
        missing_method=ends,
        item_metadata=item["metadata"],
        extra={"description": data.get("description")},
    )
    subscription, invoice = begin(work, terms, "trialing" if trial_end else "active")
    session.body.update(subscription=subscription.id, invoice=invoice.id)
    invoice_course.finalize(work, invoice, intent)
    if intent:
        invoice_course.follow_intent(work, work.get("payment_intent", intent.id))
