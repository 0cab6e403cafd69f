"""What time alone changes: sessions run out, authorisations lapse, late refunds settle."""

from local.simulators.stripe import checkout_payment, payments, refunds
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
    record.due = None
    work.save(record)
    if record.kind == "checkout.session" and record.body["status"] == "open":
        checkout_payment.expire(work, record)
    elif record.kind == "payment_intent" and record.body["status"] == "requires_capture":
        payments.lapse(work, record)
    elif record.kind == "refund":
        refunds.settle_by_time(work, record)
