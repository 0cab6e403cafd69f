"""Disputes in PayPal's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollgate.adapters.providers.paypal.amounts import from_paypal
from tollgate.adapters.providers.paypal.transformers import capture_behind, reference
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState

# What else PayPal says leaves open who has the money, such as that it paid somebody itself (`RESOLVED_WITH_PAYOUT`).
_ENDS: dict[object, DisputeState] = {
    "RESOLVED_SELLER_FAVOUR": DisputeState.WON,
    "CANCELED_BY_BUYER": DisputeState.WON,
    "DENIED": DisputeState.WON,
    "RESOLVED_BUYER_FAVOUR": DisputeState.LOST,
    "ACCEPTED": DisputeState.LOST,
}


def disputed_transaction(dispute: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is disputed: one capture."""
    found: Mapping[str, Any] = dispute["disputed_transactions"][0]
    return found


def report_of_dispute(dispute: Mapping[str, Any]) -> DisputeReport:
    """PayPal holds the money back from the start. An end that leaves open who has it counts as none here, and is for a
    person.
    """
    ended = dispute["status"] == "RESOLVED"
    outcome = dispute.get("dispute_outcome") or {}
    end = _ENDS.get(outcome.get("outcome_code"))
    state = (end or DisputeState.LOST) if ended else DisputeState.OPEN
    return DisputeReport(
        reference=reference(dispute["dispute_id"]),
        amount=from_paypal(dispute["dispute_amount"]),
        state=state,
        capture=reference(disputed_transaction(dispute)["seller_transaction_id"]),
        lost=_lost(outcome) if ended and end is DisputeState.LOST else None,
        by_refund=True,
        decided=end is not None or not ended,
    )


def _lost(outcome: Mapping[str, Any]) -> Money | None:
    """What the buyer was given of what they disputed, where PayPal says so. A loss of nothing is none."""
    if "amount_refunded" not in outcome:
        return None
    lost = from_paypal(outcome["amount_refunded"])
    if lost.amount <= 0:
        raise ValueError("lost, and nothing went back")
    return lost


def reversed_capture(resource: Mapping[str, Any]) -> str:
    """Told as a record of its own that links to its capture, or as the capture itself."""
    return capture_behind(resource) or reference(resource["id"])


def report_of_reversal(resource: Mapping[str, Any]) -> DisputeReport:
    """Money that PayPal took back for good, for a bank or for the buyer; it names no dispute. Where there was none, it
    is opened and lost at once.
    """
    amount = from_paypal(resource["amount"])
    return DisputeReport(
        reference=reference(resource["id"]),
        amount=-amount if amount.amount < 0 else amount,
        state=DisputeState.LOST,
        capture=reversed_capture(resource),
        reversal=True,
    )
