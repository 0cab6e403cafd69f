"""What Square tells of disputes, and of sales that are none of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import NOW
from tests.unit.adapters.test_square_words import PAID, PAY, an_order, heard
from tollgate.adapters.providers.square import transformers
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import Fact

DISPUTE = {
    "id": "d1",
    "state": "EVIDENCE_REQUIRED",
    "amount_money": {"amount": 5_000, "currency": "USD"},
    "disputed_payment": {"payment_id": "p1"},
}


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("INQUIRY_EVIDENCE_REQUIRED", None),
        ("INQUIRY_CLOSED", None),
        ("EVIDENCE_REQUIRED", DisputeState.OPEN),
        ("PROCESSING", DisputeState.OPEN),
        ("WON", DisputeState.WON),
        ("LOST", DisputeState.LOST),
        ("ACCEPTED", DisputeState.LOST),
        ("NEW_ONE", None),
    ],
)
def test_a_dispute_counts_from_when_money_is_held(state: str, ours: DisputeState | None) -> None:
    notice = heard("dispute.state.updated", **DISPUTE | {"state": state})
    assert (notice.report.dispute.state if notice and notice.report.dispute else None) is ours
    assert notice is None or notice.reference == "p1"


@pytest.mark.parametrize("state", ["WON", "LOST", "ACCEPTED"])
def test_the_end_of_a_dispute_tells_of_its_beginning_too(state: str) -> None:
    """Whose event may have been lost."""
    notice = heard("dispute.state.updated", **DISPUTE | {"state": state})
    assert notice is not None
    assert notice.first is not None
    assert notice.first.dispute is not None
    assert notice.report.dispute == replace(notice.first.dispute, state=DisputeState[state.replace("ACCEPTED", "LOST")])
    assert notice.first.dispute.state is DisputeState.OPEN


@pytest.mark.parametrize(
    "till",
    [
        {"application_details": {"square_product": "SQUARE_POS"}},
        {"application_details": {"square_product": "INVOICES"}, "source_type": "CARD"},
        {"source_type": "CASH"},
        {"source_type": "EXTERNAL", "application_details": {"square_product": "ECOMMERCE_API"}},
    ],
)
@pytest.mark.parametrize("note", [None, f"tollgate:demo:{PAY}"])
def test_what_the_merchant_sells_elsewhere_is_ignored_whatever_its_note_says(
    till: dict[str, Any], note: str | None
) -> None:
    """Staff write notes, and cash comes to no account."""
    assert heard("payment.updated", **PAID, **till, note=note) is None
    order = transformers.report_of_order(an_order(), [PAID | till], NOW)
    assert order is None
    done = transformers.report_of_order(an_order("COMPLETED"), [PAID | till], NOW)
    assert done is not None
    assert done.fact is Fact.EXPIRED
