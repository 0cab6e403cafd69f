"""Refunds at Square, over the same connections as its checkouts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.errors import answered, in_doubt
from tollgate.adapters.providers.square.refunds import refund_parameters, report_of_refund, settlement_of
from tollgate.checkout.ports import Absent, Rejected, Unknown
from tollgate.kernel.clock import Clock
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund
from tollgate.refunds.ports import Answered, FoundRefund, RefundOutcome, RefundProvider, SettlementOutcome

_PAYMENTS, _REFUNDS = "/v2/payments", "/v2/refunds"


class SquareRefunds(RefundProvider):
    """What Square has of a payment's refunds is on the payment."""

    def __init__(self, api: SquareApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    @property
    def refund_window(self) -> timedelta:
        # Square does not say for how long it remembers a key: a day is assumed.
        return timedelta(hours=23)

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return refund_parameters(payment, refund)

    def refund(self, parameters: str, key: str) -> RefundOutcome:
        body = {"idempotency_key": key, **json.loads(parameters)}
        return in_doubt(answered(lambda: Answered(report_of_refund(self._api.call("POST", _REFUNDS, body)["refund"]))))

    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        found = answered(lambda: self._found(refund))
        # That our question was refused, of another account's payment perhaps, says nothing of the refund.
        return Unknown(found.code, told=True) if isinstance(found, Rejected) else found

    def _found(self, refund: Refund) -> Answered | Absent:
        for known in self._payment(refund.capture).get("refund_ids") or []:
            report = report_of_refund(self._api.call("GET", f"{_REFUNDS}/{known}")["refund"])
            # One that was made at the dashboard bears no id of ours.
            if refund.id == report.id or refund.reference == report.reference:
                return Answered(report)
        return Absent()

    def settlement(self, payment: Payment) -> SettlementOutcome:
        first = payment.captures[0]
        return answered(lambda: settlement_of(self._payment(first.reference), first.at, self._clock.now()))

    def _payment(self, reference: str) -> Mapping[str, Any]:
        payment: Mapping[str, Any] = self._api.call("GET", f"{_PAYMENTS}/{reference}")["payment"]
        return payment
