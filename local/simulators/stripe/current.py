"""Objects as they are now, where that differs from what is stored."""

from local.simulators.stripe import deliveries
from local.simulators.stripe.errors import Body
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def current(work: Work, record: Record) -> Body:
    """The object for an answer: time makes money available, and deliveries end while nobody asks."""
    if record.kind == "balance_transaction":
        available = record.body["available_on"] <= work.now
        return {**record.body, "status": "available" if available else "pending"}
    if record.kind == "event":
        return {**record.body, "pending_webhooks": deliveries.outstanding(work.tx, record.id)}
    return record.body
