"""What a buyer has agreed to and only we take then: from there on the payment waits for our capture.

Whoever comes first decides, in the store: an approval that was recorded is captured, and no wish of ours ends the
payment any more; a payment that has ended is never captured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.payments.lifecycle import Fact, Meaning, State

if TYPE_CHECKING:
    from tollgate.payments.model import Payment, Report


def awaits_capture(payment: Payment) -> bool:
    """Whether the buyer has agreed, and nobody knows of money that was taken."""
    waits = payment.state is State.PENDING and payment.review is None and not payment.captures
    return waits and payment.approved > 0 and payment.session is not None


def overtaken(payment: Payment, report: Report) -> Meaning | None:
    """Why a report makes no change whatever the state; None where the state decides."""
    if report.yields and payment.approved:
        return Meaning.STALE  # the money may be on its way already
    if report.approval and report.approval != payment.approved:
        return Meaning.STALE  # an answer about what the buyer had agreed to before
    if report.fact is Fact.APPROVED and payment.approved:
        return Meaning.REPEAT
    return None


def after(payment: Payment, report: Report) -> int:
    """`approved` of the next version. A refused try takes it away: the buyer has to agree anew."""
    if report.fact is Fact.APPROVED:
        return payment.version + 1
    if report.fact is Fact.DECLINED and report.approval:
        return 0
    return payment.approved
