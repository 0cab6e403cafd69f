"""What the group payments room needs from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tollgate.group_payments.model import Group, GroupChange, Shares
from tollgate.group_payments.shares import Share, ShareChange
from tollgate.kernel.access import Viewer
from tollgate.kernel.unit_of_work import Write


@dataclass(frozen=True, slots=True)
class Seen:
    """A group and those of its shares that were asked for, in their order."""

    group: Group
    shares: tuple[Share, ...]

    def share(self, id_: str) -> Share | None:
        return next((each for each in self.shares if each.id == id_), None)


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """Newest first. `cursor` asks for what follows."""

    groups: tuple[Group, ...]
    cursor: str | None


class GroupRepository(ABC):
    """Groups with their shares and events. Reads are strongly consistent, apart from lists."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Group | None:
        """The group as it stands."""

    @abstractmethod
    def read(self, tenant: str, id_: str) -> Seen | None:
        """With all of its shares."""

    @abstractmethod
    def look(self, tenant: str, id_: str, shares: Sequence[str]) -> Seen | None:
        """With some of its shares."""

    @abstractmethod
    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> GroupsPage:
        """The groups of one organizer; `InvalidCursor` for a cursor that this viewer was never given."""

    @abstractmethod
    def create(self, change: GroupChange, shares: Sequence[ShareChange]) -> tuple[Write, ...]:
        """Store a new group with all of its shares; `GroupExists` if the id is taken."""

    @abstractmethod
    def still_open(self, group: Group) -> Write:
        """Changes nothing, and holds only while something is taken for the group; `GroupChanged` otherwise."""

    @abstractmethod
    def update_share(self, change: ShareChange) -> tuple[Write, ...]:
        """Store a changed share; `ShareChanged` unless it is as it was read."""

    @abstractmethod
    def add(self, group: Group, more: Shares) -> Write:
        """So many shares more of an open group are in, and something is missing still; `GroupChanged` otherwise."""

    @abstractmethod
    def taken(self, group: Group, count: int) -> Write:
        """What was set aside for so many shares of an open group was taken, and something is missing still, or only
        set aside; `GroupChanged` otherwise.
        """

    @abstractmethod
    def take_off(self, group: Group, less: Shares) -> Write:
        """So many shares less of an open group are in; the sums of `less` are negative. `GroupChanged` if it is not
        open, or another share came in or was taken since it was read.
        """

    @abstractmethod
    def came_late(self, group: Group, more: Shares, look_at: datetime) -> Write:
        """So many shares of a group that has failed are in after all, and are owed. Somebody looks at it then.
        `GroupChanged` if it has not failed.
        """

    @abstractmethod
    def returned(self, group: Group, count: int, look_at: datetime) -> Write:
        """The money of so many shares more went back, of a group that has failed, or of so many less, where a refund
        came back itself. While some is owed, somebody looks at it then. `GroupChanged` if it has not failed, or what
        is in or went back is another than was read.
        """

    @abstractmethod
    def update(self, before: Group, change: GroupChange) -> tuple[Write, ...]:
        """Store what is told of it; `GroupChanged` unless it is open and its shares have come to what they had when it
        was read.
        """

    @abstractmethod
    def look_again(self, group: Group, at: datetime | None) -> Write:
        """Put off when somebody should look at it, or have nobody look; `GroupChanged` if it moved on."""
