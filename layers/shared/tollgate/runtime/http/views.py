"""Payments, and what is told about them, as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tollgate.checkout.presentation import present_tender
from tollgate.kernel.clock import to_iso
from tollgate.payments.model import Payment
from tollgate.payments.ports import Page
from tollgate.refunds.service import present_refund
from tollgate.routing.router import Offer, PaymentMethod
from tollgate.statistics.months import MonthTally
from tollgate.statistics.service import LastDay


def transaction(payment: Payment) -> dict[str, Any]:
    """One payment; amounts are minor units of its currency. What was taken in another is told by its history."""
    ours = (each.amount for each in payment.captures if each.amount.currency == payment.amount.currency)
    captured = sum(amount.amount for amount in ours)
    return {
        "id": payment.id,
        "userId": payment.owner,
        "status": payment.status,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "captured": captured,
        "refundable": payment.refundable,
        "refunded": sum(each.gone for each in payment.refunds),
        "due": payment.due.amount,
        "tenders": [present_tender(each) for each in payment.tenders],
        "giftCardId": payment.gift_card,
        "subscriptionId": payment.billing.subscription if payment.billing else None,
        "platformFee": payment.fee,
        "venueId": payment.seller,
        "method": payment.method,
        "provider": payment.provider,
        "route": payment.route,
        "providerReference": payment.session.reference if payment.session else None,
        "items": [
            {"code": line.code, "name": line.name, "quantity": line.quantity, "unitAmount": line.unit.amount}
            for line in payment.items
        ],
        "reference": payment.client_reference,
        "consumer": payment.consumer,
        "reason": payment.reason,
        "review": payment.review,
        "retryOf": payment.retry_of,
        "createdAt": to_iso(payment.created_at),
        "updatedAt": to_iso(payment.updated_at),
    }


def refunds(payment: Payment) -> dict[str, Any]:
    """A payment's refunds, oldest first, and what may still go back."""
    shown = [
        present_refund(each, payment.amount.currency) | {"createdAt": to_iso(each.at), "reference": each.reference}
        for each in sorted(payment.refunds, key=lambda each: each.at)
    ]
    return {"refunds": shown, "refundable": payment.refundable, "currency": payment.amount.currency}


def transaction_with_history(payment: Payment, history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One payment and every fact that made it what it is, oldest first."""
    steps = [
        {"sequence": e["sequence"], "type": e["type"], "occurredAt": e["occurred_at"], "data": e["data"]}
        for e in history
    ]
    return {"transaction": transaction(payment), "history": steps}


def page(found: Page) -> dict[str, Any]:
    """A page of a list. A short page with a cursor is not the last."""
    return {"transactions": [transaction(payment) for payment in found.payments], "nextCursor": found.cursor}


def methods(found: Sequence[PaymentMethod]) -> dict[str, Any]:
    """What a buyer can choose."""
    return {"methods": [{"method": item.method, "providers": list(item.providers)} for item in found]}


def providers(offers: Sequence[Offer]) -> dict[str, Any]:
    """What this deployment can use, in order of preference."""
    return {
        "providers": [
            {
                "key": offer.provider,
                "enabled": offer.enabled,
                "methods": sorted(offer.methods),
                "currencies": sorted(offer.currencies) or "all",
                "embedded": offer.embedded,
                "highRisk": offer.high_risk,
                "recurring": offer.recurring,
            }
            for offer in offers
        ]
    }


def statistics(day: LastDay, months: Mapping[str, MonthTally], currency: str, now: datetime) -> dict[str, Any]:
    """What became of the payments of the last day; the parts add up to the total. Money is minor units. Disputes by
    the month, this one first, against the sales that were confirmed in it.
    """
    counted = day.tally
    return {
        "last24Hours": {
            "total_payments": counted.total,
            "successful": counted.successful,
            "failed": counted.failed,
            "cancelled": counted.cancelled,
            "pending": counted.pending,
            "total_revenue": counted.revenue.get(currency, 0),
            "currency": currency,
            "revenue_by_currency": dict(sorted(counted.revenue.items())),
        },
        "disputes": [_disputes(month, counts) for month, counts in months.items()],
        "since": to_iso(day.since),
        "timestamp": to_iso(now),
    }


def _disputes(month: str, counted: MonthTally) -> dict[str, Any]:
    return {
        "month": month,
        "opened": counted.disputed,
        "won": counted.won,
        "lost": counted.lost,
        "refunded": counted.refunded,
        "successful": counted.successful,
        "rateBasisPoints": counted.dispute_rate,
    }
