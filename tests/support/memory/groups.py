"""Groups in memory, with their shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tests.support.memory import events, lists
from tests.support.memory.store import DueAt, MemoryStore, MemoryWrite, Place, Refusal, as_it_was, due
from tollgate.group_payments.errors import GroupChanged, GroupExists, ShareChanged
from tollgate.group_payments.model import FAILED, Group, GroupChange, Shares
from tollgate.group_payments.ports import GroupRepository, GroupsPage, Seen
from tollgate.group_payments.shares import Share, ShareChange
from tollgate.kernel.access import Viewer
from tollgate.kernel.unit_of_work import Write

GROUP, SHARE = "group", "group_share"
type Check = Callable[[Group], bool]


class MemoryGroups(GroupRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Group | None:
        found: Group | None = self._store.items.get((GROUP, tenant, id_))
        return found

    def read(self, tenant: str, id_: str) -> Seen | None:
        with self._store.lock:
            return self._seen(tenant, id_, [each for _, each in self._store.under(SHARE, tenant, id_)])

    def look(self, tenant: str, id_: str, shares: Sequence[str]) -> Seen | None:
        with self._store.lock:
            found = [self._store.items.get((SHARE, tenant, id_, each)) for each in shares]
            return self._seen(tenant, id_, [each for each in found if each])

    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> GroupsPage:
        theirs = [
            group for _, group in self._store.under(GROUP, viewer.tenant) if group.organizer == (viewer.user or "")
        ]
        page, after = lists.page(theirs, _listed_at, limit, cursor, ("groups", viewer.tenant, viewer.user))
        return GroupsPage(page, after)

    def create(self, change: GroupChange, shares: Sequence[ShareChange]) -> tuple[Write, ...]:
        group = change.group

        def refuse(stored: Group | None) -> Refusal:
            return GroupExists(stored) if stored else None

        return (
            MemoryWrite(_place(group), group, refuse, due(group.due_at)),
            events.append(change.event),
            *(write for each in shares for write in _stored(each, None)),
        )

    def still_open(self, group: Group) -> Write:
        return _update(group, lambda stored: stored, lambda stored: stored.is_open)

    def update_share(self, change: ShareChange) -> tuple[Write, ...]:
        return _stored(change, change.before)

    def add(self, group: Group, more: Shares) -> Write:
        def fits(stored: Group) -> bool:
            return stored.is_open and stored.progress.paid < stored.members - more.count

        return _update(group, lambda stored: stored.with_shares(more), fits)

    def taken(self, group: Group, count: int) -> Write:
        def after(stored: Group) -> Group:
            return stored.with_shares(Shares(held=-count))

        return _update(group, after, lambda stored: stored.is_open and not after(stored).is_paid)

    def take_off(self, group: Group, less: Shares) -> Write:
        def fits(stored: Group) -> bool:
            return stored.is_open and _is_as_read(stored, group)

        return _update(group, lambda stored: stored.with_shares(less), fits)

    def came_late(self, group: Group, more: Shares, look_at: datetime) -> Write:
        def after(stored: Group) -> Group:
            return replace(stored, progress=stored.with_shares(more).progress)

        return _update(group, after, lambda stored: stored.state in FAILED, due(look_at))

    def returned(self, group: Group, count: int, look_at: datetime) -> Write:
        def after(stored: Group) -> Group:
            return replace(stored, progress=replace(stored.progress, returned=stored.progress.returned + count))

        def fits(stored: Group) -> bool:
            was, now = group.progress, stored.progress
            return stored.state in FAILED and (now.returned, now.paid) == (was.returned, was.paid)

        return _update(group, after, fits, due(look_at if after(group).owes_refunds else None))

    def update(self, before: Group, change: GroupChange) -> tuple[Write, ...]:
        told = change.group

        def after(stored: Group) -> Group:
            return replace(told, progress=replace(told.progress, returned=stored.progress.returned))

        def fits(stored: Group) -> bool:
            return stored.is_open and _is_as_read(stored, before)

        return (_update(told, after, fits, due(told.due_at)), events.append(change.event))

    def look_again(self, group: Group, at: datetime | None) -> Write:
        def fits(stored: Group) -> bool:
            return stored.state is group.state and _place(group) in self._store.due

        return _update(group, lambda stored: stored, fits, due(at))

    def _seen(self, tenant: str, id_: str, shares: Sequence[Share]) -> Seen | None:
        group = self.get(tenant, id_)
        return Seen(group, tuple(sorted(shares, key=lambda each: each.number))) if group else None


def _update(
    group: Group,
    after: Callable[[Group], Group],
    fits: Check,
    due_at: Callable[[DueAt], DueAt] = as_it_was,
) -> Write:
    def refuse(stored: Group | None) -> Refusal:
        return None if stored is not None and fits(stored) else GroupChanged(group.id)

    return MemoryWrite(_place(group), after, refuse, due_at)


def _stored(change: ShareChange, before: int | None) -> tuple[Write, ...]:
    share = change.share

    def refuse(stored: Share | None) -> Refusal:
        return None if (stored.revision if stored else None) == before else ShareChanged(share.id)

    put = MemoryWrite((SHARE, share.tenant, share.group, share.id), share, refuse)
    return (put, events.append(change.event)) if change.event else (put,)


def _is_as_read(stored: Group, read: Group) -> bool:
    now, was = stored.progress, read.progress
    same_sums = (now.paid, now.collected, now.held) == (was.paid, was.collected, was.held)
    return same_sums and stored.version == read.version


def _place(group: Group) -> Place:
    return (GROUP, group.tenant, group.id)


def _listed_at(group: Group) -> str:
    return lists.listed_at(group.created_at, group.id)
