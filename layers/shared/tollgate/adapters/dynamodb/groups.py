"""Groups with their shares and events, on the core table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import cursors, event_items, keys
from tollgate.adapters.dynamodb.conditions import Prepared, expressed
from tollgate.adapters.dynamodb.group_items import GroupItem, ShareItem
from tollgate.adapters.dynamodb.group_mapping import (
    GROUP,
    group_from_item,
    group_to_item,
    share_from_item,
    share_to_item,
)
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.places import Group as Stretch
from tollgate.adapters.dynamodb.places import Partition, Range, newest, place_of
from tollgate.adapters.dynamodb.store import DynamoWrite, Raw, Table
from tollgate.group_payments.errors import GroupChanged, GroupExists, ShareChanged
from tollgate.group_payments.model import FAILED, OPEN, Group, GroupChange, GroupState, Shares
from tollgate.group_payments.ports import GroupRepository, GroupsPage, Seen
from tollgate.group_payments.shares import ShareChange
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import epoch, to_milliseconds
from tollgate.kernel.unit_of_work import Write

# Before and past every place in a list: places begin with a year.
_START, _END = "0", "9999"
_ABSENT = Prepared(Item.pk.does_not_exist())
_AS_READ = Prepared(ShareItem.revision == 0)


class DynamoGroups(GroupRepository):
    """A group is one item, and so is each share, beside it. Their events lie with each."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Group | None:
        raw = self._core.get(keys.group(tenant, id_))
        return group_from_item(raw) if raw else None

    def read(self, tenant: str, id_: str) -> Seen | None:
        pk, first = keys.group(tenant, id_)
        _, last = keys.share(tenant, id_, "~")
        request = {
            "TableName": self._core.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
        }
        return _seen(self._core.call("Query", request)["Items"])

    def look(self, tenant: str, id_: str, shares: Sequence[str]) -> Seen | None:
        wanted = [keys.group(tenant, id_), *(keys.share(tenant, id_, each) for each in shares)]
        return _seen(self._core.get_all(wanted, consistent=True))

    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> GroupsPage:
        bound_to = ["groups", viewer.tenant, viewer.user]
        wanted = Range(_START, cursors.decode(cursor, bound_to) if cursor else _END)
        theirs = Partition("by_owner", "owner_key", keys.groups_of(viewer.tenant, viewer.user or ""))
        raws, unseen = newest(self._core, [Stretch(_START, [theirs])], wanted, limit + 1)
        shown = raws[:limit]
        after = place_of(shown[-1]) if len(raws) > limit else unseen
        return GroupsPage(tuple(map(group_from_item, shown)), cursors.encode(bound_to, after) if after else None)

    def create(self, change: GroupChange, shares: Sequence[ShareChange]) -> tuple[Write, ...]:
        put = self._core.put(group_to_item(change.group), _ABSENT.holding(), _taken)
        return (
            put,
            event_items.append(self._core, change.event),
            *(write for each in shares for write in self._stored(each, _ABSENT.holding())),
        )

    def still_open(self, group: Group) -> Write:
        pk, sk = keys.group(group.tenant, group.id)
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        request = {"TableName": self._core.name, "Key": key, **expressed(_is_in(OPEN))}
        return DynamoWrite("ConditionCheck", request, lambda _: GroupChanged(group.id))

    def update_share(self, change: ShareChange) -> tuple[Write, ...]:
        return self._stored(change, _AS_READ.holding(change.before))

    def add(self, group: Group, more: Shares) -> Write:
        missing = GroupItem.paid < group.members - more.count
        return self._update(group, _summed(group.with_shares(more), more), _is_in(OPEN) & missing)

    def taken(self, group: Group, count: int) -> Write:
        unpaid = (GroupItem.held > count) | (GroupItem.paid < group.members)
        return self._update(group, [GroupItem.held.add(-count)], _is_in(OPEN) & unpaid)

    def take_off(self, group: Group, less: Shares) -> Write:
        return self._update(group, _summed(group.with_shares(less), less), _is_in(OPEN) & _as_read(group))

    def came_late(self, group: Group, more: Shares, look_at: datetime) -> Write:
        return self._update(group, [*_added(more), *self._due(group, look_at)], _is_in(FAILED))

    def returned(self, group: Group, count: int, look_at: datetime) -> Write:
        was = group.progress
        as_read = _is_in(FAILED) & (GroupItem.returned == was.returned) & (GroupItem.paid == was.paid)
        all_back = group.progress.returned + count >= group.progress.paid
        due = _NEVER if all_back else self._due(group, look_at)
        return self._update(group, [GroupItem.returned.add(count), *due], as_read)

    def update(self, before: Group, change: GroupChange) -> tuple[Write, ...]:
        after, progress = change.group, change.group.progress
        sums = [
            GroupItem.paid.set(progress.paid),
            GroupItem.collected.set(progress.collected),
            GroupItem.fees.set(progress.fees),
            GroupItem.held.set(progress.held),
        ]
        said = [GroupItem.state.set(after.state.value), GroupItem.version.set(after.version)]
        times = ((GroupItem.authorized_at, after.authorized_at), (GroupItem.ended_at, after.ended_at))
        said += [which.set(to_milliseconds(at)) for which, at in times if at]
        said += [GroupItem.reason.set(after.reason)] if after.reason else []
        due = [GroupItem.due_at.set(epoch(after.due_at))] if after.due_at else _NEVER
        return (
            self._update(after, [*sums, *said, *due], _is_in(OPEN) & _as_read(before)),
            event_items.append(self._core, change.event),
        )

    def look_again(self, group: Group, at: datetime | None) -> Write:
        unchanged = (GroupItem.state == group.state.value) & GroupItem.due.exists()
        return self._update(group, [GroupItem.due_at.set(epoch(at))] if at else _NEVER, unchanged)

    def _due(self, group: Group, at: datetime) -> Sequence[Action]:
        pk, _ = keys.group(group.tenant, group.id)
        return [GroupItem.due.set(keys.due_shard_of(pk)), GroupItem.due_at.set(epoch(at))]

    def _update(self, group: Group, actions: Sequence[Action], condition: Condition) -> Write:
        key = keys.group(group.tenant, group.id)
        return self._core.update(key, actions, condition, lambda _: GroupChanged(group.id))

    def _stored(self, change: ShareChange, condition: dict[str, object]) -> tuple[Write, ...]:
        share = change.share
        put = self._core.put(share_to_item(share), condition, lambda _: ShareChanged(share.id))
        return (put, event_items.append(self._core, change.event)) if change.event else (put,)


