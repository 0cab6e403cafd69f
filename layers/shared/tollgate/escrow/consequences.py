"""What becomes of an escrow when its payment moves on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tollgate.escrow.errors import EscrowNotFound
from tollgate.escrow.model import Change, Escrow
from tollgate.escrow.model import State as EscrowState
from tollgate.escrow.ports import EscrowRepository, SoldThings
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.deposits import Deposit, DepositKind, NotWanted
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import RefundState

_PAID, _ENDED = (State.CONFIRMED, State.SETTLED), (State.FAILED, State.CANCELLED)


class EscrowConsequences(Consequences):
    """Reads the escrow that is concerned, and nothing for payments that concern none. `window` is how long a seller has
    to hand over what is paid.
    """

    def __init__(self, escrows: EscrowRepository, sold: SoldThings, window: timedelta) -> None:
        self._escrows = escrows
        self._sold = sold
        self._window = window

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        """Raises `NotWanted` for money of an escrow that is over, and `NotRefundable` where its refund is asked for and
        its bank decides.
        """
        deposit = _held(after)
        if deposit is None:
            return ()
        paid, ended = (after.state in states and before.state not in states for states in (_PAID, _ENDED))
        gone, banked = _refunded(after) - _refunded(before), _disputes(before) != _disputes(after)
        if not (paid or ended or gone or banked or _is_asked_for(before, after)):
            return ()
        escrow = self._escrow(after, deposit)
        if paid:
            return self._paid(escrow, now)
        if ended:
            change = escrow.cancelled(after.reason or after.state.value, now)
            return (*self._escrows.update(change), *self._sold.freed(escrow)) if change else ()
        return self._turned(escrow, before, after, gone, now)

    def current(self, payment: Payment) -> Payment:
        """An escrow that is released has given its money to its seller, but for royalties and fee."""
        deposit = _held(payment)
        escrow = self._escrows.get(payment.tenant, deposit.id) if deposit else None
        if deposit is None or escrow is None or escrow.state is not EscrowState.RELEASED:
            return payment
        parts = escrow.parts
        released = replace(deposit, released=True, royalties=parts.royalties)
        return replace(payment, deposit=released, fee=parts.platform)

    def _escrow(self, payment: Payment, deposit: Deposit) -> Escrow:
        escrow = self._escrows.get(payment.tenant, deposit.id)
        if escrow is None:
            raise EscrowNotFound
        return escrow

    def _paid(self, escrow: Escrow, now: datetime) -> Sequence[Write]:
        change = escrow.funded(now, self._window)
        if change is None:
            raise NotWanted(f"escrow_{escrow.state}")
        return (*self._escrows.update(change), *self._sold.sold(escrow))

    def _turned(self, escrow: Escrow, before: Payment, after: Payment, gone: int, now: datetime) -> Sequence[Write]:
        """Money goes back, or its bank has it."""
        change = _after(escrow, before, after, gone, now)
        if change is None:
            return ()
        over = escrow.is_held and not change.escrow.is_held
        return (*self._escrows.update(change), *(self._sold.given_back(escrow) if over else ()))


def _after(escrow: Escrow, before: Payment, after: Payment, gone: int, now: datetime) -> Change | None:
    if _is_asked_for(before, after):
        if escrow.chargebacks:
            raise NotRefundable("the buyer's bank decides about this payment")
        return escrow.refunded(now, "requested") if escrow.is_held else None
    if gone:
        return escrow.gave_back(gone, now)
    (open_before, _), (open_after, lost) = _disputes(before), _disputes(after)
    if open_after > open_before:
        return escrow.charged_back(now)
    return escrow.chargeback_ended(now, lost - _disputes(before)[1])


def _held(payment: Payment) -> Deposit | None:
    """What an escrow holds of it."""
    deposit = payment.deposit
    ours = deposit is not None and deposit.kind is DepositKind.ESCROW and not deposit.released
    return deposit if ours else None


def _is_asked_for(before: Payment, after: Payment) -> bool:
    known = {each.id for each in before.refunds}
    return any(e.state is RefundState.REQUESTED and not e.held and e.id not in known for e in after.refunds)


def _refunded(payment: Payment) -> int:
    return sum(each.gone for each in payment.refunds if not each.held)


def _disputes(payment: Payment) -> tuple[int, int]:
    """How many are open, and what was lost."""
    ours = [each for each in payment.disputes if not each.held]
    return sum(each.is_open for each in ours), sum(each.amount for each in ours if each.is_lost)
