"""Escrows that their state machine has not ended, and those whose money has not gone back yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.escrow.errors import EscrowChanged
from tollgate.escrow.model import Escrow
from tollgate.escrow.ports import EscrowRepository
from tollgate.escrow.returning import EscrowReturns
from tollgate.escrow.settling import EscrowDesk
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueEscrow

# Before what goes back is looked at again: a quarter of an hour at first, and each day in the end.
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(minutes=15), timedelta(days=1)


class DueEscrows:
    """Does what the machine and the queue would have done. No finding: whoever comes late does the same."""

    def __init__(
        self,
        escrows: EscrowRepository,
        desk: EscrowDesk,
        returns: EscrowReturns,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._escrows = escrows
        self._desk = desk
        self._returns = returns
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueEscrow, _notes: Notes) -> None:
        escrow, now = self._escrows.get(due.tenant, due.id), self._clock.now()
        if escrow is None or escrow.due_at is None or now < escrow.due_at:
            return  # the index lags behind by a moment
        if escrow.is_held:
            self._desk.step(due.tenant, due.id)
        else:
            self._give_back(escrow, now)

    def _give_back(self, escrow: Escrow, now: datetime) -> None:
        # Put off before: those that a provider does not answer must not come first in every run.
        so_long = min(max(now - (escrow.ended_at or now), _SHORTEST_WAIT), _LONGEST_WAIT)
        try:
            self._unit_of_work.commit(self._escrows.look_again(escrow, now + so_long))
        except EscrowChanged:
            return  # it moved on by itself
        self._returns.give_back(escrow.tenant, escrow.id)
