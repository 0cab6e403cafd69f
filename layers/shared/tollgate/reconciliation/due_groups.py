"""Groups whose time is over and that nobody has ended, and those that have failed and still hold their members'
money.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.group_payments.deadline import GroupDeadline
from tollgate.group_payments.errors import GroupChanged
from tollgate.group_payments.model import GROUP, RETURNED_WITHIN, Group
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.returning import GroupReturns
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueGroup

_LONGEST_WAIT = timedelta(days=1)
# By then whoever can give back without a person has done so.
_SOMEBODYS_AFTER = timedelta(hours=1)


class DueGroups:
    """Does what the group's state machine, and whatever gives back, should have done by now."""

    def __init__(
        self,
        groups: GroupRepository,
        deadline: GroupDeadline,
        returns: GroupReturns,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._groups = groups
        self._deadline = deadline
        self._returns = returns
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueGroup, notes: Notes) -> None:
        group, now = self._groups.get(due.tenant, due.id), self._clock.now()
        if group is None:
            return
        if group.is_open:
            if now >= group.expires_at:
                self._deadline.step(group.tenant, group.id)
        elif group.owes_refunds and group.ended_at is not None:
            self._give_back(group, group.ended_at, now, notes)

    def is_settled(self, finding: Finding) -> bool:
        group = self._groups.get(finding.tenant, finding.subject_id)
        return group is None or not group.owes_refunds

    def _give_back(self, group: Group, ended_at: datetime, now: datetime, notes: Notes) -> None:
        # Put off first: those that a provider does not answer must not come first in every run.
        self._look_again(group, now + min(max(now - ended_at, RETURNED_WITHIN), _LONGEST_WAIT))
        if now - ended_at >= _SOMEBODYS_AFTER:
            notes.open(self._finding(group, now))
        self._returns.give_back(group.tenant, group.id)

    def _finding(self, group: Group, now: datetime) -> Finding:
        owing = group.progress.paid - group.progress.returned
        detail = {"status": group.state.value, "shares": owing, "currency": group.total.currency}
        return a_finding(Kind.OWED_REFUNDS, group.tenant, (GROUP, group.id), Remedy.INVESTIGATE, now, detail=detail)

    def _look_again(self, group: Group, at: datetime) -> None:
        try:
            self._unit_of_work.commit(self._groups.look_again(group, at))
        except GroupChanged:
            return  # it moved on by itself
