"""Refunds in Stripe's words, without its SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe, to_stripe
from tollgate.adapters.providers.stripe.transformers import instant
from tollgate.checkout.ports import Unknown
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import NotYet, PaidOut

TENANT, PAYMENT, REFUND = "tollgate_tenant", "tollgate_payment", "tollgate_refund"

# What is neither done nor given up is on its way.
_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def refund_parameters(payment: Payment, refund: Refund) -> str:
    """All parameters of `POST /v1/refunds`. The metadata is what its events, and our question later, are found by."""
    parameters = {
        "payment_intent": refund.capture,
        "amount": to_stripe(Money(refund.amount, payment.amount.currency)),
        "metadata": {TENANT: payment.tenant, PAYMENT: payment.id, REFUND: refund.id},
    }
    return json.dumps(parameters, separators=(",", ":"))


def report_of_refund(refund: Mapping[str, Any]) -> RefundReport:
    """What a refund in its present state says. One that was made at the dashboard has no id of ours."""
    return RefundReport(
        state=_STATES.get(refund["status"], RefundState.PENDING),
        id=(refund.get("metadata") or {}).get(REFUND),
        reference=refund["id"],
        amount=from_stripe(refund["amount"], refund["currency"]),
        reason=refund.get("failure_reason"),
        capture=refund.get("payment_intent"),
    )


def settlement_of(transaction: Mapping[str, Any]) -> PaidOut | NotYet | Unknown:
    """What a charge's balance transaction says. Where Stripe converted the money into the account's own currency, its
    fee is in that.
    """
    if not transaction:
        return Unknown("no balance transaction", told=True)
    if transaction["status"] != "available":
        return NotYet(instant(transaction["available_on"]))
    try:
        return PaidOut(Settlement(from_stripe(transaction["fee"], transaction["currency"])))
    except (ValueError, TollgateError) as error:
        return Unknown(f"a fee that no books can hold: {error}", told=True)
