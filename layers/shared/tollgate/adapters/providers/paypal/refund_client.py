"""Refunds at PayPal, over the same API as its orders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.client import CAPTURES, ORDERS, UNREADABLE
from tollgate.adapters.providers.paypal.errors import is_gone, outcome_of
from tollgate.adapters.providers.paypal.refunds import refund_parameters, report_of_refund, settlement_of
from tollgate.adapters.providers.paypal.transport import Answer
from tollgate.checkout.ports import Absent, Unknown
from tollgate.kernel.clock import Clock
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund
from tollgate.refunds.ports import Answered, FoundRefund, RefundOutcome, RefundProvider, SettlementOutcome

_REFUNDS = "/v2/payments/refunds"


class PayPalRefunds(RefundProvider):
    """A refund is of one capture. PayPal lists none, but an order shows those that were made of it."""

    def __init__(self, api: PayPalApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    @property
    def refund_window(self) -> timedelta:
        # PayPal keeps the request ids of refunds for 45 days; a day is left for clocks that disagree.
        return timedelta(days=44)

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return refund_parameters(payment, refund)

    def refund(self, parameters: str, key: str) -> RefundOutcome:
        capture, body = json.loads(parameters)
        answer = self._api.call("POST", f"{CAPTURES}/{capture}/refund", body, key)
        if not isinstance(answer, Answer):
            return answer
        return _answered(answer.body) if answer.is_success else outcome_of(answer.status, answer.body)

    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        if refund.reference is not None:
            return self._read(f"{_REFUNDS}/{refund.reference}")
        if payment.session is None:
            return Unknown("no order to look into", told=True)
        answer = self._api.call("GET", f"{ORDERS}/{payment.session.reference}")
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return _unread(answer)
        for each in _refunds_of(answer.body):
            found = _answered(each)
            if isinstance(found, Answered) and found.report.id == refund.id:
                return found
        return Absent()

    def settlement(self, payment: Payment) -> SettlementOutcome:
        answer = self._api.call("GET", f"{CAPTURES}/{payment.captures[0].reference}")
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return outcome_of(answer.status, answer.body)
        return settlement_of(answer.body, self._clock.now())

    def _read(self, path: str) -> FoundRefund:
        answer = self._api.call("GET", path)
        if not isinstance(answer, Answer):
            return answer
        return _answered(answer.body) if answer.is_success else _unread(answer)


def _unread(answer: Answer) -> FoundRefund:
    """An old order may be forgotten, with refunds that were made of it: that says nothing of them."""
    return (
        Unknown("RESOURCE_NOT_FOUND", told=True) if is_gone(answer.status) else outcome_of(answer.status, answer.body)
    )


def _answered(refund: Mapping[str, Any]) -> Answered | Unknown:
    try:
        return Answered(report_of_refund(refund))
    except UNREADABLE:
        return Unknown("an answer that cannot be read")


def _refunds_of(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    units = order.get("purchase_units") or []
    return [each for unit in units for each in (unit.get("payments") or {}).get("refunds") or []]
