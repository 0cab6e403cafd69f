"""What buyers have agreed to is taken, and what they let us set aside once nothing of their group is missing."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from tollgate.checkout.capturing import Capturing
from tollgate.group_payments.events import GROUP_AUTHORIZED
from tollgate.group_payments.model import GROUP, GROUP_PREFIX
from tollgate.group_payments.taking import GroupHolds
from tollgate.payments.deposits import DepositKind
from tollgate.payments.events import PAYMENT_APPROVED
from tollgate.payments.model import AGGREGATE, Payment
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.runtime.event_queue import Published, Work

WAITS = "waits"


class Captures(Work):
    """How a payment or a group stands is read, and not taken from the event: whoever came first, it is as it must
    be.
    """

    types = frozenset({PAYMENT_APPROVED, GROUP_AUTHORIZED})
    aggregates = MappingProxyType({AGGREGATE: "pay", GROUP: GROUP_PREFIX})
    name = "Captures"

    def __init__(self, payments: PaymentRepository, capturing: Capturing, make_holds: Callable[[], GroupHolds]) -> None:
        """What `make_holds` makes is made with the first hold: most approvals are none."""
        self._payments = payments
        self._capturing = capturing
        self._make_holds = make_holds
        self._made: GroupHolds | None = None

    def do(self, published: Published) -> str:
        """A payment's status afterwards, or what became of its group's."""
        if published.aggregate_type == GROUP:
            return self._holds().take(published.tenant, published.aggregate_id)
        payment = self._payments.get(PaymentKey(published.tenant, published.aggregate_id))
        if payment is None:
            raise LookupError(f"{published.aggregate_id} is gone that was approved")
        return self._held(payment) if payment.hold else self._capturing.take(payment).status

    def _held(self, payment: Payment) -> str:
        deposit = payment.deposit
        if deposit is None or deposit.kind is not DepositKind.GROUP:
            return WAITS  # for whoever wanted it to be set aside
        return self._holds().let_go(payment, deposit.id)

    def _holds(self) -> GroupHolds:
        if self._made is None:
            self._made = self._make_holds()
        return self._made
