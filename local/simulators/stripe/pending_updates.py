"""Changes that are made once they are paid for, with `payment_behavior=pending_if_incomplete`."""

import copy

from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_reports import report
from local.simulators.stripe.subscription_schedule import item_of
from local.simulators.stripe.work import Work

PENDING = "pending_if_incomplete"
_WAITS_SECONDS = 23 * 3600
_TAKEN = frozenset((
    "expand", "items", "off_session", "payment_behavior", "proration_behavior", "proration_date", "trial_end",
))  # fmt: skip
_CHANGED = ("billing_cycle_anchor", "items", "status", "trial_end", "trial_start")


def check(params: Body) -> None:
    """Refuse what cannot wait for a payment."""
    for name in params:
        if name not in _TAKEN:
            raise invalid(f"{name} cannot be given together with payment_behavior={PENDING}.", param=name)


def hold_back(work: Work, subscription: Record, before: Record, invoice: Record) -> None:
    """Keep a change that was made to the record only, and its invoice, until that is paid."""
    held = {"fields": {name: subscription.body[name] for name in _CHANGED}, "debit": subscription.private["debit"]}
    subscription.body = {**copy.deepcopy(before.body), "latest_invoice": invoice.id}
    subscription.private = {**before.private, "held": held}
    invoice.private["for_update"] = True
    work.save(subscription, invoice)


def let_wait(work: Work, subscription: Record) -> None:
    """The payment failed: the change is told as pending, and forgotten after 23 hours."""
    before = copy.deepcopy(subscription.body)
    fields = subscription.private["held"]["fields"]
    subscription.body["pending_update"] = {
        "billing_cycle_anchor": fields["billing_cycle_anchor"],
        "cancel_at_period_end": None,
        "discount": None,
        "discounts": None,
        "expires_at": work.second + _WAITS_SECONDS,
        "metadata": None,
        "subscription_items": [item_of(Record("subscription", fields))],
        "trial_end": fields["trial_end"],
        "trial_from_plan": None,
    }
    report(work, subscription, before)


def settle(work: Work, subscription: Record, invoice: Record) -> None:
    """Make the change once its invoice is paid, or forget it once that is void. The caller stores and reports it."""
    held = subscription.private.get("held")
    if held is None or invoice.body["status"] == "open":
        return
    told = subscription.body["pending_update"] is not None
    subscription.body["pending_update"] = None
    subscription.private["held"] = None
    if invoice.body["status"] == "paid":
        subscription.body.update(held["fields"])
        subscription.private["debit"] = held["debit"]
    if told:
        outcome = "applied" if invoice.body["status"] == "paid" else "expired"
        emit(work, f"customer.subscription.pending_update_{outcome}", subscription)
