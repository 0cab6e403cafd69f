"""Refunds and fees in Square's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.square.amounts import from_square, to_square
from tollgate.adapters.providers.square.echo import of_reason, reason
from tollgate.checkout.ports import Unknown
from tollgate.kernel.money import Money, total
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import NotYet, PaidOut

# What is neither done nor given up is on its way.
_STATES = {"COMPLETED": RefundState.SUCCEEDED, "REJECTED": RefundState.FAILED, "FAILED": RefundState.FAILED}
# Square sends a day's money on the next business day, and does not say of a payment when that was.
AVAILABLE_AFTER = timedelta(days=2)
# What it keeps is on the payment soon after. Where it is not, it is asked again; at last somebody has to look.
_FEE_LATER, _FEE_OVERDUE = timedelta(hours=6), timedelta(days=7)


def refund_parameters(payment: Payment, refund: Refund) -> str:
    """All parameters of `POST /v2/refunds` but the key. The reason is the only field that comes back to us."""
    parameters = {
        "payment_id": refund.capture,
        "amount_money": to_square(Money(refund.amount, payment.amount.currency)),
        "reason": reason(payment.tenant, payment.id, refund.id),
    }
    return json.dumps(parameters, separators=(",", ":"))


def report_of_refund(refund: Mapping[str, Any]) -> RefundReport:
    """What a refund in its present state says. One that was made at the dashboard has no id of ours."""
    state = _STATES.get(refund["status"], RefundState.PENDING)
    echo = of_reason(refund.get("reason"))
    return RefundReport(
        state=state,
        id=echo[2] if echo else None,
        reference=refund["id"],
        amount=from_square(refund["amount_money"]),
        reason=str(refund["status"]).lower() if state is RefundState.FAILED else None,
        capture=refund.get("payment_id"),
    )


def settlement_of(payment: Mapping[str, Any], taken: datetime, now: datetime) -> PaidOut | NotYet | Unknown:
    """What Square kept of a payment that it took then, adjustments included."""
    if now < taken + AVAILABLE_AFTER:
        return NotYet(taken + AVAILABLE_AFTER)
    fees = [from_square(each["amount_money"]) for each in payment.get("processing_fee") or []]
    if fees:
        return PaidOut(Settlement(total(fees, fees[0].currency)))
    return NotYet(now + _FEE_LATER) if now < taken + _FEE_OVERDUE else Unknown("no fee is told", told=True)
