"""No part of a covered payment was the provider's, so none goes back to it."""

from __future__ import annotations

from datetime import timedelta

from tollgate.checkout.ports import Rejected
from tollgate.kernel.money import Money
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import PaidOut, RefundProvider


class BalanceRefunds(RefundProvider):
    """Refuses what should never be asked of it. What was paid out of our own books is settled at once."""

    @property
    def refund_window(self) -> timedelta:
        return timedelta.max

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return ""

    def refund(self, parameters: str, key: str) -> Rejected:
        return Rejected("nothing_taken")

    def find_refund(self, payment: Payment, refund: Refund) -> Rejected:
        return Rejected("nothing_taken")

    def settlement(self, payment: Payment) -> PaidOut:
        return PaidOut(Settlement(Money(0, payment.amount.currency)))
