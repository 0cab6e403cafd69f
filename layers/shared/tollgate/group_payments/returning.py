"""Giving back what was paid for a group that has failed."""

from __future__ import annotations

from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.model import FAILED, ShareState
from tollgate.group_payments.ports import GroupRepository
from tollgate.kernel.errors import RetryableError
from tollgate.payments.ports import PaymentKey
from tollgate.refunds.returning import Returning


class GroupReturns:
    """Payment by payment. What goes back is known with the payments; whoever comes again goes on with the rest."""

    def __init__(self, groups: GroupRepository, returning: Returning) -> None:
        self._groups = groups
        self._returning = returning

    def give_back(self, tenant: str, id_: str) -> str:
        """`returning`, or `nothing` where nothing is to go back. Raises what the last of the providers that could not
        be asked raised, once all have been asked.
        """
        seen, trouble = self._groups.read(tenant, id_), None
        if seen is None:
            raise GroupNotFound
        if seen.group.state not in FAILED:
            return "nothing"
        payments = {each.payment for each in seen.shares if each.state is ShareState.PAID and each.payment}
        for payment in sorted(payments):
            try:
                self._returning.give_back(PaymentKey(tenant, payment), f"group_{seen.group.state}")
            except RetryableError as error:
                trouble = error
        if trouble is not None:
            raise trouble
        return "returning" if payments else "nothing"
