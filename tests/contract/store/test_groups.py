"""Groups in the store: sums that all may add to at once, an end that is one, and shares that are claimed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bench.units import item_bytes
from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.groups import LIFE, ORGANIZER, GroupWorld, a_group_wish
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.group_payments.creating import Member
from tollgate.group_payments.errors import GroupChanged, GroupExists, ShareChanged
from tollgate.group_payments.model import Group, GroupState, Progress, Shares
from tollgate.group_payments.ports import Seen
from tollgate.kernel.access import Viewer
from tollgate.kernel.ids import derived
from tollgate.payments.errors import InvalidCursor
from tollgate.reconciliation.ports import DueGroup

LATER = NOW + timedelta(hours=1)
PAYMENT = derived("pay", "1")
ONE, ONE_LESS = Shares(1, 5_000, 100), Shares(-1, -5_000, -100)


@pytest.fixture
def world(store: Store) -> GroupWorld:
    return GroupWorld(store)


def _stands(world: GroupWorld, group: Seen) -> tuple[GroupState, int, int, int]:
    now = world.group(group)
    return now.state, now.progress.paid, now.progress.collected, now.progress.fees


def _add(world: GroupWorld, group: Group, amount: int = 5_000, fee: int = 100) -> None:
    world.store.unit_of_work.commit(world.store.groups.add(group, Shares(1, amount, fee)))


def _fails(world: GroupWorld, group: Seen) -> Group:
    read = world.group(group)
    change = read.expired(NOW + LIFE)
    world.store.unit_of_work.commit(*world.store.groups.update(read, change))
    return world.group(group)


def test_a_group_comes_back_as_it_was_with_its_shares_in_their_order(world: GroupWorld) -> None:
    groups = world.store.groups
    for made in (world.made(members=12), world.made("2", seller=None, consumer="tickets", tenant="a-tenant")):
        tenant, id_ = made.group.tenant, made.group.id
        assert groups.read(tenant, id_) == made
        assert groups.get(tenant, id_) == made.group
        wanted = [made.shares[1].id, made.shares[0].id, "shr_of_nobody"]
        assert groups.look(tenant, id_, wanted) == Seen(made.group, made.shares[:2])
        assert [groups.read("other", id_), groups.get("other", id_), groups.look("other", id_, wanted)] == [None] * 3


def test_an_id_is_given_once(world: GroupWorld) -> None:
    made = world.made()
    with pytest.raises(GroupExists) as taken:
        world.store.unit_of_work.commit(*world.store.groups.create(made.group.created(), ()))
    assert taken.value.group == made.group


def test_a_share_is_claimed_by_one_payment(world: GroupWorld) -> None:
    share, groups = world.made().shares[0], world.store.groups
    world.store.unit_of_work.commit(*groups.update_share(share.claimed(PAYMENT)))
    for change in (share.claimed(derived("pay", "2")), share.reminded(NOW)):
        with pytest.raises(ShareChanged):
            world.store.unit_of_work.commit(*groups.update_share(change))
    found = groups.look("demo", share.group, [share.id])
    assert found is not None
    claimed = found.shares[0]
    assert (claimed.state, claimed.payment, claimed.version, claimed.revision) == ("paying", PAYMENT, 1, 2)
    world.store.unit_of_work.commit(*groups.update_share(claimed.paid(NOW)))


def test_whoever_has_read_it_before_may_add_all_the_same(world: GroupWorld) -> None:
    made = world.made(members=4)
    for _ in range(3):
        _add(world, made.group)
    assert _stands(world, made) == (GroupState.PARTIALLY_PAID, 3, 15_000, 300)
    with pytest.raises(GroupChanged):
        _add(world, made.group)  # it would be the last, which ends the group


def test_a_group_ends_once_and_with_the_sums_that_were_read(world: GroupWorld) -> None:
    made, groups = world.made(), world.store.groups
    _add(world, made.group)
    stale = made.group.expired(NOW)
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(*groups.update(made.group, stale))
    read = world.group(made)
    done = read.with_shares(ONE).completed(NOW + LIFE)
    world.store.unit_of_work.commit(*groups.update(read, done))
    assert _stands(world, made) == (GroupState.COMPLETED, 2, 10_000, 200)
    assert world.group(made) == done.group
    for write in (
        groups.update(read, read.cancelled("requested", NOW))[0],
        groups.still_open(read),
        groups.add(read, Shares(1, 1)),
        groups.taken(read, 1),
        groups.take_off(read, Shares(-1, -1)),
        groups.came_late(read, ONE, LATER),
        groups.returned(read, 1, LATER),
    ):
        with pytest.raises(GroupChanged):
            world.store.unit_of_work.commit(write)


def test_what_goes_back_while_it_is_open_is_taken_off(world: GroupWorld) -> None:
    made, groups = world.made(members=3), world.store.groups
    for _ in range(2):
        _add(world, made.group)
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(groups.take_off(made.group, ONE_LESS))
    for state, paid in ((GroupState.PARTIALLY_PAID, 1), (GroupState.COLLECTING, 0)):
        world.store.unit_of_work.commit(groups.take_off(world.group(made), ONE_LESS))
        assert _stands(world, made) == (state, paid, paid * 5_000, paid * 100)


def test_it_is_told_that_nothing_is_missing_as_it_was_read_and_in_its_place(world: GroupWorld) -> None:
    """What is set aside is counted as it comes in, and by itself as it is taken; the last of it ends the group."""
    made, groups = world.made(members=3), world.store.groups
    held = replace(ONE, held=1)
    for _ in range(2):
        world.store.unit_of_work.commit(groups.add(made.group, held))
    read = world.group(made)
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(*groups.update(made.group, made.group.with_shares(held).authorized(NOW)))
    change = read.with_shares(held).authorized(NOW)
    world.store.unit_of_work.commit(*groups.update(read, change))
    assert world.group(made) == change.group
    assert (change.group.version, change.group.progress.held, change.group.is_open) == (2, 3, True)
    for left in (2, 1):
        world.store.unit_of_work.commit(groups.taken(read, 1))
        assert world.group(made).progress.held == left
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(groups.taken(read, 1))
    now = world.group(made)
    world.store.unit_of_work.commit(*groups.update(now, now.with_shares(Shares(held=-1)).completed(NOW)))
    assert world.group(made).version == 3
    assert _due(world) == []


def test_what_is_let_go_is_taken_off_and_a_stale_end_is_none(world: GroupWorld) -> None:
    """The sums may be as they were, and the group another all the same."""
    made, groups = world.made(members=1), world.store.groups
    held = replace(ONE, held=1)
    world.store.unit_of_work.commit(*groups.update(made.group, made.group.with_shares(held).authorized(NOW)))
    first = world.group(made)
    world.store.unit_of_work.commit(groups.take_off(first, replace(ONE_LESS, held=-1)))
    assert (_stands(world, made), world.group(made).progress.held) == ((GroupState.COLLECTING, 0, 0, 0), 0)
    again = world.group(made)
    world.store.unit_of_work.commit(*groups.update(again, again.with_shares(held).authorized(NOW)))
    assert world.group(made).progress == first.progress
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(*groups.update(first, first.expired(NOW)))


def test_of_twelve_holds_that_are_taken_at_once_none_is_lost(racing_store: Store) -> None:
    world = GroupWorld(racing_store)
    made = world.made(members=13)
    for _ in range(12):
        world.store.unit_of_work.commit(world.store.groups.add(made.group, replace(ONE, held=1)))
    results = race(racing_store, 12, lambda store, _: store.unit_of_work.commit(store.groups.taken(made.group, 1)))
    assert kinds(results) == {"NoneType": 12}
    assert (world.group(made).progress.held, world.group(made).progress.paid) == (0, 12)


def test_what_is_owed_is_due_until_all_of_it_went_back(world: GroupWorld) -> None:
    made, groups = world.made(members=3), world.store.groups
    for _ in range(2):
        _add(world, made.group)
    failed = _fails(world, made)
    assert _due(world) == [DueGroup("demo", made.group.id)]
    world.store.unit_of_work.commit(groups.returned(failed, 1, LATER))
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(groups.returned(failed, 1, LATER))
    assert world.group(made).owes_refunds
    world.store.unit_of_work.commit(groups.returned(world.group(made), 1, LATER))
    assert (world.group(made).progress.returned, _due(world)) == (2, [])
    world.store.unit_of_work.commit(groups.returned(world.group(made), -1, LATER))
    assert (world.group(made).owes_refunds, _due(world)) == (True, [DueGroup("demo", made.group.id)])


def test_what_comes_late_is_owed_and_nobody_who_read_before_settles_it(world: GroupWorld) -> None:
    made, groups = world.made(members=3), world.store.groups
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(groups.came_late(made.group, ONE, LATER))
    _add(world, made.group)
    failed = _fails(world, made)
    world.store.unit_of_work.commit(groups.came_late(failed, replace(ONE, held=1), LATER))
    after = world.group(made)
    assert (after.state, after.progress) == (failed.state, Progress(2, 2 * ONE.amount, 2 * ONE.fee, 1))
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(groups.returned(failed, 1, LATER))
    world.store.unit_of_work.commit(groups.returned(after, 2, LATER))
    assert _due(world) == []
    world.store.unit_of_work.commit(groups.came_late(after, ONE, LATER))
    assert (world.group(made).owes_refunds, _due(world)) == (True, [DueGroup("demo", made.group.id)])


def test_an_open_group_is_due_after_its_time_and_one_that_owes_nothing_never(world: GroupWorld) -> None:
    made = world.made()
    assert list(world.store.due.due(NOW + LIFE)) == []
    assert _due(world) == [DueGroup("demo", made.group.id)]
    _fails(world, made)
    assert _due(world) == []


def test_it_is_put_off_unless_it_moved_on(world: GroupWorld) -> None:
    made, groups = world.made(), world.store.groups
    _add(world, made.group)
    failed = _fails(world, made)
    world.store.unit_of_work.commit(groups.look_again(failed, NOW + timedelta(days=9)))
    assert _due(world) == []
    for group in (made.group, replace(failed, state=GroupState.CANCELLED)):
        with pytest.raises(GroupChanged):
            world.store.unit_of_work.commit(groups.look_again(group, NOW))
    world.store.unit_of_work.commit(groups.look_again(failed, None))
    with pytest.raises(GroupChanged):
        world.store.unit_of_work.commit(groups.look_again(failed, LATER))


def test_an_organizer_sees_their_own_newest_first_in_pages(world: GroupWorld) -> None:
    groups, made = world.store.groups, []
    for number in range(5):
        made.append(world.made(str(number)).group.id)
        world.clock.advance(timedelta(seconds=1))
    world.made("theirs", organizer="somebody", caller="somebody")
    world.made("elsewhere", tenant="other")
    mine, seen, cursor = Viewer("demo", ORGANIZER), list[str](), None
    while True:
        page = groups.list(mine, limit=2, cursor=cursor)
        seen += [each.id for each in page.groups]
        if page.cursor is None:
            break
        cursor = page.cursor
    assert seen == made[::-1]
    with pytest.raises(InvalidCursor):
        groups.list(Viewer("demo", "somebody"), limit=2, cursor=cursor)
    assert groups.list(Viewer("demo", None), limit=2, cursor=None).groups == ()


def test_of_twelve_who_add_at_once_all_count(racing_store: Store) -> None:
    world = GroupWorld(racing_store)
    made = world.made(members=40)
    results = race(racing_store, 12, lambda store, _: _add(GroupWorld(store), made.group))
    assert kinds(results) == {"NoneType": 12}
    assert _stands(world, made) == (GroupState.PARTIALLY_PAID, 12, 60_000, 1_200)


def test_of_twelve_who_end_it_at_once_one_does(racing_store: Store) -> None:
    made = GroupWorld(racing_store).made()

    def end(store: Store, number: int) -> None:
        store.unit_of_work.commit(*store.groups.update(made.group, made.group.cancelled(str(number), NOW)))

    assert kinds(race(racing_store, 12, end)) == {"NoneType": 1, "GroupChanged": 11}


def test_items_of_a_group_are_below_a_kilobyte(dynamo: OnDynamo) -> None:
    """What all members add to is written with each of their shares."""
    world = GroupWorld(dynamo)
    members = tuple(Member(f"somebody.with.a.long.name{n}@mail.example.com", "N" * 60, 2) for n in range(2))
    made = world.creation.create(replace(a_group_wish(), members=members))[0]
    for key in (keys.group("demo", made.group.id), keys.share("demo", made.group.id, made.shares[0].id)):
        raw = dynamo.core.get(key)
        assert raw is not None
        assert item_bytes(raw) < 1024


def _due(world: GroupWorld) -> list[object]:
    return [each for each in world.store.due.due(LATER) if isinstance(each, DueGroup)]
