"""Stripe's webhooks: proof of origin when they arrive, and their meaning when they are applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.stripe import transformers
from tollgate.adapters.providers.stripe.charge_transformers import report_of_hold
from tollgate.adapters.providers.stripe.declines import decline_of
from tollgate.adapters.providers.stripe.disputes import ENDS, report_of_dispute
from tollgate.adapters.providers.stripe.payouts import payout_notice
from tollgate.adapters.providers.stripe.refunds import report_of_refund
from tollgate.adapters.providers.stripe.subscription_events import InvoiceLookup, SubscriptionEvents
from tollgate.adapters.providers.stripe.transformers import PAYMENT, TENANT, captured, report_of_session
from tollgate.inbox.model import Notice, ProviderEvent, opening_of
from tollgate.inbox.ports import EventReader, UnreadableEvent
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.ids import is_id
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import REVERSALS, Fact
from tollgate.payments.model import Report
from tollgate.payouts.notices import PayoutNotice
from tollgate.subscriptions.notices import SubscriptionNotice

type Fields = Mapping[str, Any]

# Whatever a field that is missing, or of another kind than it should be, leads to.
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError, OverflowError, TollgateError)


class StripeEvents(EventReader):
    """The events that say something about a payment, a payout or a subscription; all others are stored and ignored.
    `lookup` is made with the first invoice that says too little; without one that is read by nobody.
    """

    def __init__(self, lookup: Callable[[], InvoiceLookup] | None = None) -> None:
        self._subscriptions = SubscriptionEvents(lookup)

    def read(self, event: ProviderEvent) -> Notice | PayoutNotice | SubscriptionNotice | None:
        if self._subscriptions.reads(event.type):
            return self._read_subscription(event)
        if event.type in _PAYOUTS:
            return _payout(event)
        read = _READERS.get(event.type)
        if read is None:
            return None
        try:
            envelope = json.loads(event.payload)
            if envelope.get("account") is not None:
                # Sold by a connected account, whose owner can write our payment's id into the metadata.
                return None
            subject = envelope["data"]["object"]
            report = read(subject, transformers.instant(envelope["created"]))
            notice = _notice(subject, report) if report else None
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError, TollgateError) as error:
            raise UnreadableEvent(f"stripe event {event.id} ({event.type}): {type(error).__name__}") from error
        if notice is None or is_id("pay", notice.payment_id or ""):
            return notice
        # Without our echo it is somebody else's sale on the same account. What was done at the dashboard, or by a bank,
        # has none either: whose it is, the charge tells.
        return notice if notice.report.fact in REVERSALS and notice.reference else None

    def _read_subscription(self, event: ProviderEvent) -> Notice | SubscriptionNotice | None:
        try:
            envelope = json.loads(event.payload)
            if envelope.get("account") is not None:
                return None
            at = transformers.instant(envelope["created"])
            return self._subscriptions.read(event.type, envelope["data"]["object"], at)
        except RetryableError:
            raise
        except _MALFORMED as error:
            raise UnreadableEvent(f"stripe event {event.id} ({event.type}): {type(error).__name__}") from error


def _payout(event: ProviderEvent) -> PayoutNotice | None:
    try:
        envelope = json.loads(event.payload)
        return payout_notice(envelope["data"]["object"], envelope.get("account"))
    except _MALFORMED as error:
        raise UnreadableEvent(f"stripe event {event.id} ({event.type}): {type(error).__name__}") from error


def _notice(subject: Fields, report: Report) -> Notice:
    echo = subject.get("metadata") or {}
    return Notice(
        report=report,
        tenant=_text(echo.get(TENANT)),
        payment_id=_text(echo.get(PAYMENT) or subject.get("client_reference_id")),
        reference=_text(subject.get("payment_intent") if report.fact in REVERSALS else subject["id"]),
        first=opening_of(report),
    )


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _session(session: Fields, at: datetime) -> Report | None:
    """A page on which a plan is sold is paid by its first invoice."""
    ended_unpaid = session["mode"] == "subscription" and session["status"] == "expired"
    return report_of_session(session, at) if session["mode"] == "payment" or ended_unpaid else None


def _session_failed(session: Fields, at: datetime) -> Report | None:
    if session["mode"] != "payment":
        return None
    return Report(Fact.FAILED, at, reason=transformers.ASYNC_PAYMENT_FAILED, about=session["id"])


def _succeeded(intent: Fields, at: datetime) -> Report:
    return captured(intent["id"], intent["amount_received"], intent["currency"], at)


def _declined(intent: Fields, at: datetime) -> Report:
    error = intent.get("last_payment_error") or {}
    # The finer decline code may say "stolen": that is for the provider's dashboard, not for whoever reads our events.
    reason, decline = _text(error.get("code")) or "declined", decline_of(error).class_
    return Report(Fact.DECLINED, at, reason=reason, decline=decline)


def _processing(_: Fields, at: datetime) -> Report:
    return Report(Fact.PROCESSING, at)


def _refund(refund: Fields, at: datetime) -> Report:
    return Report(Fact.REFUND, at, refund=report_of_refund(refund))


def _dispute_taken(dispute: Fields, at: datetime) -> Report:
    return Report(Fact.DISPUTE, at, dispute=report_of_dispute(dispute, DisputeState.OPEN))


def _dispute_closed(dispute: Fields, at: datetime) -> Report | None:
    end = ENDS.get(dispute["status"])
    return Report(Fact.DISPUTE, at, dispute=report_of_dispute(dispute, end)) if end else None


def _canceled(intent: Fields, at: datetime) -> Report:
    return Report(Fact.CANCELLED, at, reason=intent.get("cancellation_reason") or "provider")


_PAYOUTS = frozenset({"payout.paid", "payout.failed", "payout.canceled"})
_READERS: dict[str, Callable[[Fields, datetime], Report | None]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session_failed,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _succeeded,
    "payment_intent.amount_capturable_updated": report_of_hold,
    "payment_intent.processing": _processing,
    "payment_intent.payment_failed": _declined,
    "payment_intent.canceled": _canceled,
    "charge.dispute.funds_withdrawn": _dispute_taken,
    "charge.dispute.closed": _dispute_closed,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
}
