"""Money that is to go back without anybody's asking for it: what was paid for a group that has failed or into an
escrow that is refunded, and what came for something that was over.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from tollgate.escrow.events import AGGREGATE as ESCROW
from tollgate.escrow.events import REFUNDED as ESCROW_REFUNDED
from tollgate.escrow.ports import EscrowRepository
from tollgate.escrow.returning import EscrowReturns
from tollgate.group_payments.events import GROUP_CANCELLED, GROUP_EXPIRED
from tollgate.group_payments.model import GROUP, GROUP_PREFIX
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.returning import GroupReturns
from tollgate.payments.events import REVIEW_REQUIRED
from tollgate.payments.model import AGGREGATE as PAYMENT
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.refunds.returning import Returning, goes_back
from tollgate.runtime.event_queue import Published, Work


class GiveBack(Work):
    """How it stands is read, and not taken from the event: whoever comes late finds nothing left to do."""

    types = frozenset({GROUP_EXPIRED, GROUP_CANCELLED, ESCROW_REFUNDED, REVIEW_REQUIRED})
    aggregates = MappingProxyType({PAYMENT: "pay", GROUP: GROUP_PREFIX, ESCROW: "esc"})
    name = "Returns"

    def __init__(
        self,
        payments: PaymentRepository,
        groups: GroupRepository,
        escrows: EscrowRepository,
        returning: Callable[[], Returning],
    ) -> None:
        """What `returning` makes is made with the first money that goes back: of most reviews a person decides."""
        self._payments = payments
        self._groups = groups
        self._make = returning
        self._made: Returning | None = None
        self._escrows = escrows

    def do(self, published: Published) -> str:
        if published.aggregate_type == GROUP:
            returns = GroupReturns(self._groups, self._returning())
            return returns.give_back(published.tenant, published.aggregate_id)
        if published.aggregate_type == ESCROW:
            escrows = EscrowReturns(self._escrows, self._returning())
            return escrows.give_back(published.tenant, published.aggregate_id)
        return self._held(PaymentKey(published.tenant, published.aggregate_id))

    def _held(self, key: PaymentKey) -> str:
        payment = self._payments.get(key)
        if payment is None:
            raise LookupError(f"{key.id} is gone that money came for")
        return self._returning().give_back_held(key, payment.review or "") if goes_back(payment) else "for_a_person"

    def _returning(self) -> Returning:
        if self._made is None:
            self._made = self._make()
        return self._made
