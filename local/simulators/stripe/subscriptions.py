"""`/v1/subscriptions`, but for updates."""

import copy
from typing import Any

from local.simulators.stripe import invoice_course, invoice_items, payments, pending_updates
from local.simulators.stripe.errors import Body, StripeError, card_error, invalid, missing_resource
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.payment_methods import attached_method
from local.simulators.stripe.prices import price_of
from local.simulators.stripe.prorations import credit
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_course import begin, bill, restart, void_first
from local.simulators.stripe.subscription_parameters import one_item
from local.simulators.stripe.subscription_reports import report
from local.simulators.stripe.subscription_schedule import ENDED, item_of, schedule
from local.simulators.stripe.subscription_shapes import Terms
from local.simulators.stripe.subscription_status import end
from local.simulators.stripe.work import Work

_DAY = 86_400


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/subscriptions`. Its first invoice is charged at once, unless that is left to the customer."""
    terms = _terms(work, params)
    subscription, invoice = begin(work, terms, "trialing" if terms.trial_end else "incomplete")
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == pending_updates.PENDING:
        raise invalid(f"{behavior} is for updates only.", param="payment_behavior")
    invoice_course.finalize(work, invoice)
    if invoice.body["status"] == "open" and behavior != "default_incomplete":
        charge(work, invoice, behavior, off_session=params.get("off_session", False))
    subscription = work.get("subscription", subscription.id)
    if params.get("cancel_at_period_end"):
        ends_at = item_of(subscription)["current_period_end"]
        subscription.body.update(cancel_at_period_end=True, canceled_at=work.second, cancel_at=ends_at)
        schedule(subscription)
        work.save(subscription)
    return subscription.body


def _terms(work: Work, params: Body) -> Terms:
    customer = work.get("customer", params["customer"], param="customer")
    item = one_item(params["items"])
    price = recurring_price(work, item, "items[0]", params.get("currency"))
    method = params.get("default_payment_method")
    if method:
        attached_method(work, method, customer.id, "default_payment_method")
    trial_end = trial_end_of(work, params)
    default = method or customer.body["invoice_settings"]["default_payment_method"]
    if not default and not trial_end and params.get("payment_behavior") != "default_incomplete":
        message = "The customer has no default payment method to charge."
        raise invalid(message, code="resource_missing")
    return Terms(
        customer=customer.id,
        price=price,
        quantity=item.get("quantity", 1),
        method=method,
        metadata=params.get("metadata", {}),
        trial_end=trial_end,
        missing_method=missing_method_of(params),
        save_method=params.get("payment_settings", {}).get("save_default_payment_method", "off"),
        item_metadata=item.get("metadata", {}),
        extra={"description": params.get("description"), **_end_of(params)},
    )


def _end_of(params: Body) -> Body:
    moment = params.get("cancel_at")
    if isinstance(moment, str):
        raise invalid("This simulator takes a moment for cancel_at when a subscription is made.", param="cancel_at")
    return {"cancel_at": moment} if moment else {}


def recurring_price(work: Work, item: Body, at: str, currency: str | None = None) -> Body:
    """The recurring price of an item. Raises a 400 for a price that is paid once, or in another currency."""
    price = price_of(work, item, at).body
    if price["recurring"] is None:
        raise invalid("The price is not a recurring one.", param=f"{at}[price]")
    if currency not in (None, price["currency"]):
        raise invalid(f"The price is in {price['currency']}, not in {currency}.", param=f"{at}[price]")
    return price


def trial_end_of(work: Work, params: Body) -> int | None:
    """When the trial ends that is asked for; None for no trial. Raises a 400 for a moment in the past."""
    if params.get("trial_period_days"):
        return work.second + int(params["trial_period_days"]) * _DAY
    moment = params.get("trial_end", "now")
    if moment == "now":
        return None
    if moment <= work.second:
        raise invalid("trial_end must be in the future.", param="trial_end")
    return int(moment)


def missing_method_of(params: Body) -> str:
    """What becomes of a trial that ends without a payment method."""
    return str(params.get("trial_settings", {}).get("end_behavior", {}).get("missing_payment_method", "create_invoice"))


def charge(work: Work, invoice: Record, behavior: str, *, off_session: bool) -> None:
    """Charge an open invoice at once. A failure stays, or with `error_if_incomplete` undoes everything as a 402."""
    decline = invoice_course.collect(work, invoice, off_session=off_session)
    if behavior == "error_if_incomplete" and invoice.body["status"] == "open":
        intent = work.get("payment_intent", invoice.private["intent"])
        error = payments.declined(intent, decline) if decline else action_required(intent)
        raise StripeError(402, error.error)


def action_required(intent: Record) -> StripeError:
    """402: the cardholder must confirm, which no call can do for them."""
    message = "The payment of the invoice needs an action of the customer, with the invoice's payment intent."
    details = {"code": "invoice_payment_intent_requires_action", "message": message}
    return card_error(details, payment_intent=intent.body)


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/subscriptions/{id}`."""
    return work.at_path("subscription", ids["id"]).body


def living(work: Work, identifier: str) -> Record:
    """The subscription in the path, unless it has ended: that one is not found."""
    subscription = work.at_path("subscription", identifier)
    if subscription.body["status"] in ENDED:
        raise missing_resource("subscription", identifier, in_path=True)
    return subscription


def cancel(work: Work, ids: Body, params: Body) -> Body:
    """`DELETE /v1/subscriptions/{id}`: at once. One whose first payment never came expires instead.

    Prorations that wait are invoiced with `invoice_now`, and dropped without it and without `prorate`.
    """
    subscription = living(work, ids["id"])
    subscription.body["cancellation_details"].update(params.get("cancellation_details", {}))
    if subscription.body["status"] == "incomplete":
        return _give_up(work, subscription)
    final = _last_invoice(work, subscription, params)
    end(work, subscription, "cancellation_requested")
    if final:
        settle(work, final)
    return work.get("subscription", subscription.id).body


def _last_invoice(work: Work, subscription: Record, params: Body) -> Record | None:
    customer, currency = subscription.body["customer"], subscription.body["currency"]
    if params.get("prorate"):
        for line in credit(work, subscription, work.second):
            invoice_items.new_item(work, customer, currency, line, subscription)
    waiting = invoice_items.pending(work, customer, subscription.id)
    if params.get("invoice_now") and waiting:
        return bill(work, subscription, "subscription_update", [], waiting)
    if not params.get("prorate"):
        for item in waiting:
            if item.body["proration"]:
                invoice_items.drop(work, item)
    return None


def settle(work: Work, invoice: Record) -> None:
    """Finalize an invoice and charge what it asks for, the cardholder being away."""
    invoice.body["auto_advance"] = True
    invoice_course.finalize(work, invoice)
    if invoice.body["status"] == "open":
        invoice_course.collect(work, invoice, off_session=True)


def _give_up(work: Work, subscription: Record) -> Body:
    before = copy.deepcopy(subscription.body)
    end(work, subscription, "cancellation_requested", status="incomplete_expired")
    void_first(work, subscription)
    report(work, subscription, before)
    return subscription.body


def resume(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/subscriptions/{id}/resume`: a paused one goes on with a new period, which is charged at once."""
    subscription = living(work, ids["id"])
    if subscription.body["status"] != "paused":
        message = f"Only a paused subscription can be resumed; this one is {subscription.body['status']}."
        raise invalid(message, executed=True)
    before = copy.deepcopy(subscription.body)
    subscription.body.update(status="active", status_details=None)
    credited = params.get("proration_behavior", "create_prorations") != "none"
    lines = restart(work, subscription, credited=credited)
    invoice = bill(work, subscription, "subscription_update", lines)
    report(work, subscription, before, "customer.subscription.resumed")
    settle(work, invoice)
    return work.get("subscription", subscription.id).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/subscriptions`, newest first; without a status, all but canceled ones."""
    conditions: dict[str, Any] = {}
    if "customer" in params:
        conditions["json_extract(body, '$.customer') = ?"] = params["customer"]
    if "price" in params:
        conditions["json_extract(body, '$.items.data[0].price.id') = ?"] = params["price"]
    for name in ("current_period_start", "current_period_end"):
        for word, moment in params.get(name, {}).items():
            sign = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[word]
            conditions[f"json_extract(body, '$.items.data[0].{name}') {sign} ?"] = moment
    conditions.update(_of_status(params.get("status")))
    return page_of(work, "subscription", "/v1/subscriptions", params, conditions)


def _of_status(status: str | None) -> dict[str, Any]:
    field = "json_extract(body, '$.status')"
    if status == "all":
        return {}
    if status == "ended":
        return {f"{field} IN (SELECT value FROM json_each(?))": '["canceled", "incomplete_expired"]'}
    return {f"{field} = ?": status} if status else {f"{field} != ?": "canceled"}
