"""Money that is to go back without anybody's asking for it: what was paid for a group that has failed or into an
escrow that is refunded, and what came for something that was over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from tollgate.escrow.events import AGGREGATE as ESCROW
from tollgate.escrow.events import REFUNDED as ESCROW_REFUNDED
from tollgate.escrow.returning import EscrowReturns
from tollgate.group_payments.events import GROUP_CANCELLED, GROUP_EXPIRED
from tollgate.group_payments.model import GROUP, GROUP_PREFIX
from tollgate.group_payments.returning import GroupReturns
from tollgate.payments.events import REVIEW_REQUIRED
from tollgate.payments.model import AGGREGATE as PAYMENT
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.refunds.returning import Returning, goes_back
from tollgate.runtime.event_queue import Published, Work


@dataclass(frozen=True, slots=True)
class Returns:
    """What gives back: a payment's money, a group's, and what an escrow holds."""

    payments: Returning
    groups: GroupReturns
    escrows: EscrowReturns


class GiveBack(Work):
    """How it stands is read, and not taken from the event: whoever comes late finds nothing left to do."""

    types = frozenset({GROUP_EXPIRED, GROUP_CANCELLED, ESCROW_REFUNDED, REVIEW_REQUIRED})
    aggregates = MappingProxyType({PAYMENT: "pay", GROUP: GROUP_PREFIX, ESCROW: "esc"})
    name = "Returns"

    def __init__(self, payments: PaymentRepository, make_returns: Callable[[], Returns]) -> None:
        """What `make_returns` makes is made with the first money that goes back: of most reviews a person decides."""
        self._payments = payments
        self._make = make_returns
        self._made: Returns | None = None

    def do(self, published: Published) -> str:
        if published.aggregate_type == GROUP:
            return self._returns().groups.give_back(published.tenant, published.aggregate_id)
        if published.aggregate_type == ESCROW:
            return self._returns().escrows.give_back(published.tenant, published.aggregate_id)
        return self._held(PaymentKey(published.tenant, published.aggregate_id))

    def _held(self, key: PaymentKey) -> str:
        payment = self._payments.get(key)
        if payment is None:
            raise LookupError(f"{key.id} is gone that money came for")
        if not goes_back(payment):
            return "for_a_person"
        return self._returns().payments.give_back_held(key, payment.review or "")

    def _returns(self) -> Returns:
        if self._made is None:
            self._made = self._make()
        return self._made
