"""`POST /v1/subscriptions/{id}`: other prices in mid-period, pauses, an end that is set or taken back."""

import copy
from dataclasses import dataclass

from local.simulators.stripe import invoice_items, pending_updates
from local.simulators.stripe.charges import changed
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.invoice_course import finalize
from local.simulators.stripe.invoice_shapes import Line
from local.simulators.stripe.payment_methods import attached_method
from local.simulators.stripe.prorations import credit, remainder
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_course import bill, current_period, note_debit, restart
from local.simulators.stripe.subscription_parameters import one_item
from local.simulators.stripe.subscription_reports import report
from local.simulators.stripe.subscription_schedule import item_of
from local.simulators.stripe.subscription_shapes import plan_of
from local.simulators.stripe.subscription_status import follow
from local.simulators.stripe.subscriptions import charge, living, missing_method_of, recurring_price, trial_end_of
from local.simulators.stripe.work import Work

_PLAIN = ("description", "metadata", "pause_collection")
_WHILE_INCOMPLETE = frozenset(("expand", "metadata", "default_payment_method", "payment_settings"))


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a change costs and gives back, and whether that is invoiced at once."""

    lines: list[Line]
    at_once: bool


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/subscriptions/{id}`. One that is incomplete takes little, and one that has ended is not found."""
    subscription = living(work, ids["id"])
    if subscription.body["status"] == "incomplete" and set(params) - _WHILE_INCOMPLETE:
        message = "A subscription that is incomplete can only be given metadata and a payment method."
        raise invalid(message, executed=True)
    waits = params.get("payment_behavior") == pending_updates.PENDING
    if waits:
        pending_updates.check(params)
    before = copy.deepcopy(subscription)
    _set_fields(work, subscription, params)
    consequence = apply_change(work, subscription, params)
    _set_end(work, subscription, params)
    invoice = _bill(work, subscription, consequence)
    if waits and invoice:
        return _change_once_paid(work, subscription, before, invoice, params)
    report(work, subscription, before.body)
    if invoice:
        _collect(work, invoice, params)
    return work.get("subscription", subscription.id).body


def _change_once_paid(work: Work, subscription: Record, before: Record, invoice: Record, params: Body) -> Body:
    pending_updates.hold_back(work, subscription, before, invoice)
    _collect(work, invoice, params)
    subscription = work.get("subscription", subscription.id)
    if subscription.private.get("held") and not invoice.private.get("processing"):
        pending_updates.let_wait(work, subscription)
    return subscription.body


def _set_fields(work: Work, subscription: Record, params: Body) -> None:
    body = subscription.body
    pause = params.get("pause_collection")
    given = {name: params[name] for name in _PLAIN if name in params}
    if pause:
        given["pause_collection"] = {"resumes_at": None, **pause}
    changed(subscription, given)
    if "default_payment_method" in params:
        method = params["default_payment_method"]
        if method:
            attached_method(work, method, body["customer"], "default_payment_method")
        body["default_payment_method"] = method
    if "trial_settings" in params:
        body["trial_settings"] = {"end_behavior": {"missing_payment_method": missing_method_of(params)}}
    body["payment_settings"].update(params.get("payment_settings", {}))
    body["cancellation_details"].update(params.get("cancellation_details", {}))


def _set_end(work: Work, subscription: Record, params: Body) -> None:
    """When the subscription ends, if it does: at the end of its period, or at a moment."""
    body = subscription.body
    moment = params.get("cancel_at")
    if isinstance(moment, str):
        moment = item_of(subscription)["current_period_end"]
    if moment and moment <= work.second:
        raise invalid("cancel_at must be in the future.", param="cancel_at")
    at_end = params.get("cancel_at_period_end")
    if at_end and moment:
        raise invalid("Give only one of cancel_at and cancel_at_period_end.", param="cancel_at_period_end")
    if at_end or moment:
        ends_at = moment or item_of(subscription)["current_period_end"]
        body.update(cancel_at=ends_at, cancel_at_period_end=bool(at_end), canceled_at=work.second)
        body["cancellation_details"]["reason"] = "cancellation_requested"
    elif at_end is False or ("cancel_at" in params and moment is None):
        body.update(cancel_at=None, cancel_at_period_end=False, canceled_at=None)
        body["cancellation_details"]["reason"] = None


def apply_change(work: Work, subscription: Record, params: Body) -> Consequence:
    """Give the subscription the item and the trial that are asked for; only the record changes, nothing is stored."""
    behavior = params.get("proration_behavior", "create_prorations")
    moment = _proration_date(work, subscription, params)
    item = _wanted_item(work, subscription, params)
    if "trial_end" in params:
        return _change_trial(work, subscription, params, item)
    if item is None:
        return Consequence([], at_once=False)
    return _change_item(work, subscription, item, moment, behavior)


