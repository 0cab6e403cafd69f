"""Lists: newest first, each payment once, nothing of anyone else, however many pages it takes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOW, created
from tests.support.stores import Store
from tollgate.kernel.access import Viewer
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.model import Payment

OWNER, TENANT = Viewer("demo", "user-1"), Viewer("demo", None)
VIEWERS = [OWNER, TENANT]
BEGINNING, END = NOW - timedelta(days=10), NOW + timedelta(days=1)


def put(store: Store, name: str, at: datetime = NOW, owner: str = "user-1", tenant: str = "demo") -> Payment:
    change = created(name, created_at=at, owner=owner, tenant=tenant)
    store.unit_of_work.commit(*store.payments.create(change))
    return change.payment


def pages(
    store: Store, viewer: Viewer, limit: int, since: datetime = BEGINNING, until: datetime = END
) -> list[list[Payment]]:
    """Every page, as far as cursors lead."""
    found: list[list[Payment]] = []
    cursor: str | None = None
    for _ in range(500):
        page = store.payments.list(viewer, since=since, until=until, limit=limit, cursor=cursor)
        found.append(list(page.payments))
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the pages have no end")


def everything(store: Store, viewer: Viewer, limit: int = 100, **stretch: datetime) -> list[Payment]:
    return [payment for page in pages(store, viewer, limit, **stretch) for payment in page]


def newest_first(payments: list[Payment]) -> list[Payment]:
    return sorted(payments, key=lambda payment: (payment.created_at, payment.id), reverse=True)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_list_of_nothing_is_empty_and_has_no_cursor(store: Store, viewer: Viewer) -> None:
    assert everything(store, viewer) == []
    page = store.payments.list(viewer, since=NOW, until=NOW + timedelta(hours=1), limit=10, cursor=None)
    assert (page.payments, page.cursor) == ((), None)


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_every_payment_is_listed_once_newest_first(store: Store, viewer: Viewer, limit: int) -> None:
    times = [NOW, NOW, NOW, *(NOW - timedelta(hours=9 * number) for number in range(1, 15))]
    stored = [put(store, str(number), at) for number, at in enumerate(times)]
    found = pages(store, viewer, limit)
    assert [payment for page in found for payment in page] == newest_first(stored)
    assert all(len(page) <= limit for page in found)


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_payments_of_one_millisecond_are_neither_lost_nor_doubled(store: Store, viewer: Viewer, limit: int) -> None:
    stored = [put(store, str(number)) for number in range(11)]
    assert everything(store, viewer, limit) == newest_first(stored)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_weeks_without_payments_are_bridged(store: Store, viewer: Viewer) -> None:
    times = [NOW, NOW - timedelta(days=6), NOW - timedelta(days=7), NOW - timedelta(days=8), NOW - timedelta(days=40)]
    stored = [put(store, str(number), at) for number, at in enumerate(times)]
    assert everything(store, viewer, 2, since=NOW - timedelta(days=60)) == newest_first(stored)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_day_begins_at_midnight_utc_and_is_seen_to_its_last_millisecond(store: Store, viewer: Viewer) -> None:
    midnight = NOW.replace(hour=0)
    edges = [midnight - timedelta(milliseconds=1), midnight, midnight + timedelta(days=1, milliseconds=-1)]
    stored = [put(store, str(number), at) for number, at in enumerate(edges)]
    assert everything(store, viewer, 1) == newest_first(stored)
    day = {"since": midnight, "until": midnight + timedelta(days=1)}
    assert everything(store, viewer, 1, **day) == newest_first(stored[1:])


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_stretch_has_its_beginning_and_not_its_end(store: Store, viewer: Viewer) -> None:
    stored = [put(store, str(second), NOW + timedelta(seconds=second)) for second in range(5)]
    found = everything(store, viewer, since=NOW + timedelta(seconds=1), until=NOW + timedelta(seconds=3))
    assert found == [stored[2], stored[1]]
    assert everything(store, viewer, since=NOW, until=NOW) == []
    assert everything(store, viewer, since=NOW + timedelta(days=1), until=NOW) == []


def test_a_user_sees_only_their_own_and_an_admin_the_whole_tenant(store: Store) -> None:
    mine, theirs = put(store, "1"), put(store, "2", owner="user-2")
    elsewhere = put(store, "3", tenant="other")
    near = put(store, "4", owner="user-1x")
    assert everything(store, OWNER) == [mine]
    assert everything(store, TENANT) == newest_first([mine, theirs, near])
    assert everything(store, Viewer("other", None)) == [elsewhere]
    assert everything(store, Viewer("other", "user-1")) == [elsewhere]
    assert everything(store, Viewer("dem", None)) == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_is_created_between_two_pages_disturbs_neither(store: Store, viewer: Viewer) -> None:
    stored = [put(store, str(number), NOW - timedelta(minutes=number)) for number in range(4)]
    first = store.payments.list(viewer, since=BEGINNING, until=END, limit=2, cursor=None)
    put(store, "new", NOW + timedelta(minutes=1))
    second = store.payments.list(viewer, since=BEGINNING, until=END, limit=2, cursor=first.cursor)
    assert [*first.payments, *second.payments] == stored


@pytest.mark.parametrize(
    "stranger", [Viewer("demo", "user-2"), Viewer("other", "user-1"), Viewer("other", None), Viewer("demo", None)]
)
def test_a_cursor_is_good_for_the_list_that_gave_it_only(store: Store, stranger: Viewer) -> None:
    for number in range(3):
        put(store, str(number))
    page = store.payments.list(OWNER, since=BEGINNING, until=END, limit=1, cursor=None)
    with pytest.raises(InvalidCursor):
        store.payments.list(stranger, since=BEGINNING, until=END, limit=1, cursor=page.cursor)


@pytest.mark.parametrize("cursor", ["x", "null", "W10", "e30", "////", "é", "a" * 5000, "\x00"])
def test_what_no_list_ever_gave_is_no_cursor(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.payments.list(OWNER, since=BEGINNING, until=END, limit=1, cursor=cursor)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_payment_that_changed_keeps_its_place(store: Store, viewer: Viewer) -> None:
    older, newer = put(store, "1", NOW - timedelta(hours=1)), put(store, "2")
    change = older.with_event("payments.payment.declined", END, {}, None)
    store.unit_of_work.commit(*store.payments.update(change))
    assert everything(store, viewer) == [newer, change.payment]
