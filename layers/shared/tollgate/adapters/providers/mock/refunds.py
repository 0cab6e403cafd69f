"""The mock gives back whatever it is told, at once: what it answers follows from what it was asked."""

from __future__ import annotations

import json
from datetime import timedelta

from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import Answered, PaidOut, RefundProvider


class MockRefunds(RefundProvider):
    """Keeps nothing, and so gives the same answer to the same refund."""

    @property
    def refund_window(self) -> timedelta:
        return timedelta(days=365)

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return json.dumps([refund.id, refund.amount, payment.amount.currency], separators=(",", ":"))

    def refund(self, parameters: str, key: str) -> Answered:
        id_, amount, currency = json.loads(parameters)
        return Answered(RefundReport(RefundState.SUCCEEDED, id_, derived("mre", id_), Money(amount, currency)))

    def find_refund(self, payment: Payment, refund: Refund) -> Answered:
        return self.refund(self.refund_parameters(payment, refund), "")

    def settlement(self, payment: Payment) -> PaidOut:
        return PaidOut(Settlement(Money(0, payment.amount.currency)))
