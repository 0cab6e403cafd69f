"""`/v1/invoice_payments`: what ties an invoice to the payment intent that pays it, both ways."""

from typing import Any

from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)
_PAYMENT = Group({"payment_intent": Text(), "type": Choice("payment_intent")}, required=("type",),
                 unbuilt="payment_record")  # fmt: skip
LIST = Group({**PAGE, "invoice": Text(), "payment": _PAYMENT, "status": Choice("canceled open paid")})


def new_invoice_payment(work: Work, invoice: Record, intent: str) -> Record:
    """Store the payment that an invoice got with its finalization, and is paid by."""
    body: Body = {
        "id": new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice.body["amount_due"],
        "created": work.second,
        "currency": invoice.body["currency"],
        "invoice": invoice.id,
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    return work.add("invoice_payment", body)


def of_invoice(work: Work, invoice: str) -> list[Record]:
    """The payments of an invoice."""
    return work.tx.select("invoice_payment", {"json_extract(body, '$.invoice') = ?": invoice})


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/invoice_payments/{id}`."""
    return work.at_path("invoice_payment", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/invoice_payments`, newest first: of an invoice, or of a payment intent."""
    names = ("invoice", "status")
    conditions: dict[str, Any] = {
        f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params
    }
    if "payment_intent" in params.get("payment", {}):
        conditions["json_extract(body, '$.payment.payment_intent') = ?"] = params["payment"]["payment_intent"]
    return page_of(work, "invoice_payment", "/v1/invoice_payments", params, conditions)
