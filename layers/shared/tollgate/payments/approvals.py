"""What a buyer has agreed to and only we take then: from there on the payment waits for our capture.

Whoever comes first decides, in the store: an approval that was recorded is captured, and no wish of ours ends the
payment any more; a payment that has ended is never captured.
"""

from __future__ import annotations

from datetime import datetime
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
    if report.fact is Fact.APPROVED and _was_refused_since(payment, report.at):
        return Meaning.STALE
    return None


def _was_refused_since(payment: Payment, at: datetime) -> bool:
    """Whether an approval of that time is one that came to nothing. Providers may tell times in whole seconds."""
    return payment.refused_at is not None and at < payment.refused_at.replace(microsecond=0)


def after(payment: Payment, report: Report) -> int:
    """`approved` of the next version. A refused try takes it away: the buyer has to agree anew."""
    if report.fact is Fact.APPROVED:
        return payment.version + 1
    if report.fact is Fact.DECLINED and report.approval:
        return 0
    return payment.approved


def refused_at(payment: Payment, report: Report) -> datetime | None:
    """`refused_at` of the next version."""
    return report.at if report.fact is Fact.DECLINED and report.approval else payment.refused_at


def asks_anew(payment: Payment) -> bool:
    """Whether a try was refused, and only the event of another approval counts: the provider may call approved what it
    has just refused, and whoever took that at its word would try it for as long as the page is there.
    """
    return payment.refused_at is not None and not payment.approved
