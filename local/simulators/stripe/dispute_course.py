"""The life of a dispute: opened by the cardholder's bank, answered or not, won or lost, and the money in between."""

import copy

from local.simulators.stripe.balance_transactions import book
from local.simulators.stripe.cards import card_known_as
from local.simulators.stripe.charges import refundable
from local.simulators.stripe.currencies import digits
from local.simulators.stripe.dispute_shapes import dispute_body
from local.simulators.stripe.errors import invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

UNANSWERED = ("needs_response", "warning_needs_response")
OPEN = (*UNANSWERED, "under_review", "warning_under_review")
_INQUIRY_CARD = "inquiry"
_FEE = {0: 1500, 2: 1500, 3: 15000}
"""Taken for every chargeback, also for one that is won; in minor units."""


def open_by_card(work: Work, charge: Record) -> None:
    """The dispute that the test card of a charge foresees, if it does."""
    course = card_known_as(charge.private["card"]).dispute
    if course and charge.body["captured"]:
        inquiry = course == _INQUIRY_CARD
        open_dispute(work, charge, "fraudulent" if inquiry else course, None, inquiry=inquiry)


def open_dispute(work: Work, charge: Record, reason: str, amount: int | None, *, inquiry: bool) -> Record:
    """Dispute a captured charge, by default all of it that was not refunded.

    A chargeback takes the money and a fee at once; an inquiry takes nothing. Raises a 400 for a charge that took no
    money, an amount above what it took, and a charge with an open dispute.
    """
    captured = charge.body["amount_captured"]
    amount = amount or refundable(charge) or captured
    if not charge.body["paid"] or not 0 < amount <= captured:
        raise invalid(f"The charge {charge.id} took {captured}; {amount} of it cannot be disputed.", param="amount")
    if any(dispute.body["status"] in OPEN for dispute in disputes_of(work, charge)):
        raise invalid(f"The charge {charge.id} has an open dispute.")
    dispute = work.add("dispute", dispute_body(work, charge, amount, reason, inquiry=inquiry))
    dispute.due = dispute.body["evidence_details"]["due_by"] + 1
    charge.body["disputed"] = True
    work.save(dispute, charge)
    emit(work, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(work, dispute)
    return dispute


def disputes_of(work: Work, charge: Record) -> list[Record]:
    """All disputes of a charge, the newest first."""
    return work.tx.select("dispute", {"json_extract(body, '$.charge') = ?": charge.id})


def _withdraw(work: Work, dispute: Record) -> None:
    fee = _FEE[digits(dispute.body["currency"])]
    _move(work, dispute, -int(dispute.body["amount"]), "dispute", "withdrawal", fee)
    emit(work, "charge.dispute.funds_withdrawn", dispute, {"balance_transactions": []})


def _move(work: Work, dispute: Record, amount: int, category: str, what: str, fee: int = 0) -> None:
    description = f"Chargeback {what} for {dispute.body['charge']}"
    transaction = book(
        work, dispute, "adjustment", amount, fee=(fee, "Dispute fee"), category=category, description=description
    )
    dispute.body["balance_transactions"].append(transaction.body)
    work.save(dispute)


def submit(work: Work, dispute: Record) -> None:
    """Send the staged evidence to the bank. The texts `winning_evidence` and `losing_evidence` decide at once."""
    details = dispute.body["evidence_details"]
    details.update(submission_count=details["submission_count"] + 1, submission_method="manual")
    warning = dispute.body["status"].startswith("warning")
    dispute.body["status"] = "warning_under_review" if warning else "under_review"
    dispute.due = None
    work.save(dispute)


def decide_by_evidence(work: Work, dispute: Record) -> None:
    """What the bank makes of evidence written for a test; any other waits for `close`."""
    outcomes = {"winning_evidence": "won", "losing_evidence": "lost"}
    outcome = outcomes.get(dispute.body["evidence"]["uncategorized_text"] or "")
    if outcome:
        close(work, dispute, "warning_closed" if dispute.body["status"].startswith("warning") else outcome)


def close(work: Work, dispute: Record, outcome: str) -> None:
    """The end: `won` gives the money back (not the fee), `lost` keeps it; an inquiry only ever ends `warning_closed`.

    Raises a 400 for a dispute that has ended, and for an outcome of the other kind.
    """
    status = dispute.body["status"]
    if status not in OPEN:
        raise invalid(f"The dispute {dispute.id} is closed in the status {status}.", executed=True)
    if status.startswith("warning") != (outcome == "warning_closed"):
        kind = "An inquiry ends warning_closed" if status.startswith("warning") else "A chargeback ends won or lost"
        raise invalid(f"{kind}, not {outcome}.", param="outcome", executed=True)
    dispute.body["status"] = outcome
    dispute.body["is_charge_refundable"] = outcome != "lost"
    dispute.due = None
    work.save(dispute)
    emit(work, "charge.dispute.closed", dispute, {"status": status})
    if outcome == "won":
        _reinstate(work, dispute)


def _reinstate(work: Work, dispute: Record) -> None:
    before = copy.copy(dispute.body["balance_transactions"])
    _move(work, dispute, int(dispute.body["amount"]), "dispute_reversal", "reversal")
    emit(work, "charge.dispute.funds_reinstated", dispute, {"balance_transactions": before})


def lapse(work: Work, dispute: Record) -> None:
    """Nobody answered in time."""
    warning = dispute.body["status"] == "warning_needs_response"
    close(work, dispute, "warning_closed" if warning else "lost")
