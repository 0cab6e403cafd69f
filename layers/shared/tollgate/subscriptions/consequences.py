"""What becomes of a subscription when its payments move on: the first begins it, and those that we charge renew it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from tollgate.kernel.unit_of_work import Write
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences, PaymentRepository
from tollgate.payments.values import Billing
from tollgate.subscriptions.activation import activated, expired, unwanted
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.model import Change, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository
from tollgate.subscriptions.reports import Failed, Paid

_PAID = (PaymentState.CONFIRMED, PaymentState.SETTLED)
_ENDED = (PaymentState.FAILED, PaymentState.CANCELLED)


class SubscriptionConsequences(Consequences):
    """Reads the subscription that is concerned, and nothing for payments that concern none."""

    def __init__(self, subscriptions: SubscriptionRepository, payments: PaymentRepository) -> None:
        self._subscriptions = subscriptions
        self._payments = payments

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        billing = after.billing
        paid, ended = (after.state in states and before.state not in states for states in (_PAID, _ENDED))
        held = after.review is not None and before.review is None
        if billing is None or after.is_invoiced or not (paid or ended or held):
            return ()
        subscription = self._subscriptions.get(SubscriptionKey(after.tenant, billing.subscription))
        if subscription is None:
            raise LookupError(f"the subscription {billing.subscription} is gone that a payment names")
        change = unwanted(subscription, after, now) if held else _change(subscription, after, billing, now, paid=paid)
        if change is None:
            return ()
        points = self._pointers(change.subscription, after) if paid or held else ()
        return (*self._subscriptions.update(change), *points)

    def _pointers(self, begun: Subscription, first: Payment) -> Iterator[Write]:
        """The provider's events of later periods name its own subscription; those of refunds and disputes the charge,
        and nothing of ours.
        """
        if begun.reference is not None:
            yield self._subscriptions.point(begun, begun.reference)
            yield from (self._payments.point(first, each.reference) for each in first.captures)


def _change(of: Subscription, payment: Payment, billing: Billing, now: datetime, *, paid: bool) -> Change | None:
    if payment.id == of.payment:
        return activated(of, payment, now) if paid else expired(of, payment.reason or payment.state.value, now)
    if billing.invoice is None or billing.period is None:
        return None
    change = apply(of, _fact(payment, billing, now, paid=paid), now)
    return change if isinstance(change, Change) else None


def _fact(payment: Payment, billing: Billing, now: datetime, *, paid: bool) -> Paid | Failed:
    invoice, period = billing.invoice or "", billing.period
    if period is None:
        raise LookupError(f"{payment.id} pays for no period")
    if paid:
        return Paid(invoice, payment.amount, period, now, payment.captures[0], payment=payment.id)
    decline = Decline(payment.decline or DeclineClass.SOFT, payment.reason or "failed")
    return Failed(invoice, payment.amount, period, now, payment.id, decline, payment.id)
