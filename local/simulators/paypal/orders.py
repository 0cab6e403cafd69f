"""Orders: made by the merchant, approved by a buyer, captured by the merchant."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from local.simulators.paypal.books import Body, Books, Refused, new_id

_LONGEST_ECHO = 127
_FEE_SHARE, _FIXED_FEE = Decimal("0.0349"), Decimal("0.49")
_WHOLE = ("HUF", "JPY", "TWD")
INSTRUMENTS = ("pays", "declines", "declines_and_stays", "waits")


def create(books: Books, sent: Body, key: str) -> tuple[int, Body]:
    """201, or 200 with what was made under this request id."""
    if known := books.known(key):
        return 200, books.order(known[1])
    unit = _checked(sent)
    order_id = new_id()
    order: Body = {
        "id": order_id,
        "intent": "CAPTURE",
        "status": "PAYER_ACTION_REQUIRED",
        "create_time": books.time(),
        "purchase_units": [{"reference_id": "default", **unit}],
        "payment_source": {"paypal": {}},
        "links": [
            books.link("self", f"/v2/checkout/orders/{order_id}"),
            books.link("payer-action", f"/checkoutnow?token={order_id}"),
        ],
    }
    books.orders[order_id], books.made[order_id] = order, books.now()
    books.returns[order_id] = sent["payment_source"]["paypal"]["experience_context"]
    books.keep(key, "order", order_id)
    return 201, order


def _checked(sent: Body) -> Body:
    try:
        (unit,) = sent["purchase_units"]
        amount, items = unit["amount"], unit["items"]
        total = sum(Decimal(each["unit_amount"]["value"]) * int(each["quantity"]) for each in items)
        experience = sent["payment_source"]["paypal"]["experience_context"]
        complete = sent["intent"] == "CAPTURE" and experience["return_url"] and experience["cancel_url"]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(400, "MISSING_REQUIRED_PARAMETER", "INVALID_REQUEST") from error
    if not complete or len(unit.get("custom_id", "")) > _LONGEST_ECHO:
        raise Refused(400, "INVALID_STRING_LENGTH", "INVALID_REQUEST")
    if amount["currency_code"] in _WHOLE and "." in amount["value"]:
        raise Refused(422, "DECIMAL_PRECISION")
    if not Decimal(amount["value"]) == Decimal(amount["breakdown"]["item_total"]["value"]) == total:
        raise Refused(422, "AMOUNT_MISMATCH")
    return dict(copy.deepcopy(unit))


def approve(books: Books, order_id: str, instrument: str) -> Body:
    """A buyer agrees, with what pays, is declined (and the order may stay approved all the same), or takes its time."""
    order = books.order(order_id)
    if order["status"] == "COMPLETED":
        raise Refused(422, "ORDER_ALREADY_COMPLETED")
    order["status"] = "APPROVED"
    books.made[order_id] = books.now()  # the merchant has as long again
    books.instruments[order_id] = instrument
    books.emit("CHECKOUT.ORDER.APPROVED", "checkout-order", order)
    return order


def reverse_approval(books: Books, order_id: str) -> Body:
    """PayPal takes an approval back that nobody captured in time."""
    order = books.order(order_id)
    order["status"] = "VOIDED"
    told = {"order_id": order_id, "purchase_units": order["purchase_units"]}
    books.emit("CHECKOUT.PAYMENT-APPROVAL.REVERSED", "payment-approval", told)
    return order


def capture(books: Books, order_id: str, key: str) -> tuple[int, Body]:
    """201, or 200 with what was captured under this request id."""
    order = books.order(order_id)
    if books.known(key) == ("capture", order_id):
        return 200, order
    if order["status"] == "COMPLETED":
        raise Refused(422, "ORDER_ALREADY_CAPTURED")
    if order["status"] != "APPROVED":
        raise Refused(422, "ORDER_NOT_APPROVED")
    if books.instruments[order_id].startswith("declines"):
        stays = books.instruments[order_id] == "declines_and_stays"
        order["status"] = "APPROVED" if stays else "PAYER_ACTION_REQUIRED"
        raise Refused(422, "INSTRUMENT_DECLINED")
    unit = order["purchase_units"][0]
    if any(each["invoice_id"] == unit["invoice_id"] for each in books.captures.values()):
        raise Refused(422, "DUPLICATE_INVOICE_ID")
    status = "PENDING" if books.instruments[order_id] == "waits" else "COMPLETED"
    made = _captured(books, order_id, unit, status)
    unit["payments"] = {"captures": [made]}
    order["status"] = "COMPLETED"
    books.keep(key, "capture", order_id)
    books.emit(f"PAYMENT.CAPTURE.{status}", "capture", made)
    return 201, order


def _captured(books: Books, order_id: str, unit: Body, status: str) -> Body:
    id_ = new_id()
    made: Body = {
        "id": id_,
        "status": status,
        "amount": {name: unit["amount"][name] for name in ("currency_code", "value")},
        "final_capture": True,
        "custom_id": unit["custom_id"],
        "invoice_id": unit["invoice_id"],
        "create_time": books.time(),
        "supplementary_data": {"related_ids": {"order_id": order_id}},
        "links": [books.link("self", f"/v2/payments/captures/{id_}")],
    }
    if status == "COMPLETED":
        made["seller_receivable_breakdown"] = breakdown(made["amount"])
    books.captures[id_] = made
    return made


def breakdown(amount: Body) -> Body:
    """What PayPal keeps of it."""
    currency, value = amount["currency_code"], Decimal(amount["value"])
    fixed = _FIXED_FEE if currency == "USD" else Decimal(0)
    fee = (value * _FEE_SHARE + fixed).quantize(Decimal(1) if currency in _WHOLE else Decimal("0.01"))

    def money(number: Decimal) -> dict[str, Any]:
        return {"currency_code": currency, "value": str(number)}

    return {"gross_amount": amount, "paypal_fee": money(fee), "net_amount": money(value - fee)}
