"""Groups of which nobody has taken what is set aside, those that nobody has ended in time, and those that have failed
and still hold their members' money.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.group_payments.deadline import GroupDeadline
from tollgate.group_payments.errors import GroupChanged
from tollgate.group_payments.model import ENDED_WITHIN, GROUP, RETURNED_WITHIN, TAKEN_AFTER, Group
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.returning import GroupReturns
from tollgate.group_payments.taking import GroupHolds
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueGroup

_LONGEST_WAIT = timedelta(days=1)
# By then whoever can give back without a person has done so.
_SOMEBODYS_AFTER = timedelta(hours=1)


class DueGroups:
    """Does what the group's state machine, and whatever takes or gives back, should have done by now."""

    def __init__(
        self,
        groups: GroupRepository,
        deadline: GroupDeadline,
        holds: GroupHolds,
        returns: GroupReturns,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._groups = groups
        self._deadline = deadline
        self._holds = holds
        self._returns = returns
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueGroup, notes: Notes) -> None:
        group, now = self._groups.get(due.tenant, due.id), self._clock.now()
        if group is None:
            return
        if group.is_open and now >= group.ends_at:
            self._deadline.step(group.tenant, group.id)
        elif group.is_open:
            self._take(group, now)
        elif group.owes_refunds and group.ended_at is not None:
            self._give_back(group, group.ended_at, now, notes)

    def is_settled(self, finding: Finding) -> bool:
        group = self._groups.get(finding.tenant, finding.subject_id)
        return group is None or not group.owes_refunds

    def _take(self, group: Group, now: datetime) -> None:
        """Put off first, as below; and if a bank would not pay, there is nothing to be taken before its end."""
        since, end = group.authorized_at or now, group.ends_at + ENDED_WITHIN
        self._look_again(group, min(now + max(now - since, TAKEN_AFTER), end) if group.has_all else end)
        if group.has_all:
            self._holds.take(group.tenant, group.id)

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
