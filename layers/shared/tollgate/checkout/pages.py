"""The address of a payment's page, for those who show it."""

from __future__ import annotations

from dataclasses import replace

from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentRepository


def with_page(payments: PaymentRepository, payment: Payment) -> Payment:
    """A pending payment with the address of its page, which is not stored with it."""
    if payment.session is None or payment.state is not State.PENDING:
        return payment
    return replace(payment, session=replace(payment.session, url=payments.page(payment)))
