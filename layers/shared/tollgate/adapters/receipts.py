"""What a receipt tells of a payment."""

from __future__ import annotations

from tollgate.mails.model import Receipt, ReceiptLine
from tollgate.mails.ports import Receipts
from tollgate.payments.lifecycle import State
from tollgate.payments.model import LineItem, Payment
from tollgate.payments.ports import PaymentKey, PaymentRepository


class PaymentReceipts(Receipts):
    """Read from the payment as it stands: where the buyer is told, an event has no say in it."""

    def __init__(self, payments: PaymentRepository) -> None:
        self._payments = payments

    def of(self, tenant: str, payment_id: str) -> Receipt | None:
        payment = self._payments.get(PaymentKey(tenant, payment_id))
        if payment is None or payment.email is None:
            return None
        return Receipt(
            email=payment.email,
            payment_id=payment.id,
            amount=payment.amount,
            lines=tuple(_line(each) for each in payment.items),
            paid=_is_paid(payment),
            unpaid=_is_unpaid(payment),
            reference=payment.client_reference,
        )


def _line(item: LineItem) -> ReceiptLine:
    return ReceiptLine(item.name, item.quantity, item.total)


def _is_paid(payment: Payment) -> bool:
    """A trial begins with a payment of nothing: there is no receipt for that, and a letter of its own."""
    taken = payment.billing is None or payment.amount.amount > 0
    return taken and payment.state in (State.CONFIRMED, State.SETTLED)


def _is_unpaid(payment: Payment) -> bool:
    """Money may come for a payment that has failed: late, or in a wrong amount. Then something was charged. And what is
    owed for another period of a subscription is not to be ordered again: its user is told of the subscription.
    """
    owed = payment.billing is not None and payment.billing.invoice is not None
    return payment.state is State.FAILED and not payment.captures and not owed
