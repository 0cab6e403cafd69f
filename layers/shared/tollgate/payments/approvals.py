"""What a buyer has agreed to and only we take then: from there on the payment waits for our capture.

Whoever comes first decides, in the store: an approval that was recorded is captured, and no wish of ours ends the
payment any more; a payment that has ended is never captured.

A hold is approved as well, once its provider has set the money aside, and waits for whoever says that it be taken or
let go. There the provider decides, who does only one of the two.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.kernel.clock import to_iso
from tollgate.payments.lifecycle import Fact, Meaning, State

if TYPE_CHECKING:
    from tollgate.payments.model import Payment, Report


def awaits_capture(payment: Payment) -> bool:
    """Whether the buyer has agreed, and nobody knows of money that was taken."""
    waits = payment.state is State.PENDING and payment.review is None and not payment.captures
    return waits and payment.approved > 0 and payment.session is not None and not payment.hold


def is_authorized(payment: Payment) -> bool:
    """Whether the buyer's money is set aside for it, and nobody knows that it was taken or let go."""
    open_ = payment.state in (State.PENDING, State.PROCESSING) and payment.review is None and not payment.captures
    return open_ and payment.hold and payment.approved > 0 and payment.session is not None


def overtaken(payment: Payment, report: Report) -> Meaning | None:
    """Why a report makes no change whatever the state; None where the state decides."""
    if report.yields and payment.approved:
        return Meaning.STALE  # the money may be on its way already
    if report.approval and report.approval != payment.approved:
        return Meaning.STALE  # an answer about what the buyer had agreed to before
    if _is_of_a_try_before(payment, report):
        return Meaning.STALE
    return _again_or_not(payment, report) if report.fact is Fact.APPROVED else None


def _again_or_not(payment: Payment, report: Report) -> Meaning | None:
    """Why an approval makes no change."""
    if payment.approved:
        return Meaning.REPEAT
    if payment.direct and not _sets_aside(payment, report):
        return Meaning.STALE  # on its way to being taken: nobody is asked to
    if _was_refused_since(payment, report.at):
        return Meaning.STALE
    return None


def _is_of_a_try_before(payment: Payment, report: Report) -> bool:
    """Whether a decline is one of the tries that came before the buyer's bank agreed. What becomes of money that is set
    aside, its provider says of the whole charge to who takes it, or asks.
    """
    return report.fact is Fact.DECLINED and report.about is None and is_authorized(payment)


def _was_refused_since(payment: Payment, at: datetime) -> bool:
    """Whether an approval of that time is one that came to nothing. Providers may tell times in whole seconds."""
    return payment.refused_at is not None and at < payment.refused_at.replace(microsecond=0)


def _sets_aside(payment: Payment, report: Report) -> bool:
    """Whether there is a hold that can be taken later."""
    return payment.hold and (report.session or payment.session) is not None


def comes_too_late(payment: Payment, report: Report) -> bool:
    """Whether money is set aside for a payment that has ended: nobody takes that, and somebody has to see to it that it
    is let go. What was known when the payment was cancelled is gone; a charge that failed could be confirmed again.
    """
    failed, cancelled = payment.state is State.FAILED, payment.state is State.CANCELLED and not payment.approved
    ended = payment.hold and not payment.captures and (failed or cancelled)
    return report.fact is Fact.APPROVED and report.session is not None and ended


def lapsed(payment: Payment, report: Report) -> bool:
    """Whether money was let go because its time was over. Who cancels it then says so in words of their own, or of the
    provider's: the time decides, so that whoever tells of it says the same.
    """
    session = payment.session if is_authorized(payment) else None
    return report.fact is Fact.CANCELLED and session is not None and report.at >= session.expires_at


def with_session(payment: Payment, report: Report) -> Payment:
    """With what an approval brings: money stays set aside for longer than the page lives on which that was agreed."""
    brought = report.fact is Fact.APPROVED and report.session is not None
    return replace(payment, session=report.session) if brought else payment


def said(report: Report) -> dict[str, str]:
    """What the event of an approval says of money that is set aside: until when, if nobody says otherwise."""
    held = report.session if report.fact is Fact.APPROVED else None
    return {"held_until": to_iso(held.expires_at)} if held else {}


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
