"""Refunds and settlement in PayPal's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.paypal.amounts import from_paypal, to_paypal
from tollgate.adapters.providers.paypal.echo import echo, echoed, plan_echoed
from tollgate.adapters.providers.paypal.transformers import TAKEN, capture_behind, reference
from tollgate.checkout.ports import Unknown
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import NotYet, PaidOut

# What is neither done nor given up is on its way.
_STATES = {
    "COMPLETED": RefundState.SUCCEEDED,
    "FAILED": RefundState.FAILED,
    "CANCELLED": RefundState.FAILED,
}
# A capture under review, or of an eCheck, takes days.
_LATER = timedelta(days=1)


def refund_parameters(payment: Payment, refund: Refund) -> str:
    """The capture, and all parameters of its refund."""
    body = {
        "amount": to_paypal(Money(refund.amount, payment.amount.currency)),
        "custom_id": echo(payment, refund.id),
    }
    return json.dumps([refund.capture, body], separators=(",", ":"))


def report_of_refund(refund: Mapping[str, Any]) -> RefundReport:
    """What a refund in its present state says. One that was made at PayPal's own pages has no id of ours."""
    details = refund.get("status_details") or {}
    return RefundReport(
        state=_STATES.get(refund["status"], RefundState.PENDING),
        id=None if plan_echoed(refund.get("custom_id")) else echoed(refund.get("custom_id"))[1],
        reference=reference(refund["id"]),
        amount=from_paypal(refund["amount"]),
        reason=str(details["reason"]).lower() if "reason" in details else None,
        capture=capture_behind(refund),
        of_dispute=True,
    )


def settlement_of(capture: Mapping[str, Any], now: datetime) -> PaidOut | NotYet | Unknown:
    """What a capture says has come into our balance. Where PayPal converted the money, its fee is in that currency."""
    if capture.get("status") not in TAKEN:
        return NotYet(now + _LATER)
    shares = capture.get("seller_receivable_breakdown") or {}
    fee = shares.get("paypal_fee_in_receivable_currency") or shares.get("paypal_fee")
    try:
        return PaidOut(Settlement(from_paypal(fee))) if fee else Unknown("it does not say what it kept", told=True)
    except (AttributeError, KeyError, TypeError, ValueError, TollgateError) as error:
        return Unknown(f"a fee that no books can hold: {type(error).__name__}", told=True)
