"""Sales: what PayPal takes for a subscription. They are of its Payments API, version 1, as are their refunds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.paypal.amounts import from_paypal, from_sale, to_sale
from tollgate.adapters.providers.paypal.errors import UNREADABLE
from tollgate.adapters.providers.paypal.transformers import instant, reference
from tollgate.checkout.ports import Unknown
from tollgate.kernel.ids import is_id
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import NotYet, PaidOut
from tollgate.subscriptions.reports import Charged

type Fields = Mapping[str, Any]

_REFUNDS = {"completed": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "cancelled": RefundState.FAILED}
_TAKEN = frozenset({"completed", "partially_refunded", "refunded"})
_LATER = timedelta(days=1)


def sale_of(sale: Fields) -> Charged | None:
    """Money that was taken for a period; None for what is on its way."""
    if sale["state"] != "completed":
        return None
    return Charged(reference(sale["id"]), from_sale(sale["amount"]), None, instant(sale["create_time"]))


def sale_refund_parameters(payment: Payment, refund: Refund) -> str:
    """The sale, all parameters of its refund, and that it is a sale."""
    body = {"amount": to_sale(Money(refund.amount, payment.amount.currency)), "invoice_number": refund.id}
    return json.dumps([refund.capture, body, "sale"], separators=(",", ":"))


def report_of_sale_refund(refund: Fields) -> RefundReport:
    """What a refund in its present state says. Whether it repeats our number, no example shows: without it, it is the
    one that was asked for of that sale and amount.
    """
    number, amount = refund.get("invoice_number"), from_sale(refund["amount"])
    return RefundReport(
        state=_REFUNDS.get(refund["state"], RefundState.PENDING),
        id=number if isinstance(number, str) and is_id("ref", number) else None,
        reference=reference(refund["id"]),
        amount=-amount if amount.amount < 0 else amount,
        capture=sale_behind(refund),
        unnamed=True,
        of_dispute=True,
    )


def report_of_sale_reversal(resource: Fields) -> DisputeReport:
    """Money that PayPal took back for good; it names no dispute."""
    amount = from_sale(resource["amount"])
    return DisputeReport(
        reference=reference(resource["id"]),
        amount=-amount if amount.amount < 0 else amount,
        state=DisputeState.LOST,
        capture=sale_behind(resource),
        reversal=True,
    )


def sale_behind(resource: Fields) -> str:
    """Which sale a refund or a reversal is of. `ValueError` where nothing says so."""
    if "sale_id" in resource:
        return reference(resource["sale_id"])
    for link in resource.get("links") or []:
        before, _, id_ = str(link.get("href", "")).rpartition("/")
        if before.endswith("/sale"):
            return reference(id_)
    raise ValueError("no sale is named")


def settlement_of_sale(sale: Fields, now: datetime) -> PaidOut | NotYet | Unknown:
    """As of captures."""
    if sale.get("state") not in _TAKEN:
        return NotYet(now + _LATER)
    fee = sale.get("transaction_fee_in_receivable_currency") or sale.get("transaction_fee")
    if not fee:
        return Unknown("it does not say what it kept", told=True)
    try:
        return PaidOut(Settlement(from_paypal({"currency_code": fee["currency"], "value": fee["value"]})))
    except UNREADABLE as error:
        return Unknown(f"a fee that no books can hold: {type(error).__name__}", told=True)
