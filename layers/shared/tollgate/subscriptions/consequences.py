"""What becomes of a subscription when its payments move on: the first begins it, and those that we charge renew it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from tollgate.kernel.unit_of_work import Write
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import NEVER_MADE
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences, PaymentRepository
from tollgate.payments.values import Billing
from tollgate.subscriptions.activation import activated, expired, unwanted
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.model import Change, Subscription, charge_id
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
        if after.id != subscription.payment:
            charged = None if held else _charged(subscription, after, billing, now, paid=paid)
            return self._subscriptions.update(charged) if charged else ()
        change = unwanted(subscription, after, now) if held else _begun(subscription, after, now, paid=paid)
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


def _begun(of: Subscription, payment: Payment, now: datetime, *, paid: bool) -> Change | None:
    return activated(of, payment, now) if paid else expired(of, payment.reason or payment.state.value, now)


def _charged(of: Subscription, payment: Payment, billing: Billing, now: datetime, *, paid: bool) -> Change | None:
    """What comes of a charge of ours. One that was never made leaves everything as it was, for the next."""
    awaited = of.charging is not None and charge_id(of, of.charging.key) == payment.id
    told = replace(of, charging=None) if awaited else of
    made = paid or payment.reason != NEVER_MADE
    change = apply(told, fact_of(payment, billing, now), now) if made else None
    if isinstance(change, Change):
        return change
    return told.noted() if awaited else None


def fact_of(payment: Payment, billing: Billing, now: datetime) -> Paid | Failed:
    """What a payment that has ended, and that we charged for a period, means for its subscription."""
    invoice, period = billing.invoice, billing.period
    if invoice is None or period is None:
        raise LookupError(f"{payment.id} pays for no period")
    if payment.state in _PAID:
        return Paid(invoice, payment.amount, period, now, payment.captures[0], payment=payment.id)
    decline = Decline(payment.decline or DeclineClass.SOFT, payment.reason or "failed")
    return Failed(invoice, payment.amount, period, now, payment.id, decline, payment.id)
