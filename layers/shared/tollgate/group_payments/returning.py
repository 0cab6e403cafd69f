"""Giving back what was paid for a group that has failed, and letting go of what is not paid yet."""

from __future__ import annotations

from tollgate.checkout.service import CheckoutDesk
from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.model import FAILED
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.shares import ShareState
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import RetryableError
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.ports import PaymentKey
from tollgate.refunds.returning import Returning

# Of these nothing was taken: what is set aside is let go, and a page at the bank is called off.
_NOT_TAKEN = (ShareState.HELD, ShareState.PAYING)


class GroupReturns:
    """Payment by payment. What goes back is known with the payments; whoever comes again goes on with the rest."""

    def __init__(self, groups: GroupRepository, returning: Returning, desk: CheckoutDesk) -> None:
        self._groups = groups
        self._returning = returning
        self._desk = desk

    def give_back(self, tenant: str, id_: str) -> str:
        """`returning`, or `nothing` where nothing is to go back. Raises what the last of the providers that could not
        be asked raised, once all have been asked.
        """
        seen, trouble = self._groups.read(tenant, id_), None
        if seen is None:
            raise GroupNotFound
        if seen.group.state not in FAILED:
            return "nothing"
        states = {each.payment: each.state for each in seen.shares if each.payment}
        owed = sorted(each for each, state in states.items() if state is ShareState.PAID or state in _NOT_TAKEN)
        for payment in owed:
            try:
                self._one(PaymentKey(tenant, payment), states[payment], f"group_{seen.group.state}")
            except RetryableError as error:
                trouble = error
        if trouble is not None:
            raise trouble
        return "returning" if owed else "nothing"

    def _one(self, payment: PaymentKey, state: ShareState, reason: str) -> None:
        if state is ShareState.PAID:
            self._returning.give_back(payment, reason)
            return
        try:
            self._desk.cancel(Viewer(payment.tenant, None), payment.id, let_go=True)
        except InvalidTransition:
            return  # it has ended, or nobody knows its outcome yet: what comes of it is not wanted any more
