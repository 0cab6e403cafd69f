"""`/v1/invoiceitems`: what waits for a customer's next invoice, above all prorations."""

from typing import Any

from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.invoice_shapes import Line, pricing
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Currency, Flag, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

CREATE = Group(
    {**EXPAND, "amount": Number(-(2**53)), "currency": Currency(), "customer": Text(), "description": Text(),
     "metadata": Metadata(), "subscription": Text()},
    required=("amount", "currency", "customer"),
    unbuilt="""
        customer_account discountable discounts invoice period price_data pricing quantity quantity_decimal tax_behavior
        tax_code tax_rates unit_amount_decimal
    """,
)  # fmt: skip
RETRIEVE = Group(EXPAND)
DELETE = Group({})
LIST = Group({**PAGE, "customer": Text(), "invoice": Text(), "pending": Flag()}, unbuilt="customer_account")


def new_item(work: Work, customer: str, currency: str, line: Line, subscription: Record | None) -> Record:
    """Store an item that waits for the next invoice of the subscription, or of the customer, and report it."""
    body: Body = {
        "id": new_id("ii"),
        "object": "invoiceitem",
        "amount": line.amount,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "date": work.second,
        "description": line.description,
        "discountable": not line.proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "net_amount": line.amount,
        "parent": _parent(subscription),
        "period": {"end": line.end, "start": line.start},
        "pricing": pricing(line.price),
        "proration": line.proration,
        "proration_details": _proration(line) if line.proration else None,
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "tax_rates": [],
        "test_clock": None,
    }
    item = work.add("invoiceitem", body, {"price": line.price})
    emit(work, "invoiceitem.created", item)
    return item


def _proration(line: Line) -> Body:
    credited = line.credited and {
        "invoice_item": None, "invoice_line_item_details": line.credited, "type": "invoice_line_items",
    }  # fmt: skip
    return {"credited_items": credited, "discount_amounts": []}


def _parent(subscription: Record | None) -> Body | None:
    if subscription is None:
        return None
    details = {"subscription": subscription.id, "subscription_item": subscription.body["items"]["data"][0]["id"]}
    return {"subscription_details": details, "type": "subscription_details"}


def pending(work: Work, customer: str, subscription: str | None) -> list[Record]:
    """What waits for the next invoice of a subscription, or of the customer alone; newest first."""
    return work.tx.select("invoiceitem", {
        "json_extract(body, '$.customer') = ?": customer,
        "json_extract(body, '$.parent.subscription_details.subscription') IS ?": subscription,
        "json_extract(body, '$.invoice') IS ?": None,
    })  # fmt: skip


def line_of(item: Record) -> Line:
    """The line that an invoice takes an item up as."""
    body = item.body
    items = (body["proration_details"] or {}).get("credited_items")
    credited = items and items["invoice_line_item_details"]
    return Line(body["amount"], body["description"] or "", body["period"]["start"], body["period"]["end"],
                item.private["price"], body["quantity"], body["proration"], credited, item.id)  # fmt: skip


def take_up(work: Work, items: list[Record], invoice: Record) -> None:
    """Note on which invoice the items are."""
    for item in items:
        item.body["invoice"] = invoice.id
    work.save(*items)


def drop(work: Work, item: Record) -> None:
    """Delete an item that is on no invoice."""
    work.tx.execute("DELETE FROM objects WHERE id = ?", (item.id,))
    emit(work, "invoiceitem.deleted", item)


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/invoiceitems`."""
    customer = work.get("customer", params["customer"], param="customer")
    named = params.get("subscription")
    subscription = work.get("subscription", named, param="subscription") if named else None
    line = Line(params["amount"], params.get("description", ""), work.second, work.second, None)
    item = new_item(work, customer.id, params["currency"], line, subscription)
    item.body["metadata"] = params.get("metadata", {})
    work.save(item)
    return item.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/invoiceitems/{id}`."""
    return work.at_path("invoiceitem", ids["id"]).body


def delete(work: Work, ids: Body, _params: Body) -> Body:
    """`DELETE /v1/invoiceitems/{id}`, unless an invoice has taken it up."""
    item = work.at_path("invoiceitem", ids["id"])
    if item.body["invoice"]:
        raise invalid(f"The invoice item is on the invoice {item.body['invoice']}.", executed=True)
    drop(work, item)
    return {"id": item.id, "object": "invoiceitem", "deleted": True}


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/invoiceitems`, newest first."""
    names = ("customer", "invoice")
    conditions: dict[str, Any] = {
        f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params
    }
    if "pending" in params:
        conditions["(json_extract(body, '$.invoice') IS NULL) = ?"] = int(params["pending"])
    return page_of(work, "invoiceitem", "/v1/invoiceitems", params, conditions)
