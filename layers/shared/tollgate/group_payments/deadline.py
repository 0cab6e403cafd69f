"""The time that a group has: its members are reminded, and when it is over the group is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tollgate.group_payments.errors import GroupChanged, GroupNotFound, ShareChanged
from tollgate.group_payments.model import Group, GroupState
from tollgate.group_payments.ports import GroupRepository
from tollgate.group_payments.shares import Share, ShareState
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork

# In per cent of the time that a group has: after five and after eight minutes of ten.
REMINDED_AFTER = (50, 80)
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Step:
    """How the group stands, and until when there is nothing to do: None once it has ended."""

    state: GroupState
    until: datetime | None


class GroupDeadline:
    """Whatever is due now, and nothing that is done already: a step may run twice, late, or beside another."""

    def __init__(self, groups: GroupRepository, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._groups = groups
        self._unit_of_work = unit_of_work
        self._clock = clock

    def step(self, tenant: str, id_: str) -> Step:
        """Raises `GroupNotFound`, `ConcurrentChange`."""
        for _ in range(_TRIES):
            seen, now = self._groups.read(tenant, id_), self._clock.now()
            if seen is None:
                raise GroupNotFound
            if not seen.group.is_open:
                return Step(seen.group.state, None)
            if now >= seen.group.ends_at:
                expired = seen.group.expired(now)
                try:
                    self._unit_of_work.commit(*self._groups.update(seen.group, expired))
                except GroupChanged:
                    continue
                return Step(expired.group.state, None)
            self._remind(seen.group, seen.shares, now)
            return Step(seen.group.state, _next(seen.group, now))
        raise ConcurrentChange(f"{id_} changes too fast")

    def _remind(self, group: Group, shares: Sequence[Share], now: datetime) -> None:
        """Whoever pays in this very moment is not reminded."""
        due = sum(now >= each for each in _reminders(group))
        for share in shares:
            if share.state is ShareState.PENDING and share.reminders < due:
                try:
                    self._unit_of_work.commit(*self._groups.update_share(share.reminded(now)))
                except ShareChanged:
                    continue


def _reminders(group: Group) -> list[datetime]:
    life = group.expires_at - group.created_at
    return [group.created_at + life * part / 100 for part in REMINDED_AFTER]


def _next(group: Group, now: datetime) -> datetime:
    return next((each for each in [*_reminders(group), group.expires_at] if each > now), group.ends_at)