def _proration_date(work: Work, subscription: Record, params: Body) -> int:
    item = item_of(subscription)
    start, end = item["current_period_start"], item["current_period_end"]
    moment = int(params.get("proration_date", min(work.second, end)))
    if not start <= moment <= end:
        raise invalid("proration_date must be in the current period.", param="proration_date")
    return moment


def _wanted_item(work: Work, subscription: Record, params: Body) -> Body | None:
    """The present item as it shall become: price, quantity and metadata; None when nothing is asked of it."""
    if "items" not in params:
        return None
    wanted, item = one_item(params["items"]), item_of(subscription)
    if wanted.get("id") != item["id"]:
        message = "This simulator implements subscriptions of one item; name it by items[0][id]."
        raise invalid(message, param="items[0][id]", code="resource_missing")
    price = item["price"]
    if "price" in wanted or "price_data" in wanted:
        price = recurring_price(work, wanted, "items[0]", subscription.body["currency"])
    item["metadata"] = {**item["metadata"], **wanted.get("metadata", {})}
    return {"price": price, "quantity": wanted.get("quantity", item["quantity"])}


def _put(subscription: Record, wanted: Body) -> None:
    item_of(subscription).update(**wanted, plan=plan_of(wanted["price"]))


def _rhythm(price: Body) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _change_item(work: Work, subscription: Record, wanted: Body, moment: int, behavior: str) -> Consequence:
    """Another rhythm begins a new period now; in the same one, what is left of the period is charged anew."""
    item = item_of(subscription)
    before = (item["price"]["id"], item["quantity"])
    if before == (wanted["price"]["id"], wanted["quantity"]):
        return Consequence([], at_once=False)
    if subscription.body["status"] == "trialing":
        _put(subscription, wanted)
        return Consequence([], at_once=False)
    if _rhythm(item["price"]) != _rhythm(wanted["price"]):
        given_back = credit(work, subscription, moment) if behavior != "none" else []
        _put(subscription, wanted)
        return Consequence([*given_back, *restart(work, subscription, credited=False)], at_once=True)
    if behavior == "none":
        _put(subscription, wanted)
        return Consequence([], at_once=False)
    lines = [
        *credit(work, subscription, moment),
        remainder(work, subscription, wanted["price"], wanted["quantity"], moment),
    ]
    _put(subscription, wanted)
    return Consequence(lines, at_once=behavior == "always_invoice")


def _change_trial(work: Work, subscription: Record, params: Body, wanted: Body | None) -> Consequence:
    """End a trial now, or begin or prolong one: the period then ends with it."""
    body, item = subscription.body, item_of(subscription)
    credited = params.get("proration_behavior", "create_prorations") != "none"
    given_back = credit(work, subscription, work.second) if credited else []
    if wanted:
        _put(subscription, wanted)
    moment = trial_end_of(work, params)
    if moment is None:
        if body["status"] != "trialing":
            return Consequence([], at_once=False)
        body.update(status="active", trial_end=work.second)
        return Consequence(restart(work, subscription, credited=False), at_once=True)
    started = body["trial_start"] if body["status"] == "trialing" else work.second
    body.update(status="trialing", trial_start=started, trial_end=moment, billing_cycle_anchor=moment)
    item.update(current_period_start=work.second, current_period_end=moment)
    return Consequence([*given_back, current_period(work, subscription)], at_once=True)


def _bill(work: Work, subscription: Record, consequence: Consequence) -> Record | None:
    """A draft of what is invoiced at once; the rest waits for the next invoice."""
    if consequence.at_once and consequence.lines:
        waiting = invoice_items.pending(work, subscription.body["customer"], subscription.id)
        return bill(work, subscription, "subscription_update", *_as_items(work, subscription, consequence, waiting))
    for line in consequence.lines:
        invoice_items.new_item(work, subscription.body["customer"], subscription.body["currency"], line, subscription)
        if line.amount >= 0:
            note_debit(subscription, line.amount, {"start": line.start, "end": line.end})
    return None


def _as_items(
    work: Work, subscription: Record, consequence: Consequence, waiting: list[Record]
) -> tuple[list[Line], list[Record]]:
    """Whole periods are lines of the invoice itself; prorations are invoice items that it takes up."""
    customer, currency = subscription.body["customer"], subscription.body["currency"]
    items = [
        invoice_items.new_item(work, customer, currency, line, subscription)
        for line in consequence.lines
        if line.proration
    ]
    return [line for line in consequence.lines if not line.proration], [*waiting, *items]


def _collect(work: Work, invoice: Record, params: Body) -> None:
    behavior = params.get("payment_behavior", "allow_incomplete")
    finalize(work, invoice)
    if invoice.body["status"] != "open":
        return
    if behavior == "default_incomplete":
        follow(work, invoice)
    else:
        charge(work, invoice, behavior, off_session=params.get("off_session", False))
