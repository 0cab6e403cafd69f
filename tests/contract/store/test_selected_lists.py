"""Lists of some payments only: all of those, in order, and each page looks at so many and no more."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import listing, places
from tollgate.kernel.access import Viewer
from tollgate.payments.errors import PaymentChanged
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment, open_payment
from tollgate.payments.ports import Page, Selection

OWNER, TENANT = Viewer("demo", "user-1"), Viewer("demo", None)
VIEWERS = [OWNER, TENANT]
SINCE, UNTIL = NOW - timedelta(days=10), NOW + timedelta(days=1)
SELECTIONS = [
    Selection(),
    Selection(states=frozenset({State.FAILED})),
    Selection(states=frozenset({State.PENDING, State.CONFIRMED}), provider="mock"),
    Selection(provider="stripe"),
    Selection(failed_attempts=True),
    Selection(failed_attempts=True, provider="mock", states=frozenset({State.PENDING, State.FAILED})),
]


def put(store: Store, name: str, **fields: Any) -> Payment:
    change = open_payment(a_draft(name, **fields))
    store.unit_of_work.commit(*store.payments.create(change))
    return change.payment


def page(store: Store, viewer: Viewer, selection: Selection, limit: int = 100, cursor: str | None = None) -> Page:
    return store.payments.list(viewer, since=SINCE, until=UNTIL, limit=limit, cursor=cursor, selection=selection)


def walk(store: Store, viewer: Viewer, selection: Selection, limit: int) -> list[Page]:
    pages = [page(store, viewer, selection, limit)]
    while pages[-1].cursor is not None:
        pages.append(page(store, viewer, selection, limit, pages[-1].cursor))
        assert len(pages) < 200, "the pages have no end"
    return pages


def many(store: Store) -> list[Payment]:
    chance = random.Random(7)  # noqa: S311 - the same mixture each time
    return [
        put(
            store,
            str(number),
            created_at=NOW - timedelta(hours=chance.randrange(60)),
            state=chance.choice(list(State)),
            provider=chance.choice(["stripe", "mock"]),
            reason=chance.choice([None, "declined"]),
        )
        for number in range(40)
    ]


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_is_selected_is_listed_once_newest_first_and_nothing_else(
    racing_store: Store, viewer: Viewer, selection: Selection
) -> None:
    stored = many(racing_store)
    wanted = sorted(filter(selection.takes, stored), key=lambda each: (each.created_at, each.id), reverse=True)
    for limit in (1, 3, 100):
        pages = walk(racing_store, viewer, selection, limit)
        assert [each for page in pages for each in page.payments] == wanted
        assert all(len(page.payments) <= limit for page in pages)


def test_a_failed_attempt_is_a_failure_or_a_declined_try_of_what_is_open(store: Store) -> None:
    failed = put(store, "failed", state=State.FAILED, created_at=NOW)
    declined = put(store, "declined", reason="card_declined", created_at=NOW - timedelta(seconds=1))
    for number, state in enumerate((State.PENDING, State.CONFIRMED)):
        put(store, f"fine-{number}", state=state)
    put(store, "cancelled", state=State.CANCELLED, reason="requested")
    found = page(store, TENANT, Selection(failed_attempts=True)).payments
    assert found == (failed, declined)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_page_looks_at_so_many_and_no_more(served: OnDynamo, viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rare selection takes many pages, most of them empty, and each leads on to the next."""
    monkeypatch.setattr(places, "EXAMINED_PER_PAGE", 12)
    rare = [
        put(served, f"rare-{hours}", state=State.FAILED, created_at=NOW - timedelta(hours=hours)) for hours in (0, 30)
    ]
    for number in range(40):
        put(served, str(number), created_at=NOW - timedelta(hours=number))
    examined = _examined(served, monkeypatch)
    pages = walk(served, viewer, Selection(states=frozenset({State.FAILED})), 5)
    assert [each for page in pages for each in page.payments] == rare
    assert len(pages) > 3
    assert max(examined) <= 12
    assert sum(examined) >= 42


def test_something_holds_only_while_the_payment_is_as_it_was_read(store: Store) -> None:
    read = put(store, "1")
    store.unit_of_work.commit(store.payments.unchanged(read), *store.payments.create(open_payment(a_draft("2"))))
    change = read.with_event("payments.payment.declined", NOW, {}, None)
    store.unit_of_work.commit(*store.payments.update(change))
    with pytest.raises(PaymentChanged) as refused:
        store.unit_of_work.commit(store.payments.unchanged(read), *store.payments.create(open_payment(a_draft("3"))))
    assert refused.value.payment == change.payment
    assert len(page(store, TENANT, Selection()).payments) == 2


def _examined(store: OnDynamo, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many items each page's queries read."""
    counts: list[int] = []
    table = store.core
    call, decode = table.call, listing.PaymentListing.page

    def counting(operation: str, request: Any) -> Any:
        response = call(operation, request)
        counts[-1] += response["ScannedCount"]
        return response

    def begin(*arguments: Any) -> Page:
        counts.append(0)
        return decode(*arguments)

    monkeypatch.setattr(table, "call", counting)
    monkeypatch.setattr(listing.PaymentListing, "page", begin)
    return counts
