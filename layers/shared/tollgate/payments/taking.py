"""Money that comes for a payment: it confirms it, or is held until it is decided whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.kernel.money import Money
from tollgate.payments import events, postings, review
from tollgate.payments.deposits import UNWANTED
from tollgate.payments.lifecycle import Fact, Meaning, State, transition
from tollgate.payments.tenders import TenderState, resolved, total_of

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Change, Payment, Report


def captured(payment: Payment, capture: Capture, report: Report, now: datetime) -> Change | Meaning:
    """What a capture makes of a payment."""
    if review.is_known(payment, capture):
        return Meaning.REPEAT
    money, trace = capture.amount, report.trace
    ours = money.amount if money.currency == payment.amount.currency else 0
    # A period is paid by the first money that comes for it.
    billing = payment.billing if payment.captures else report.billing or payment.billing
    captures, refundable = (*payment.captures, capture), payment.refundable + ours
    taken = replace(payment, billing=billing, captures=captures, refundable=refundable)
    data = {"capture": capture.reference, "captured": money.amount, "captured_currency": money.currency}
    cell = transition(payment.state, Fact.CAPTURED)
    confirms = cell.meaning is Meaning.MOVE and money == payment.due and not payment.captures
    if confirms and report.unwanted is None:
        refundable += total_of(payment.tenders)
        taken = replace(taken, refundable=refundable, reason=None)
        confirmed = taken.moved(cell.to)
        type_ = events.DEPOSIT_RECEIVED if payment.deposit else events.PURCHASE_CONFIRMED
        change = confirmed.with_event(type_, now, data, trace)
        return replace(change, entries=postings.sale(confirmed, now))
    if money == payment.due == Money(0, payment.amount.currency):
        return Meaning.STALE  # no money came: what covered the payment has been let go
    if confirms:
        held = replace(taken.moved(State.CANCELLED), review=UNWANTED, reason=report.unwanted)
    else:
        # A page that was paid in a wrong amount is paid no second time: nothing waits for it any more.
        freed = resolved(payment.tenders, TenderState.VOIDED)
        held = replace(taken, review=review.reason_for(payment, capture), tenders=freed)
    change = held.with_event(events.REVIEW_REQUIRED, now, {**data, "review": held.review}, trace)
    return replace(change, entries=postings.held(held, capture, now))
