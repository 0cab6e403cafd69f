"""What time alone changes: sessions run out, holds lapse, refunds settle, disputes come and end, payouts arrive,
subscriptions renew.
"""

from collections.abc import Callable, Mapping

from local.simulators.stripe import (
    checkout_payment,
    dispute_course,
    invoice_course,
    payments,
    payout_course,
    refunds,
    subscription_course,
)
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def age(work: Work) -> int:
    """Carry out everything that is due by the simulated clock, in the order of time. Returns how much there was."""
    changed = 0
    while record := work.tx.next_due(work.now):
        _age(work, record)
        changed += 1
    return changed


def _age(work: Work, record: Record) -> None:
    work, moment = work.of(record.account), record.due or work.now
    record.due = None
    work.save(record)
    if record.kind in _IN_THE_PAST:
        _IN_THE_PAST[record.kind](work.at(moment), record)
    elif record.kind == "checkout.session" and record.body["status"] == "open":
        checkout_payment.expire(work, record)
    elif record.kind == "payment_intent" and record.body["status"] == "requires_capture":
        payments.lapse(work, record)
    elif record.kind in _NOW:
        _NOW[record.kind](work, record)


_NOW: Mapping[str, Callable[[Work, Record], None]] = {
    "refund": refunds.settle_by_time,
    "charge": dispute_course.open_by_card,
    "dispute": dispute_course.lapse,
    "payout": payout_course.go_on,
}
# A clock that jumps over months passes each renewal at its own time.
_IN_THE_PAST: Mapping[str, Callable[[Work, Record], None]] = {
    "subscription": subscription_course.go_on,
    "invoice": invoice_course.go_on,
}
