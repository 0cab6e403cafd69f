"""What PayPal's webhooks mean. All others are stored and ignored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.paypal.agreement_pages import AgreementLookup
from tollgate.adapters.providers.paypal.disputes import (
    disputed_transaction,
    report_of_dispute,
    report_of_reversal,
    reversed_capture,
)
from tollgate.adapters.providers.paypal.echo import echoed, plan_echoed
from tollgate.adapters.providers.paypal.errors import UNREADABLE
from tollgate.adapters.providers.paypal.refunds import report_of_refund
from tollgate.adapters.providers.paypal.subscription_events import AgreementEvents
from tollgate.adapters.providers.paypal.transformers import (
    CAPTURE_FAILED,
    capture_behind,
    instant,
    reference,
    report_of_capture,
)
from tollgate.inbox.model import Notice, ProviderEvent, opening_of
from tollgate.inbox.ports import EventReader, UnreadableEvent
from tollgate.kernel.ids import is_id
from tollgate.payments.lifecycle import REVERSALS, Fact
from tollgate.payments.model import Report
from tollgate.subscriptions.notices import SubscriptionNotice

type Fields = Mapping[str, Any]


class PayPalEvents(EventReader):
    """Of orders, captures, refunds, reversals and disputes, and of subscriptions."""

    def __init__(self, look_up: Callable[[], AgreementLookup] | None = None) -> None:
        self._agreements = AgreementEvents(look_up)

    def read(self, event: ProviderEvent) -> Notice | SubscriptionNotice | None:
        read = _READERS.get(event.type)
        if read is None and not self._agreements.reads(event.type):
            return None
        try:
            envelope = json.loads(event.payload)
            resource, at = envelope["resource"], instant(envelope["create_time"])
            if read is None:
                return self._agreements.read(event.type, resource, at)
            notice = read(resource, at)
        except UNREADABLE as error:
            raise UnreadableEvent(f"paypal event {event.id} ({event.type}): {type(error).__name__}") from error
        if notice is None or is_id("pay", notice.payment_id or ""):
            return notice
        # Without our echo it is somebody else's sale on the same account; what was made at PayPal's own pages has none
        # either: whose it is, the capture tells.
        return notice if notice.report.fact in REVERSALS and notice.reference else None


def _notice(report: Report, echo: object, behind: str | None) -> Notice:
    """All periods of a subscription repeat the payment of the first: whose it is, the sale tells."""
    owner, _ = (None, None) if plan_echoed(echo) else echoed(echo)
    return Notice(report, owner.tenant if owner else None, owner.id if owner else None, behind, opening_of(report))


def _of_order(order: Fields) -> tuple[str, object]:
    """Its id and our echo."""
    units = order.get("purchase_units") or [{}]
    return reference(order.get("id") or order.get("order_id")), units[0].get("custom_id")


def _approved(order: Fields, at: datetime) -> Notice | None:
    """Not paid yet. One that we do not capture ourselves is none of ours."""
    if order.get("status") not in (None, "APPROVED"):
        return None
    id_, echo = _of_order(order)
    return _notice(Report(Fact.APPROVED, at, about=id_), echo, id_)


def _approval_reversed(order: Fields, at: datetime) -> Notice:
    id_, echo = _of_order(order)
    return _notice(Report(Fact.CANCELLED, at, reason="approval_reversed", about=id_), echo, id_)


def _captured(capture: Fields, at: datetime) -> Notice:
    order = _order_of(capture)
    return _notice(report_of_capture(capture, order, at), capture.get("custom_id"), order)


def _capture_failed(capture: Fields, at: datetime) -> Notice:
    order = _order_of(capture)
    return _notice(Report(Fact.FAILED, at, reason=CAPTURE_FAILED, about=order), capture.get("custom_id"), order)


def _order_of(capture: Fields) -> str | None:
    related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
    return reference(related["order_id"]) if "order_id" in related else None


def _refund(refund: Fields, at: datetime) -> Notice:
    report = Report(Fact.REFUND, at, refund=report_of_refund(refund))
    return _notice(report, refund.get("custom_id"), capture_behind(refund))


def _reversal(resource: Fields, at: datetime) -> Notice:
    lost = Report(Fact.DISPUTE, at, dispute=report_of_reversal(resource))
    return _notice(lost, resource.get("custom_id"), reversed_capture(resource))


def _dispute(dispute: Fields, at: datetime) -> Notice:
    told = report_of_dispute(dispute)
    return _notice(Report(Fact.DISPUTE, at, dispute=told), disputed_transaction(dispute).get("custom"), told.capture)


_READERS: dict[str, Callable[[Fields, datetime], Notice | None]] = {
    "CHECKOUT.ORDER.APPROVED": _approved,
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": _approval_reversed,
    "PAYMENT.CAPTURE.COMPLETED": _captured,
    "PAYMENT.CAPTURE.PENDING": _captured,
    "PAYMENT.CAPTURE.DENIED": _capture_failed,
    "PAYMENT.CAPTURE.DECLINED": _capture_failed,
    "PAYMENT.CAPTURE.REFUNDED": _refund,
    "PAYMENT.CAPTURE.REVERSED": _reversal,
    "PAYMENT.REFUND.PENDING": _refund,
    "PAYMENT.REFUND.FAILED": _refund,
    "CUSTOMER.DISPUTE.CREATED": _dispute,
    "CUSTOMER.DISPUTE.UPDATED": _dispute,
    "CUSTOMER.DISPUTE.RESOLVED": _dispute,
}
