"""Refunds at PayPal, over the same API as its orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tollgate.adapters.providers.paypal.agreement_pages import SALES
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.client import CAPTURES, ORDERS
from tollgate.adapters.providers.paypal.errors import UNREADABLE, is_gone, outcome_of
from tollgate.adapters.providers.paypal.refunds import refund_parameters, report_of_refund, settlement_of
from tollgate.adapters.providers.paypal.sales import report_of_sale_refund, sale_refund_parameters, settlement_of_sale
from tollgate.adapters.providers.paypal.transport import Answer
from tollgate.checkout.ports import Absent, Unknown
from tollgate.kernel.clock import Clock
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport
from tollgate.refunds.ports import Answered, FoundRefund, RefundOutcome, RefundProvider, SettlementOutcome

_REFUNDS, _REFUNDS_OF_SALES = "/v2/payments/refunds", "/v1/payments/refund"


class PayPalRefunds(RefundProvider):
    """A refund is of one capture, or of one sale for a subscription. PayPal lists none, but an order shows those that
    were made of it.
    """

    def __init__(self, api: PayPalApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    @property
    def refund_window(self) -> timedelta:
        # PayPal keeps the request ids of refunds for 45 days, those of sales for 30; a day is left for clocks that
        # disagree.
        return timedelta(days=29)

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return (sale_refund_parameters if payment.billing else refund_parameters)(payment, refund)

    def refund(self, parameters: str, key: str) -> RefundOutcome:
        capture, body, *of_sale = json.loads(parameters)
        answer = self._api.call("POST", f"{SALES if of_sale else CAPTURES}/{capture}/refund", body, key)
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return outcome_of(answer.status, answer.body)
        return _answered(answer.body, report_of_sale_refund if of_sale else report_of_refund)

    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        if payment.billing is not None:
            return self._of_sale(refund)
        if refund.reference is not None:
            return self._read(f"{_REFUNDS}/{refund.reference}", report_of_refund)
        if payment.session is None:
            return Unknown("no order to look into", told=True)
        answer = self._api.call("GET", f"{ORDERS}/{payment.session.reference}")
        if not isinstance(answer, Answer):
            return answer
        return _found_in(answer.body, refund) if answer.is_success else _unread(answer)

    def settlement(self, payment: Payment) -> SettlementOutcome:
        taken, of_sale = payment.captures[0].reference, payment.billing is not None
        answer = self._api.call("GET", f"{SALES if of_sale else CAPTURES}/{taken}")
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return outcome_of(answer.status, answer.body)
        return (settlement_of_sale if of_sale else settlement_of)(answer.body, self._clock.now())

    def _of_sale(self, refund: Refund) -> FoundRefund:
        """Nothing lists those of a sale. It is sent again under its id, for as long as that is one refund."""
        if refund.reference is not None:
            return self._read(f"{_REFUNDS_OF_SALES}/{refund.reference}", report_of_sale_refund)
        if self._clock.now() - refund.at >= self.refund_window:
            return Unknown("nothing lists the refunds of a sale", told=True)
        return Absent()

    def _read(self, path: str, report: Callable[[Mapping[str, Any]], RefundReport]) -> FoundRefund:
        answer = self._api.call("GET", path)
        if not isinstance(answer, Answer):
            return answer
        return _answered(answer.body, report) if answer.is_success else _unread(answer)


def _unread(answer: Answer) -> FoundRefund:
    """An old order may be forgotten, with refunds that were made of it: that says nothing of them."""
    return (
        Unknown("RESOURCE_NOT_FOUND", told=True) if is_gone(answer.status) else outcome_of(answer.status, answer.body)
    )


def _answered(refund: Mapping[str, Any], report: Callable[[Mapping[str, Any]], RefundReport]) -> Answered | Unknown:
    try:
        return Answered(report(refund))
    except UNREADABLE:
        return Unknown("an answer that cannot be read")


def _found_in(order: Mapping[str, Any], refund: Refund) -> FoundRefund:
    for each in _refunds_of(order):
        found = _answered(each, report_of_refund)
        if isinstance(found, Answered) and found.report.id == refund.id:
            return found
    return Absent()


def _refunds_of(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    units = order.get("purchase_units") or []
    return [each for unit in units for each in (unit.get("payments") or {}).get("refunds") or []]
