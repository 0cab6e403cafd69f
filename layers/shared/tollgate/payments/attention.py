"""When somebody should look at a payment of which nothing more is heard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tollgate.payments import approvals, refunds, settlement
from tollgate.payments.lifecycle import State

if TYPE_CHECKING:
    from tollgate.payments.model import Payment

# How long nothing may happen before somebody asks the provider what has become of the buyer.
CHECK_AFTER = timedelta(minutes=15)
# The same of money that is only set aside: it waits for us, and for days.
CHECK_HOLD_AFTER = timedelta(days=1)
# The provider ends a page on time, and lets go of what is set aside; its event may take a little.
AFTER_EXPIRY = timedelta(minutes=5)


def due_at(payment: Payment) -> datetime | None:
    """None once nothing is open."""
    if payment.review is not None:
        return payment.updated_at
    if payment.state is State.PENDING and payment.is_invoiced:
        return None  # its subscription is looked at
    if payment.session is not None and approvals.is_authorized(payment):
        return min(payment.updated_at + CHECK_HOLD_AFTER, payment.session.expires_at + AFTER_EXPIRY)
    if payment.state in (State.PENDING, State.PROCESSING):
        return payment.updated_at + CHECK_AFTER
    times = [each.at + refunds.ASK_AFTER[each.state] for each in payment.refunds if each.is_unsure]
    if payment.state is State.CONFIRMED and payment.captures and payment.captures[0].amount.amount:
        times.append(payment.captures[0].at + settlement.ASK_AFTER)
    if payment.reserve and payment.settled_at is not None:
        times.append(payment.settled_at + settlement.RESERVED_FOR)
    return min(times, default=None)
