"""Our words to Square's and back: plain dictionaries in the shapes of API version 2026-09-16."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.square.amounts import to_square
from tollgate.adapters.providers.square.echo import note
from tollgate.adapters.providers.square.payments import (
    COMPLETED,
    OVER,
    PENDING,
    captured,
    is_broken_promise,
    is_sold_elsewhere,
    reason_of,
)
from tollgate.checkout.ports import CheckoutRequest, SeenSession
from tollgate.kernel.clock import from_iso
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session

TENANT, PAYMENT = "tollgate_tenant", "tollgate_payment"
# Square's links never end by themselves: this is when we take them down.
PAGE_LIFE = timedelta(hours=24)
# Nothing may change the amount, and what is sold is paid by card. Apple's and Google's wallets hold cards.
_OPTIONS = {
    "allow_tipping": False,
    "ask_for_shipping_address": False,
    "enable_coupon": False,
    "enable_loyalty": False,
    "accepted_payment_methods": {
        "apple_pay": True,
        "google_pay": True,
        "cash_app_pay": False,
        "afterpay_clearpay": False,
    },
}


def link_parameters(payment: Payment, request: CheckoutRequest, locations: Mapping[str, str]) -> str:
    """All parameters of `POST /v2/online-checkout/payment-links` but the key. Order and note echo whose payment it is.

    Where the success address asks for the session's id, it gets our payment's: Square's own is not known before, and
    Square adds it as `orderId` itself.
    """
    parameters: dict[str, Any] = {
        "order": {
            "location_id": location_of(payment, locations),
            "reference_id": payment.id,
            "metadata": {TENANT: payment.tenant, PAYMENT: payment.id},
            "line_items": _line_items(payment),
            "pricing_options": {"auto_apply_taxes": False, "auto_apply_discounts": False},
        },
        "checkout_options": {
            **_OPTIONS,
            "redirect_url": request.success_url.replace("{CHECKOUT_SESSION_ID}", payment.id),
        },
        "payment_note": note(payment.tenant, payment.id),
    }
    if request.customer_email:
        parameters["pre_populated_data"] = {"buyer_email": request.customer_email}
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def location_of(payment: Payment, locations: Mapping[str, str]) -> str:
    """Where it is sold: the location that takes its currency. Raises `ValidationFailed`."""
    location = locations.get(payment.due.currency)
    if location is None:
        raise ValidationFailed([FieldError("currency", f"this provider takes no {payment.due.currency}")])
    return location


def _line_items(payment: Payment) -> list[dict[str, Any]]:
    """What is bought; where a part is paid otherwise, only the rest: Square adds its lines up."""
    if payment.tenders:
        return [_line("Your order, less gift cards and credit", 1, payment.due)]
    return [_line(each.name, each.quantity, each.unit) for each in payment.items]


def _line(name: str, quantity: int, unit: Money) -> dict[str, Any]:
    return {"name": name, "quantity": str(quantity), "base_price_money": to_square(unit)}


def session_of(link: Mapping[str, Any]) -> Session:
    """The hosted session of a payment link. What happens to it is told of its order, and the link takes it down."""
    made = from_iso(link["created_at"])
    return Session(str(link["order_id"]), str(link["url"]), made + PAGE_LIFE, link=str(link["id"]))


def report_of_order(order: Mapping[str, Any], payments: Sequence[Mapping[str, Any]], at: datetime) -> Report | None:
    """What an order with its payments says about ours; None while it can be paid, or is about to be.

    That an order is open says nothing: a link's is open once it is paid, and may be so after a declined try.
    """
    page = order["id"]
    ours = [each for each in payments if not is_sold_elsewhere(each)]
    by_status = {each["status"]: each for each in reversed(ours)}
    if COMPLETED in by_status:
        return captured(by_status[COMPLETED], at)
    if PENDING in by_status:
        return Report(Fact.PROCESSING, at, about=page)
    if not by_status.keys() <= OVER:
        return None
    if ours and is_broken_promise(ours[-1]):
        return Report(Fact.FAILED, at, reason=reason_of(ours[-1]), about=page)
    # Paid at the merchant's till, it is not ours, and no page is left.
    paid_elsewhere = order["state"] == "COMPLETED" and len(ours) < len(payments)
    if order["state"] == "CANCELED" or paid_elsewhere:
        return Report(Fact.EXPIRED, at, about=page)
    return None


def seen_session(order: Mapping[str, Any], report: Report | None) -> SeenSession:
    """A session of the list of orders, with our echo; what other systems sell has none."""
    made = from_iso(order["created_at"])
    tenant, payment_id = echo_of_order(order)
    return SeenSession(Session(order["id"], None, made + PAGE_LIFE), made, tenant, payment_id, report)


def echo_of_order(order: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Tenant and payment, as we wrote them on it."""
    echo = order.get("metadata") or {}
    return echo.get(TENANT), echo.get(PAYMENT)
