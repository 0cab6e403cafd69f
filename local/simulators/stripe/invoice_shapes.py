"""How an invoice and its lines look."""

from dataclasses import dataclass
from datetime import UTC, datetime

from local.simulators.stripe.currencies import formatted
from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import list_body
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


@dataclass(frozen=True, slots=True)
class Line:
    """What an invoice asks money for, or gives it back for, in minor units; `start` and `end` bound the time it covers.

    `credited` names the invoice line that a credit takes back, as `{"invoice", "invoice_line_items"}`; `item` is the
    pending invoice item that the line takes up.
    """

    amount: int
    description: str
    start: int
    end: int
    price: Body | None
    quantity: int = 1
    proration: bool = False
    credited: Body | None = None
    item: str | None = None


def product_name(work: Work, price: Body) -> str:
    """What a price is for, in words."""
    product = work.tx.find(price["product"], "product")
    return str(product.body["name"]) if product else str(price["product"])


def period_line(work: Work, price: Body, quantity: int, start: int, end: int, *, trial: bool = False) -> Line:
    """The line of a whole period of a subscription; that of a trial costs nothing."""
    name, recurring = product_name(work, price), price["recurring"]
    if trial:
        return Line(0, f"Trial period for {name}", start, end, price, quantity)
    count = recurring["interval_count"]
    every = recurring["interval"] if count == 1 else f"every {count} {recurring['interval']}s"
    costs = formatted(price["unit_amount"], price["currency"])
    about = f"{quantity} x {name} (at {costs} / {every})"
    return Line(price["unit_amount"] * quantity, about, start, end, price, quantity)


def day_of(moment: int) -> str:
    """The day as descriptions of prorations tell it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y")


_ABSENT = (
    "account_tax_ids", "application", "automatically_finalizes_at", "custom_fields", "customer_account",
    "customer_shipping", "default_payment_method", "default_source", "description", "due_date", "effective_at",
    "ending_balance", "footer", "from_invoice", "hosted_invoice_url", "invoice_pdf", "last_finalization_error",
    "latest_revision", "next_payment_attempt", "number", "on_behalf_of", "receipt_number", "rendering", "shipping_cost",
    "shipping_details", "statement_descriptor", "status_details", "test_clock", "webhooks_delivered_at",
)  # fmt: skip
_ZERO = (
    "amount_overpaid", "amount_paid", "amount_paid_off_stripe", "amount_shipping", "attempt_count",
    "post_payment_credit_notes_amount", "pre_payment_credit_notes_amount",
)  # fmt: skip


def invoice_body(
    work: Work, customer: Record, currency: str, reason: str, subscription: Record | None, lines: list[Line]
) -> Body:
    """A draft. Its `period_*` say when its items could come in; what a line pays for is the line's own period."""
    identifier = new_id("in")
    total = sum(line.amount for line in lines)
    due = max(0, total + customer.body["balance"])
    return {
        "id": identifier,
        "object": "invoice",
        **dict.fromkeys(_ABSENT),
        **dict.fromkeys(_ZERO, 0),
        "account_country": "US",
        "account_name": "Simulated",
        "amount_due": due,
        "amount_remaining": due,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None, "provider": None,
                          "status": None},
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": work.second,
        "currency": currency,
        "customer": customer.id,
        **{f"customer_{name}": customer.body[name] for name in ("address", "email", "name", "phone", "tax_exempt")},
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": _lines(identifier, lines, currency, subscription),
        "livemode": False,
        "metadata": {},
        "parent": _parent(subscription),
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": ["card"]},
        "period_end": work.second,
        "period_start": work.second,
        "starting_balance": customer.body["balance"],
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }  # fmt: skip


def _parent(subscription: Record | None) -> Body | None:
    if subscription is None:
        return None
    details = {"metadata": subscription.body["metadata"], "subscription": subscription.id}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _lines(invoice: str, lines: list[Line], currency: str, subscription: Record | None) -> Body:
    data = [_line(invoice, line, currency, subscription) for line in lines]
    return {**list_body(f"/v1/invoices/{invoice}/lines", data, has_more=False), "total_count": len(data)}


def _line(invoice: str, line: Line, currency: str, subscription: Record | None) -> Body:
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": line.amount,
        "currency": currency,
        "description": line.description,
        "discount_amounts": [],
        "discountable": not line.proration,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": subscription.body["metadata"] if subscription and not line.item else {},
        "parent": _line_parent(line, subscription),
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [],
        "pricing": pricing(line.price),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": subscription.id if subscription else None,
        "subtotal": line.amount,
        "taxes": [],
    }


def _line_parent(line: Line, subscription: Record | None) -> Body:
    details: Body = {
        "invoice_item": line.item,
        "proration": line.proration,
        "proration_details": {"credited_items": line.credited},
        "subscription": subscription.id if subscription else None,
    }
    if subscription is None or (line.item and not line.proration):
        return {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"}
    item = subscription.body["items"]["data"][0]["id"]
    return {
        "invoice_item_details": None,
        "subscription_item_details": {**details, "subscription_item": item},
        "type": "subscription_item_details",
    }


def pricing(price: Body | None) -> Body | None:
    """How the price of a line or of an invoice item is told."""
    if price is None:
        return None
    details = {"price": price["id"], "product": price["product"]}
    return {"price_details": details, "type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"]}
