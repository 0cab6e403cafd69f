"""Disputes in Square's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollgate.adapters.providers.square.amounts import from_square
from tollgate.payments.disputes import DisputeReport, DisputeState

# A bank that only asks (`INQUIRY_…`) takes no money. From the dispute itself on, Square holds it.
_STATES = {
    "EVIDENCE_REQUIRED": DisputeState.OPEN,
    "PROCESSING": DisputeState.OPEN,
    "WON": DisputeState.WON,
    "LOST": DisputeState.LOST,
    "ACCEPTED": DisputeState.LOST,
}


def report_of_dispute(dispute: Mapping[str, Any]) -> DisputeReport | None:
    """None while no money is at stake. Square asks no fee for it."""
    state = _STATES.get(dispute["state"])
    if state is None:
        return None
    return DisputeReport(
        reference=str(dispute.get("id") or dispute["dispute_id"]),
        amount=from_square(dispute["amount_money"]),
        state=state,
        capture=dispute["disputed_payment"]["payment_id"],
    )
