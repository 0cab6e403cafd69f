"""What can be done with a group once it is made."""

from __future__ import annotations

from tollgate.group_payments.errors import GroupChanged, GroupNotFound, GroupNotOpen
from tollgate.group_payments.model import GROUP_PREFIX, Group, GroupState
from tollgate.group_payments.ports import GroupRepository, GroupsPage, Seen
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork

_TRIES = 8


class GroupDesk:
    """For its organizer, for whoever has the link of a share, and for those who see the whole tenant."""

    def __init__(self, groups: GroupRepository, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._groups = groups
        self._unit_of_work = unit_of_work
        self._clock = clock

    def show(self, viewer: Viewer, id_: str) -> Seen:
        """The group with all of its shares; `GroupNotFound` for what is not the viewer's."""
        seen = self.find(viewer, id_)
        if seen is None:
            raise GroupNotFound
        return seen

    def find(self, viewer: Viewer, id_: str) -> Seen | None:
        """The same, or None."""
        seen = self._groups.read(viewer.tenant, id_) if is_id(GROUP_PREFIX, id_) else None
        return seen if seen is not None and viewer.sees(seen.group.organizer) else None

    def get(self, tenant: str, id_: str) -> Group:
        """How it stands, for who has been let in already."""
        group = self._groups.get(tenant, id_)
        if group is None:
            raise GroupNotFound
        return group

    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> GroupsPage:
        """The groups of one organizer, newest first."""
        return self._groups.list(viewer, limit=limit, cursor=cursor)

    def cancel(self, viewer: Viewer, id_: str, trace: str | None = None) -> Seen:
        """Nothing is taken for it any more, and what was paid goes back. Cancelling twice is fine. Raises
        `GroupNotOpen` for one that ended otherwise.
        """
        for _ in range(_TRIES):
            seen = self.show(viewer, id_)
            if seen.group.state is GroupState.CANCELLED:
                return seen
            if not seen.group.is_open:
                raise GroupNotOpen(seen.group.state.value)
            change = seen.group.cancelled("requested", self._clock.now(), trace)
            try:
                self._unit_of_work.commit(*self._groups.update(seen.group, change))
            except GroupChanged:
                continue
            return Seen(change.group, seen.shares)
        raise ConcurrentChange(f"{id_} changes too fast")


def standing(group: Group) -> dict[str, int | str]:
    """How far it is. Minor units; per cent are rounded down, so that 100 means all. Members whose money is only set
    aside have paid too, and are told beside.
    """
    expected, collected = group.total.amount, group.progress.collected
    return {
        "status": group.state.value,
        "totalMembers": group.members,
        "paidMembers": group.progress.paid,
        "heldMembers": group.progress.held if group.is_open else 0,
        "totalExpected": expected,
        "totalCollected": collected,
        "percentageCollected": collected * 100 // expected,
    }
