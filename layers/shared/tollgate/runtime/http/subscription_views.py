"""Subscriptions as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.payments.model import Payment
from tollgate.payments.ports import Page
from tollgate.runtime.http.subscriptions import PlanStatusWanted
from tollgate.subscriptions.desk import ChangePlan
from tollgate.subscriptions.model import Subscription
from tollgate.subscriptions.ports import SubscriptionsPage
from tollgate.subscriptions.providers import CardPage, Proration


def subscription(of: Subscription) -> dict[str, Any]:
    """One subscription; amounts are minor units. `accessUntil` is until when its user has what it is for."""
    return {
        "id": of.id,
        "userId": of.owner,
        "status": of.status,
        "product": of.terms.product,
        "pricingItemCode": of.terms.code,
        "amount": of.terms.unit.amount,
        "currency": of.terms.unit.currency,
        "interval": of.terms.interval.value,
        "provider": of.provider or None,
        "currentPeriodStart": _iso(of.period.start if of.period else None),
        "currentPeriodEnd": _iso(of.period.end if of.period else None),
        "trialEnd": _iso(of.trial_end),
        "cancelAtPeriodEnd": of.ends_at is not None and of.ended_at is None,
        "endsAt": _iso(of.ends_at),
        "endedAt": _iso(of.ended_at),
        "pausedAt": _iso(of.paused_at),
        "accessUntil": _iso(of.access_until),
        "pastDue": _debt(of),
        "reference": of.client_reference,
        "consumer": of.consumer,
        "createdAt": to_iso(of.created_at),
        "updatedAt": to_iso(of.updated_at),
    }


def with_history(of: Subscription, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """With what has happened to it, the newest first."""
    happened = [
        {"type": each["type"], "sequence": each["sequence"], "occurredAt": each["occurred_at"], "data": each["data"]}
        for each in events
    ]
    return subscription(of) | {"history": happened}


def page(found: SubscriptionsPage) -> dict[str, Any]:
    return {"subscriptions": [subscription(each) for each in found.subscriptions], "nextCursor": found.cursor}


def proration(wish: ChangePlan, shown: Proration) -> dict[str, Any]:
    """What a change would cost, if it is made `at` that time."""
    return {
        "subscriptionId": wish.subscription_id,
        "pricingItemCode": wish.plan,
        "at": to_iso(shown.at),
        "due": shown.due.amount,
        "total": shown.total.amount,
        "currency": shown.due.currency,
        "lines": [{"text": each.text, "amount": each.amount.amount} for each in shown.lines],
    }


def card_page(made: CardPage) -> dict[str, Any]:
    return {"url": made.url, "providerSessionId": made.reference, "expiresAt": to_iso(made.expires_at)}


def records(found: SubscriptionsPage) -> dict[str, Any]:
    """In the words of product backends."""
    return {"subscriptions": [_record(each) for each in found.subscriptions], "nextCursor": found.cursor}


def purchases(found: Page) -> dict[str, Any]:
    """Payments in the words of product backends."""
    return {"purchases": [_purchase(each) for each in found.payments], "nextCursor": found.cursor}


def plan_status(wanted: PlanStatusWanted, found: Sequence[Subscription], now: datetime) -> dict[str, Any]:
    """Which plans there are, and whether they give access now."""
    return {
        "consumerTenantId": wanted.viewer.tenant,
        "userId": wanted.viewer.user,
        "hasActivePlan": any(each.has_access(now) for each in found),
        "plans": [_plan(each, now) for each in found],
    }


def _record(of: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": of.id,
        "providerKey": of.provider or None,
        "providerSubscriptionId": of.reference,
        "consumerKey": of.consumer,
        "consumerTenantId": of.tenant,
        "userId": of.owner,
        "product": of.terms.product,
        "pricingItemCode": of.terms.code,
        "status": of.status,
        "amount": of.terms.unit.amount,
        "currency": of.terms.unit.currency,
        "interval": of.terms.interval.value,
        "currentPeriodStart": _iso(of.period.start if of.period else None),
        "currentPeriodEnd": _iso(of.period.end if of.period else None),
        "cancelAtPeriodEnd": of.ends_at is not None and of.ended_at is None,
        "createdAt": to_iso(of.created_at),
        "updatedAt": to_iso(of.updated_at),
    }


def _purchase(payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": payment.id,
        "providerKey": payment.provider,
        "consumerKey": payment.consumer,
        "consumerTenantId": payment.tenant,
        "userId": payment.owner,
        "pricingItemCode": payment.items[0].code,
        "subscriptionId": payment.billing.subscription if payment.billing else None,
        "status": payment.status,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "createdAt": to_iso(payment.created_at),
        "updatedAt": to_iso(payment.updated_at),
    }


def _plan(of: Subscription, now: datetime) -> dict[str, Any]:
    return {
        "subscriptionId": of.id,
        "product": of.terms.product,
        "pricingItemCode": of.terms.code,
        "status": of.status,
        "hasAccess": of.has_access(now),
        "accessUntil": _iso(of.access_until),
        "currentPeriodEnd": _iso(of.period.end if of.period else None),
        "trialEnd": _iso(of.trial_end),
        "cancelAtPeriodEnd": of.ends_at is not None,
        "graceUntil": _iso(of.debt.grace_until if of.debt else None),
    }


def _debt(of: Subscription) -> dict[str, Any] | None:
    if of.debt is None:
        return None
    return {
        "paymentId": of.debt.payment,
        "due": of.debt.amount.amount,
        "currency": of.debt.amount.currency,
        "since": to_iso(of.debt.since),
        "graceUntil": to_iso(of.debt.grace_until),
        "attempts": of.debt.attempts,
        "decline": {"class": of.debt.decline.class_.value, "reason": of.debt.decline.code},
    }


def _iso(instant: datetime | None) -> str | None:
    return to_iso(instant) if instant else None
