"""What time alone changes: sessions run out, holds lapse, refunds settle, disputes come and end, payouts arrive."""

from local.simulators.stripe import checkout_payment, dispute_course, payments, payout_course, refunds
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def age(work: Work) -> int:
    """Carry out everything that is due by the simulated clock. Returns how many objects changed."""
    changed = 0
    while due := work.tx.due(work.now):
        for record in due:
            _age(work, record)
        changed += len(due)
    return changed


def _age(work: Work, record: Record) -> None:
    work = work.of(record.account)
    record.due = None
    work.save(record)
    if record.kind == "checkout.session" and record.body["status"] == "open":
        checkout_payment.expire(work, record)
    elif record.kind == "payment_intent" and record.body["status"] == "requires_capture":
        payments.lapse(work, record)
    elif record.kind == "refund":
        refunds.settle_by_time(work, record)
    elif record.kind == "charge":
        dispute_course.open_by_card(work, record)
    elif record.kind == "dispute":
        dispute_course.lapse(work, record)
    elif record.kind == "payout":
        payout_course.go_on(work, record)
