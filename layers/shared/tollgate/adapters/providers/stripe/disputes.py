"""Disputes in Stripe's words, without its SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe
from tollgate.kernel.money import total
from tollgate.payments.disputes import DisputeReport, DisputeState

# A bank that only asks (`warning_…`) takes no money, and so there is nothing to end.
ENDS = {"won": DisputeState.WON, "lost": DisputeState.LOST}


def report_of_dispute(dispute: Mapping[str, Any], state: DisputeState) -> DisputeReport:
    """A dispute counts from when the money is taken: that event carries what it took, with the fee."""
    taken = [each for each in dispute.get("balance_transactions") or [] if each["amount"] < 0]
    fees = [from_stripe(each["fee"], each["currency"]) for each in taken]
    return DisputeReport(
        reference=dispute["id"],
        amount=from_stripe(dispute["amount"], dispute["currency"]),
        state=state,
        fee=total(fees, fees[0].currency) if fees else None,
        capture=dispute.get("payment_intent"),
    )