_NEVER: list[Action] = [GroupItem.due.remove(), GroupItem.due_at.remove()]


def _is_in(states: frozenset[GroupState]) -> Condition:
    condition: Condition = GroupItem.state.is_in(*sorted(each.value for each in states))
    return condition


def _as_read(group: Group) -> Condition:
    """No share has come in, gone or been taken since."""
    was = group.progress
    sums = (GroupItem.paid == was.paid) & (GroupItem.collected == was.collected) & (GroupItem.held == was.held)
    condition: Condition = sums & (GroupItem.version == group.version)
    return condition


def _summed(after: Group, more: Shares) -> list[Action]:
    return [*_added(more), GroupItem.state.set(after.state.value)]


def _added(more: Shares) -> list[Action]:
    return [
        GroupItem.paid.add(more.count),
        GroupItem.collected.add(more.amount),
        GroupItem.fees.add(more.fee),
        GroupItem.held.add(more.held),
    ]


def _seen(raws: Sequence[Raw]) -> Seen | None:
    groups = [group_from_item(raw) for raw in raws if raw["kind"]["S"] == GROUP]
    shares = [share_from_item(raw) for raw in raws if raw["kind"]["S"] != GROUP]
    return Seen(groups[0], tuple(sorted(shares, key=lambda each: each.number))) if groups else None


def _taken(raw: Raw | None) -> Exception:
    return GroupExists(group_from_item(raw)) if raw else LookupError("the group is gone")
