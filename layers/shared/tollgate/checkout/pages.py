"""The address of a payment's page, for those who show it."""

from __future__ import annotations

from dataclasses import replace

from tollgate.payments.approvals import is_authorized
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentRepository


def with_page(payments: PaymentRepository, payment: Payment) -> Payment:
    """A pending payment with the address of its page, which is not stored with it. Once the money is set aside, nobody
    has anything to do there.
    """
    if payment.session is None or payment.state is not State.PENDING or is_authorized(payment):
        return payment
    return replace(payment, session=replace(payment.session, url=payments.page(payment)))
