"""`/v1/invoices`, but for previews."""

import copy
from typing import Any

from local.simulators.stripe import invoice_course, invoice_items, payments
from local.simulators.stripe.charges import changed
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.listing import list_body, page_of
from local.simulators.stripe.payment_methods import attached_method
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscriptions import action_required
from local.simulators.stripe.work import Work


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/invoices`: a draft of what waits for the customer, or for one of their subscriptions."""
    customer = work.get("customer", params["customer"], param="customer")
    named = params.get("subscription")
    subscription = work.get("subscription", named, param="subscription") if named else None
    default = "include" if subscription else "exclude"
    take_up = params.get("pending_invoice_items_behavior", default) == "include"
    waiting = invoice_items.pending(work, customer.id, named) if take_up else []
    currency = params.get("currency") or (waiting[0].body["currency"] if waiting else "usd")
    if "default_payment_method" in params:
        attached_method(work, params["default_payment_method"], customer.id, "default_payment_method")
    invoice = invoice_course.new_invoice(work, customer, currency, "manual", subscription, [], waiting)
    given = {name: params[name] for name in ("default_payment_method", "description", "metadata") if name in params}
    invoice.body.update(auto_advance=False, **given)
    work.save(invoice)
    if params.get("auto_advance"):
        _advance_later(work, invoice)
    if subscription:
        subscription.body["latest_invoice"] = invoice.id
        work.save(subscription)
    return invoice.body


def _advance_later(work: Work, invoice: Record) -> None:
    invoice.body["auto_advance"] = True
    if invoice.body["status"] == "draft":
        invoice.due = work.now + work.invoice_draft
    work.save(invoice)


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/invoices/{id}`."""
    invoice = work.at_path("invoice", ids["id"])
    before = copy.deepcopy(invoice.body)
    if "default_payment_method" in params:
        attached_method(work, params["default_payment_method"], invoice.body["customer"], "default_payment_method")
    changed(invoice, params)
    work.save(invoice)
    if params.get("auto_advance"):
        _advance_later(work, invoice)
    previous = {name: value for name, value in before.items() if invoice.body[name] != value}
    if previous:
        emit(work, "invoice.updated", invoice, previous)
    return invoice.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/invoices/{id}`."""
    return work.at_path("invoice", ids["id"]).body


def lines(work: Work, ids: Body, params: Body) -> Body:
    """`GET /v1/invoices/{id}/lines`, in their order."""
    found: list[Body] = work.at_path("invoice", ids["id"]).body["lines"]["data"]
    places = {line["id"]: place for place, line in enumerate(found)}
    start = places.get(params.get("starting_after", ""), -1) + 1
    limit = params.get("limit", 10)
    shown = found[start : start + limit]
    return list_body(f"/v1/invoices/{ids['id']}/lines", shown, has_more=start + limit < len(found))


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/invoices`, newest first."""
    conditions: dict[str, Any] = {
        f"json_extract(body, '$.{name}') = ?": params[name] for name in ("customer", "status") if name in params
    }
    if "subscription" in params:
        conditions["json_extract(body, '$.parent.subscription_details.subscription') = ?"] = params["subscription"]
    return page_of(work, "invoice", "/v1/invoices", params, conditions)


def finalize(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/invoices/{id}/finalize`: only a draft."""
    invoice = work.at_path("invoice", ids["id"])
    _require_draft(invoice, "finalized")
    invoice.due = None
    invoice_course.finalize(work, invoice)
    if params.get("auto_advance") and invoice.body["status"] == "open":
        invoice_course.collect(work, invoice, off_session=True)
    return invoice.body


def _require_draft(invoice: Record, doing: str) -> None:
    if invoice.body["status"] != "draft":
        message = f"Only a draft can be {doing}; this invoice is {invoice.body['status']}."
        raise invalid(message, code="invoice_not_editable", executed=True)


def pay(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/invoices/{id}/pay`, the cardholder being away unless `off_session` is false. A decline is a 402."""
    invoice = work.at_path("invoice", ids["id"])
    method = _check_payable(work, invoice, params)
    if invoice.body["status"] == "draft":
        invoice.due = None
        invoice_course.finalize(work, invoice)
        if invoice.body["status"] == "paid":
            return invoice.body
    decline = invoice_course.collect(work, invoice, off_session=params.get("off_session", True), method=method)
    intent = work.get("payment_intent", invoice.private["intent"])
    if decline:
        raise payments.declined(intent, decline)
    if intent.body["status"] == "requires_action":
        raise action_required(intent)
    return invoice.body


def _check_payable(work: Work, invoice: Record, params: Body) -> Record | None:
    status = invoice.body["status"]
    if status == "paid":
        raise invalid("Invoice is already paid", executed=True)
    if status == "void":
        raise invalid(f"The invoice {invoice.id} is void and cannot be paid.", executed=True)
    if invoice.private.get("processing"):
        raise invalid(f"A payment of the invoice {invoice.id} is being processed.", executed=True)
    if "payment_method" in params:
        return attached_method(work, params["payment_method"], invoice.body["customer"], "payment_method")
    method = invoice_course.method_to_charge(work, invoice)
    if method is None and invoice.body["amount_due"]:
        raise invalid("Neither the invoice nor its customer has a default payment method to charge.", executed=True)
    return method


def void(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/invoices/{id}/void`."""
    invoice = work.at_path("invoice", ids["id"])
    invoice_course.void(work, invoice)
    return invoice.body


def write_off(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/invoices/{id}/mark_uncollectible`."""
    invoice = work.at_path("invoice", ids["id"])
    invoice_course.write_off(work, invoice)
    return invoice.body


def delete(work: Work, ids: Body, _params: Body) -> Body:
    """`DELETE /v1/invoices/{id}`: only a draft that no subscription made."""
    invoice = work.at_path("invoice", ids["id"])
    _require_draft(invoice, "deleted")
    if invoice.body["parent"]:
        raise invalid("A draft of a subscription cannot be deleted; finalize and void it.", executed=True)
    for item in work.tx.select("invoiceitem", {"json_extract(body, '$.invoice') = ?": invoice.id}):
        item.body["invoice"] = None
        work.save(item)
    work.tx.execute("DELETE FROM objects WHERE id = ?", (invoice.id,))
    emit(work, "invoice.deleted", invoice)
    return {"id": invoice.id, "object": "invoice", "deleted": True}
