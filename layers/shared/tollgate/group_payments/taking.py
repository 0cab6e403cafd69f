"""Taking what is set aside for a group, once nothing of it is missing, and letting go of what came too late."""

from __future__ import annotations

from collections.abc import Iterable

from tollgate.checkout.holds import Holds
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.checkout.service import CheckoutDesk
from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.shares import ShareState
from tollgate.kernel.access import Viewer
from tollgate.payments.approvals import is_authorized
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey, PaymentRepository

_TAKEN = (State.CONFIRMED, State.SETTLED)


class GroupHolds:
    """How the group stands is read, whoever asks: whoever comes twice goes on with the rest."""

    def __init__(self, groups: GroupRepository, payments: PaymentRepository, holds: Holds, desk: CheckoutDesk) -> None:
        self._groups = groups
        self._payments = payments
        self._holds = holds
        self._desk = desk

    def let_go(self, payment: Payment, id_: str) -> str:
        """`let_go` what was set aside when its group was over; `waiting` for that group otherwise, and `over` where it
        was taken or let go meanwhile. Raises `ProviderUnavailable`.
        """
        group = self._groups.get(payment.tenant, id_)
        if group is None:
            raise GroupNotFound
        if group.is_open:
            return "waiting"
        if not is_authorized(payment):
            return "over"
        try:
            self._desk.cancel(Viewer(payment.tenant, None), payment.id, let_go=True)
        except InvalidTransition:
            return "over"
        return "let_go"

    def take(self, tenant: str, id_: str) -> str:
        """`taken` with all that was set aside, `waiting` for other shares, `over` where the group has ended, and
        `stopped` where a bank would not pay after all: the others' stays set aside, until that share is paid anew or
        the time is over. Raises `ProviderUnavailable`, once the others were asked for; the second that does not answer
        is a provider that is down.
        """
        seen = self._groups.read(tenant, id_)
        if seen is None:
            raise GroupNotFound
        if not seen.group.is_open:
            return "over"
        if not seen.group.has_all:
            return "waiting"
        held = {each.payment for each in seen.shares if each.state is ShareState.HELD and each.payment}
        return self._take(PaymentKey(tenant, each) for each in sorted(held))

    def _take(self, held: Iterable[PaymentKey]) -> str:
        trouble: ProviderUnavailable | None = None
        for key in held:
            payment = self._payments.get(key)
            try:
                if payment is None or self._holds.take(payment).state not in _TAKEN:
                    return "stopped"
            except ProviderUnavailable as silent:
                if trouble is not None:
                    raise
                trouble = silent
        if trouble is not None:
            raise trouble
        return "taken"
