"""The mock's own little protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tollgate.checkout.ports import CheckoutRequest
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report
from tollgate.payments.values import Billing


def session_parameters(payment: Payment, request: CheckoutRequest) -> str:
    """Everything the mock's page needs; it keeps no state of its own."""
    parameters = {
        "tenant": payment.tenant,
        "payment": payment.id,
        "amount": payment.due.amount,
        "currency": payment.amount.currency,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        **({"subscription": payment.billing.subscription} if payment.billing else {}),
    }
    return json.dumps(parameters, separators=(",", ":"))


def _billing(event: Mapping[str, Any]) -> Billing | None:
    """The method that is charged for later periods, of a subscription."""
    if "subscription" not in event:
        return None
    return Billing(event["subscription"], source=event["source"])


def report_of(event: Mapping[str, Any], at: datetime) -> Report | None:
    """What a mock event says: `captured` with its amount, `failed`, or `expired`."""
    match event["type"]:
        case "captured":
            capture = Capture(event["capture"], Money(event["amount"], event["currency"]), at)
            return Report(Fact.CAPTURED, at, capture=capture, billing=_billing(event))
        case "declined":
            return Report(Fact.DECLINED, at, reason="card_declined")
        case "failed":
            return Report(Fact.FAILED, at, reason="failed")
        case "settled":
            return Report(Fact.SETTLED, at)
        case "expired":
            return Report(Fact.EXPIRED, at)
    return None
