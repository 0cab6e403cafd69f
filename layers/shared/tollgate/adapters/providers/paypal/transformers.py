"""Our words to PayPal's and back: plain dictionaries in the shapes of its Orders and Payments APIs, version 2."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.paypal.amounts import from_paypal, to_paypal
from tollgate.adapters.providers.paypal.echo import echo
from tollgate.checkout.ports import CheckoutRequest
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session

_LONGEST_NAME = 127
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,64}")
# What was taken stays taken here, whatever went back of it since.
TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
_GIVEN_UP = frozenset({"DECLINED", "FAILED"})
CAPTURE_FAILED = "capture_declined"


def order_parameters(payment: Payment, request: CheckoutRequest) -> str:
    """All of `POST /v2/checkout/orders`. Raises `ValidationFailed` for an amount that PayPal cannot write."""
    due = to_paypal(payment.due)
    unit = {
        "custom_id": echo(payment),
        "invoice_id": payment.id,
        "amount": {**due, "breakdown": {"item_total": due}},
        "items": _items(payment),
    }
    experience = {
        "return_url": without_placeholder(request.success_url, payment),
        "cancel_url": request.cancel_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
    }
    source = {"paypal": {"experience_context": experience}}
    parameters = {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source}
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def _items(payment: Payment) -> list[dict[str, Any]]:
    """What is bought; where a part is paid otherwise, only the rest: PayPal adds its items up."""
    if payment.tenders:
        return [_item("Your order, less gift cards and credit", 1, payment.due)]
    return [_item(each.name, each.quantity, each.unit) for each in payment.items]


def _item(name: str, quantity: int, unit: Money) -> dict[str, Any]:
    return {"name": name[:_LONGEST_NAME], "quantity": str(quantity), "unit_amount": to_paypal(unit)}


def without_placeholder(url: str, payment: Payment) -> str:
    """PayPal fills nothing in, and adds the order's id to the address as `token` by itself."""
    return url.replace("{CHECKOUT_SESSION_ID}", payment.id)


def session_of(order: Mapping[str, Any], life: timedelta, now: datetime) -> Session:
    """The hosted page of an order. PayPal does not say when it ends: so long after it was made."""
    made = order.get("create_time")
    at = instant(made) if isinstance(made, str) else now
    links = {each["rel"]: each["href"] for each in order.get("links") or []}
    return Session(reference(order["id"]), links.get("payer-action") or links.get("approve"), at + life)


def report_of_order(order: Mapping[str, Any], now: datetime) -> Report | None:
    """What an order says that was captured, or is gone; None while only we could take anything."""
    captures = [
        each
        for unit in order.get("purchase_units") or []
        for each in (unit.get("payments") or {}).get("captures") or []
    ]
    if captures:
        return report_of_capture(captures[-1], order["id"], now)
    if order["status"] == "VOIDED":
        return Report(Fact.EXPIRED, now, about=order["id"])
    return Report(Fact.PROCESSING, now, about=order["id"]) if order["status"] == "COMPLETED" else None


def report_of_capture(capture: Mapping[str, Any], order: str | None, at: datetime) -> Report:
    """A state that nobody has heard of is one on its way."""
    if capture["status"] in TAKEN:
        taken = Capture(reference(capture["id"]), from_paypal(capture["amount"]), at)
        return Report(Fact.CAPTURED, at, capture=taken)
    if capture["status"] in _GIVEN_UP:
        return Report(Fact.FAILED, at, reason=CAPTURE_FAILED, about=order)
    return Report(Fact.PROCESSING, at, about=order)


def reference(id_: object) -> str:
    """An id of PayPal's; it becomes a part of addresses and keys."""
    if not isinstance(id_, str) or not _REFERENCE.fullmatch(id_):
        raise ValueError("not an id")
    return id_


def capture_behind(resource: Mapping[str, Any]) -> str | None:
    """Which capture a refund or a reversal is of: the last part of its link upwards."""
    for link in resource.get("links") or []:
        before, _, id_ = str(link.get("href", "")).rpartition("/")
        if link.get("rel") == "up" and before.endswith("/captures"):
            return reference(id_)
    return None


def instant(text: str) -> datetime:
    """PayPal writes times in UTC with a Z, or with an offset."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found
