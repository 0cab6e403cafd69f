"""`POST /v1/invoices/create_preview`: what a change or the next renewal would cost. Nothing comes of it."""

import copy

from local.simulators.stripe import invoice_course, invoice_items
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_course import upcoming
from local.simulators.stripe.subscription_schedule import ENDED
from local.simulators.stripe.subscription_update import Consequence, apply_change
from local.simulators.stripe.work import Work


def create(work: Work, _ids: Body, params: Body) -> Body:
    """What is invoiced at once, if the change does that; otherwise the next renewal with what the change adds."""
    stored = work.get("subscription", params["subscription"], param="subscription")
    if stored.body["status"] in ENDED:
        raise _none(stored)
    subscription = copy.deepcopy(stored)
    details = params.get("subscription_details", {})
    consequence = apply_change(work, subscription, details)
    body = _immediate(work, subscription, consequence) if consequence.at_once else None
    body = body or _renewal(work, subscription, details, consequence)
    if "proration_date" in details or consequence.lines:
        moment = details.get("proration_date", work.second)
        body["parent"]["subscription_details"]["subscription_proration_date"] = moment
    return body


def _none(subscription: Record) -> Exception:
    return invalid(f"The subscription {subscription.id} has no upcoming invoice.", code="invoice_upcoming_none")


def _immediate(work: Work, subscription: Record, consequence: Consequence) -> Body | None:
    if not consequence.lines:
        return None
    waiting = invoice_items.pending(work, subscription.body["customer"], subscription.id)
    lines = [*map(invoice_items.line_of, waiting), *consequence.lines]
    return invoice_course.preview(work, subscription, "upcoming", lines, work.second, work.second)


def _renewal(work: Work, subscription: Record, details: Body, consequence: Consequence) -> Body:
    if details.get("cancel_at_period_end", subscription.body["cancel_at_period_end"]) and not consequence.lines:
        raise _none(subscription)
    return upcoming(work, subscription, consequence.lines)
