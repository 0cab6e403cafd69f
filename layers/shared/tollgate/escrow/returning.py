"""Giving back what was paid into an escrow that is refunded."""

from __future__ import annotations

from tollgate.escrow.errors import EscrowNotFound
from tollgate.escrow.ports import EscrowRepository
from tollgate.payments.ports import PaymentKey
from tollgate.refunds.returning import Returning


class EscrowReturns:
    """The decision is stored before; whoever comes again goes on."""

    def __init__(self, escrows: EscrowRepository, returning: Returning) -> None:
        self._escrows = escrows
        self._returning = returning

    def give_back(self, tenant: str, id_: str) -> str:
        """A word for how it stands. Raises what its provider raises that cannot be asked."""
        escrow = self._escrows.get(tenant, id_)
        if escrow is None:
            raise EscrowNotFound
        if not escrow.owes_refund:
            return "nothing"
        return self._returning.give_back(PaymentKey(tenant, escrow.payment), f"escrow_{escrow.reason}")
