"""What can go wrong with a payment on our side."""

from __future__ import annotations

from tollgate.kernel.errors import ConcurrentChange, TollgateError
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment


class PaymentExists(TollgateError):
    """The derived id is taken: this purchase was begun before."""

    code = "PAYMENT_EXISTS"

    def __init__(self, payment: Payment) -> None:
        super().__init__(f"{payment.id} exists already")
        self.payment = payment


class PaymentExpected(TollgateError):
    """Nobody has made this payment yet, and provider events about it wait already."""

    code = "PAYMENT_EXPECTED"


class PaymentChanged(ConcurrentChange):
    """The payment moved on since it was read; carries it as it stands, so that nobody need read again."""

    def __init__(self, payment: Payment) -> None:
        super().__init__(f"{payment.id} is at version {payment.version} now")
        self.payment = payment


class InvalidTransition(TollgateError):
    """A request that the payment's state does not allow."""

    code = "INVALID_STATE"

    def __init__(self, payment: Payment, fact: Fact) -> None:
        super().__init__(f"a {payment.status} payment cannot become {fact.value}")
        self.payment = payment
        self.fact = fact


class NotRetryable(TollgateError):
    """A payment in whose place no other may be made now."""

    code = "INVALID_STATE"

    def __init__(self, payment: Payment, why: str) -> None:
        super().__init__(f"{payment.id} cannot be retried: {why}")
        self.payment = payment


class ReferenceTaken(TollgateError):
    """A provider reference that already belongs to another payment."""

    code = "REFERENCE_TAKEN"

    def __init__(self, reference: str) -> None:
        super().__init__(f"{reference} belongs to another payment")


class InvalidCursor(TollgateError):
    """A cursor that no list of this caller has given."""

    code = "CURSOR_INVALID"
