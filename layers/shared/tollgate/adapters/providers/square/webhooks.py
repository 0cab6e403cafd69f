"""Square's events: what they mean when they are applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.square.disputes import report_of_dispute
from tollgate.adapters.providers.square.echo import of_note, of_reason
from tollgate.adapters.providers.square.payments import is_sold_elsewhere, report_of_payment, session_of_payment
from tollgate.adapters.providers.square.refunds import report_of_refund
from tollgate.inbox.model import Notice, ProviderEvent, opening_of
from tollgate.inbox.ports import EventReader, UnreadableEvent
from tollgate.kernel.clock import from_iso
from tollgate.kernel.errors import TollgateError
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report

type Fields = Mapping[str, Any]

_MALFORMED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, TollgateError)


class SquareEvents(EventReader):
    """The events that say something about a payment; all others are stored and ignored."""

    def read(self, event: ProviderEvent) -> Notice | None:
        known = _READERS.get(event.type)
        if known is None:
            return None
        try:
            envelope = json.loads(event.payload)
            what, read = known
            return read(envelope["data"]["object"][what], from_iso(envelope["created_at"]))
        except _MALFORMED as error:
            raise UnreadableEvent(f"square event {event.id} ({event.type}): {type(error).__name__}") from error


def _payment(payment: Fields, at: datetime) -> Notice | None:
    """Known by our note, which a charge always has; where that is missing, by the order for which a page was made."""
    report = None if is_sold_elsewhere(payment) else report_of_payment(payment, at)
    if report is None:
        return None
    tenant, payment_id = of_note(payment.get("note")) or (None, None)
    known_by = _text(session_of_payment(payment))
    if payment_id is None and known_by is None:
        return None
    return Notice(report, tenant, payment_id, known_by)


def _refund(refund: Fields, at: datetime) -> Notice | None:
    """Known by our reason; one of the dashboard by the payment, whose owner Square is asked for."""
    tenant, payment_id, _ = of_reason(refund.get("reason")) or (None, None, None)
    paid = _text(refund.get("payment_id"))
    if paid is None:
        return None  # of no payment at all
    return Notice(Report(Fact.REFUND, at, refund=report_of_refund(refund)), tenant, payment_id, paid)


def _dispute(dispute: Fields, at: datetime) -> Notice | None:
    told = report_of_dispute(dispute)
    if told is None:
        return None
    report = Report(Fact.DISPUTE, at, dispute=told)
    return Notice(report, None, None, _text(told.capture), first=opening_of(report))


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("not a text")
    return value


_READERS: dict[str, tuple[str, Callable[[Fields, datetime], Notice | None]]] = {
    "payment.created": ("payment", _payment),
    "payment.updated": ("payment", _payment),
    "refund.created": ("refund", _refund),
    "refund.updated": ("refund", _refund),
    "dispute.created": ("dispute", _dispute),
    "dispute.state.updated": ("dispute", _dispute),
}
