"""How a subscription begins: with the payment of its first period, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tollgate.kernel.clock import to_iso
from tollgate.payments.model import Payment
from tollgate.payments.values import Billing, Period
from tollgate.subscriptions import events, periods
from tollgate.subscriptions.model import GRACE, Change, Renewer, State, Subscription


def activated(subscription: Subscription, payment: Payment, now: datetime) -> Change | None:
    """Its first payment is made, be it of nothing, for a trial. None if that is known."""
    if subscription.state is not State.PENDING:
        return None
    billing = payment.billing or Billing(subscription.id)
    on_trial = subscription.terms.trial_days > 0
    period = billing.period or _first_period(subscription, payment)
    begun = replace(
        subscription,
        state=State.TRIALING if on_trial else State.ACTIVE,
        provider=payment.provider,
        renewed_by=Renewer.PROVIDER if billing.reference else Renewer.PLATFORM,
        reference=billing.reference,
        customer=billing.customer,
        source=billing.source,
        period=period,
        anchor=period.end if on_trial else period.start,
        trial_end=period.end if on_trial else None,
        invoices=subscription.remembering(billing.invoice) if billing.invoice else (),
    )
    said = {"payment_id": payment.id, "trial": on_trial, "renewed_by": begun.renewed_by.value}
    return begun.with_events(now, None, (events.ACTIVATED, said))


def expired(subscription: Subscription, reason: str, now: datetime) -> Change | None:
    """Its page will not be paid any more. None if it was, or that is known."""
    if subscription.state is not State.PENDING:
        return None
    over = replace(subscription, state=State.EXPIRED, reason=reason, ended_at=now)
    return over.with_events(now, None, (events.EXPIRED, {"reason": reason}))


def unwanted(subscription: Subscription, payment: Payment, now: datetime) -> Change | None:
    """What was paid first is not what was ordered, or came too late, and is held: it never begins, and is to be ended
    at the provider that would charge it again. None if that is known, or nobody would.
    """
    billing, never_begun = payment.billing, subscription.state in (State.PENDING, State.EXPIRED)
    if billing is None or billing.reference is None or subscription.reference is not None or not never_begun:
        return None
    held = replace(
        subscription,
        state=State.EXPIRED,
        provider=payment.provider,
        reference=billing.reference,
        customer=billing.customer,
        reason=subscription.reason or "held",
        ended_at=subscription.ended_at or now,
        invoices=subscription.remembering(billing.invoice) if billing.invoice else (),
        closing=True,
    )
    if subscription.state is State.EXPIRED:
        return held.noted()
    return held.with_events(now, None, (events.EXPIRED, {"reason": "held"}))


def _first_period(subscription: Subscription, payment: Payment) -> Period:
    """Where we reckon: from the time at which the money came."""
    start = payment.captures[0].at if payment.captures else payment.updated_at
    if subscription.terms.trial_days:
        return periods.trial(start, subscription.terms.trial_days)
    return periods.period_at(start, subscription.terms.interval, 0)


def next_period(subscription: Subscription, now: datetime) -> Period:
    """The one that follows what is paid, where we reckon. It begins anew where access was over meanwhile: nobody pays
    for what they had not. Raises `LookupError` for one that has not begun.
    """
    if subscription.period is None or subscription.anchor is None:
        raise LookupError(f"{subscription.id} has not begun")
    interval = subscription.terms.interval
    following = periods.period_after(subscription.anchor, interval, subscription.period.end)
    return following if now < following.start + GRACE else periods.period_at(now, interval, 0)


def iso_period(period: Period) -> dict[str, str]:
    """As events tell it."""
    return {"period_start": to_iso(period.start), "period_end": to_iso(period.end)}
