"""Escrows, listings, tickets and royalties in the store: each change holds only of what was read, and a ticket is for
sale once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bench.units import item_bytes, write_units
from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.calls import counted_calls
from tests.support.resale import (
    BUYER,
    SELLER,
    VENUE,
    WINDOW,
    a_listing,
    a_ticket,
    after,
    an_escrow,
    being_sold,
    for_sale,
    sold,
)
from tests.support.stores import OnDynamo, Store
from tollgate.escrow.errors import EscrowChanged
from tollgate.escrow.model import ENDED_WITHIN, RETURNED_WITHIN, State
from tollgate.escrow.settling import EscrowDesk
from tollgate.escrow.splitting import Rates
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.money import Money
from tollgate.marketplace.errors import ListingChanged, TicketChanged
from tollgate.marketplace.model import State as ListingState
from tollgate.marketplace.model import VenueRules
from tollgate.marketplace.ports import Royalties, Whose
from tollgate.payments.errors import InvalidCursor
from tollgate.reconciliation.ports import DueEscrow

FULL = an_escrow(
    "full",
    tenant="a-tenant-of-32-characters-at-most",
    rates=Rates("ven_1", 1_000, 500, "art_1", 250),
    state=State.REFUNDED,
    deadline=NOW + WINDOW,
    confirmed_at=NOW,
    complaint="it never came; é#",
    chargebacks=1,
    returned=14_999,
    ended_at=NOW,
    reason="resolved",
)


def kept(store: Store, *, ticket: str = "tic_1") -> object:
    return store.resale.tickets.get("demo", ticket)


def test_an_escrow_comes_back_as_it_was_and_to_nobody_else(store: Store) -> None:
    escrows = store.resale.escrows
    for escrow in (an_escrow(), an_escrow("2", occasion_name=None, price=Money(10**12, "JPY")), FULL):
        change = escrow.opened()
        store.unit_of_work.commit(*escrows.create(change))
        assert escrows.get(escrow.tenant, escrow.id) == change.escrow
        assert escrows.get("other", escrow.id) is None


def test_a_change_of_an_escrow_holds_of_what_was_read(store: Store) -> None:
    escrows, opened = store.resale.escrows, an_escrow().opened()
    store.unit_of_work.commit(*escrows.create(opened))
    with pytest.raises(EscrowChanged):
        store.unit_of_work.commit(*escrows.create(opened))
    paid = opened.escrow.funded(NOW, WINDOW)
    assert paid is not None
    store.unit_of_work.commit(*escrows.update(paid))
    noted = paid.escrow.noted()  # without an event
    store.unit_of_work.commit(*escrows.update(noted))
    for stale in (paid, noted):
        with pytest.raises(EscrowChanged):
            store.unit_of_work.commit(*escrows.update(stale))
    assert escrows.get("demo", paid.escrow.id) == noted.escrow


def test_an_escrow_is_due_an_hour_after_its_deadline_and_while_money_is_to_go_back(store: Store) -> None:
    escrows, escrow = store.resale.escrows, sold(store)
    due = DueEscrow("demo", escrow.id)
    late = NOW + WINDOW + ENDED_WITHIN
    assert due not in list(store.due.due(late - timedelta(seconds=1)))
    assert due in list(store.due.due(late))
    given_up = after(escrow.refunded(late, "not_transferred"))
    store.unit_of_work.commit(*escrows.update(escrow.refunded(late, "not_transferred") or escrow.noted()))
    assert due not in list(store.due.due(late))
    assert due in list(store.due.due(late + RETURNED_WITHIN))
    store.unit_of_work.commit(escrows.look_again(given_up, late + timedelta(days=1)))
    assert due not in list(store.due.due(late + RETURNED_WITHIN))
    with pytest.raises(EscrowChanged):
        store.unit_of_work.commit(escrows.look_again(escrow, late))
    back = given_up.gave_back(15_000, late)
    assert back is not None
    store.unit_of_work.commit(*escrows.update(back))
    assert due not in list(store.due.due(late + timedelta(days=999)))
    with pytest.raises(EscrowChanged):
        store.unit_of_work.commit(escrows.look_again(back.escrow, late))


def test_the_last_who_waits_is_the_one_who_is_woken(store: Store) -> None:
    waiting, escrow = store.resale.waiting, an_escrow()
    assert waiting.token("demo", escrow.id) is None
    for token in ("first", "second" * 100):
        waiting.note(escrow, token)
        assert waiting.token("demo", escrow.id) == token
    assert waiting.token("other", escrow.id) is None


def test_a_ticket_is_said_anew_only_as_it_was_read(store: Store) -> None:
    tickets, ticket = store.resale.tickets, a_ticket(occasion_name=None)
    store.unit_of_work.commit(tickets.put(ticket))
    assert tickets.get("demo", ticket.id) == ticket
    assert tickets.get("other", ticket.id) is None
    with pytest.raises(TicketChanged):
        store.unit_of_work.commit(tickets.put(replace(ticket, owner="another")))
    moved = replace(ticket, owner="another", revision=2)
    store.unit_of_work.commit(tickets.put(moved))
    assert tickets.get("demo", ticket.id) == moved


def test_a_venue_that_has_said_nothing_has_the_usual_rules(store: Store) -> None:
    tickets = store.resale.tickets
    assert tickets.rules("demo", VENUE) == VenueRules("demo", VENUE)
    said = VenueRules("demo", VENUE, False, 0, 10_000, 2_000, "art_1", 100, True)
    for rules in (said, replace(said, artist=None, artist_royalty=0)):
        store.unit_of_work.commit(tickets.put_rules(rules))
        assert tickets.rules("demo", VENUE) == rules
    assert tickets.rules("other", VENUE) == VenueRules("other", VENUE)


def test_a_listing_comes_back_as_it_was_and_its_ticket_has_it(store: Store) -> None:
    odd = for_sale(store, patterns=("top_price", "raised_again"), seller="auth0|a#b", occasion_name=None)
    assert store.resale.listings.get("demo", odd.id) == odd
    assert store.resale.listings.get("other", odd.id) is None
    assert kept(store) == a_ticket(listing=odd.id, revision=2)


def test_a_ticket_that_changed_is_not_listed_and_an_id_is_given_once(store: Store) -> None:
    listing = for_sale(store)
    listings = store.resale.listings
    with pytest.raises(ListingChanged):
        store.unit_of_work.commit(*listings.create(a_listing().listed(), a_ticket(revision=2)))
    with pytest.raises(TicketChanged):
        store.unit_of_work.commit(*listings.create(a_listing("2").listed(), a_ticket()))
    assert listings.get("demo", a_listing("2").id) is None
    cancelled = listing.cancelled(NOW)
    store.unit_of_work.commit(*listings.cancel(cancelled))
    assert kept(store) == a_ticket(revision=3)
    for stale in (listings.cancel(cancelled), (listings.reserve(listing.reserved("esc")),)):
        with pytest.raises(ListingChanged):
            store.unit_of_work.commit(*stale)


def test_what_can_be_bought_is_listed_and_what_is_reserved_or_sold_is_not(store: Store) -> None:
    listings = store.resale.listings
    here = Whose("demo", venue=VENUE)
    escrow = being_sold(store)
    free = for_sale(store, "2", "tic_2", created_at=NOW + timedelta(seconds=1))
    assert listings.list(here, limit=9, cursor=None).listings == (free,)
    mine = listings.list(Whose("demo", seller=SELLER), limit=9, cursor=None).listings
    assert [each.id for each in mine] == [free.id, escrow.listing]
    cancelled = escrow.cancelled("declined", NOW)
    assert cancelled is not None
    changes = (*store.resale.escrows.update(cancelled), *store.resale.sold.freed(escrow))
    store.unit_of_work.commit(*changes)
    assert [each.id for each in listings.list(here, limit=9, cursor=None).listings] == [free.id, escrow.listing]
    assert listings.list(Whose("other", venue=VENUE), limit=9, cursor=None).listings == ()


def test_lists_come_in_pages_whose_cursors_are_theirs(store: Store) -> None:
    made = [for_sale(store, str(n), f"tic_{n}", created_at=NOW + timedelta(seconds=n)).id for n in range(3)]
    whose = Whose("demo", venue=VENUE)
    first = store.resale.listings.list(whose, limit=2, cursor=None)
    rest = store.resale.listings.list(whose, limit=2, cursor=first.cursor)
    assert [each.id for each in (*first.listings, *rest.listings)] == made[::-1]
    assert rest.cursor is None
    with pytest.raises(InvalidCursor):
        store.resale.listings.list(Whose("demo", seller=SELLER), limit=2, cursor=first.cursor)
    recent = store.resale.listings.recent("demo", SELLER, NOW + timedelta(seconds=1), 1)
    assert [each.id for each in recent] == [made[2]]
    assert len(store.resale.listings.recent("demo", SELLER, NOW + timedelta(seconds=1), 9)) == 2


def test_what_becomes_of_a_sold_thing_holds_while_it_is_that_sales(store: Store) -> None:
    escrow, things = sold(store), store.resale.sold
    listing = store.resale.listings.get("demo", escrow.listing)
    assert listing is not None
    assert (listing.state, listing.escrow) == (ListingState.SOLD, escrow.id)
    another = an_escrow("2", listing=escrow.listing)
    for writes in (things.sold(another), things.freed(another)):
        with pytest.raises(EscrowChanged):
            store.unit_of_work.commit(*writes)
    store.unit_of_work.commit(*things.handed_over(escrow))
    assert kept(store) == a_ticket(owner=BUYER, listing=None, revision=3)
    with pytest.raises(EscrowChanged):
        store.unit_of_work.commit(*things.handed_over(escrow))
    confirmed = after(escrow.confirmed(NOW))
    store.unit_of_work.commit(*things.given_back(confirmed))
    assert kept(store) == a_ticket(owner=BUYER, listing=None, revision=3)  # nobody takes it away


def test_a_sale_that_comes_to_nothing_leaves_the_ticket_to_its_seller(store: Store) -> None:
    escrow = sold(store)
    store.unit_of_work.commit(*store.resale.sold.given_back(escrow))
    assert kept(store) == a_ticket(listing=None, revision=3)
    listing = store.resale.listings.get("demo", escrow.listing)
    assert listing is not None
    assert listing.state is ListingState.CANCELLED
    with pytest.raises(TicketChanged):
        store.unit_of_work.commit(*store.resale.sold.given_back(escrow))


def _royalties(name: str, day: str, occasion: str = "evt_1", **changes: object) -> Royalties:
    known = Royalties("demo", name, VENUE, occasion, "Concert", "USD", day, {VENUE: 1_000, "art_1": 500})
    return replace(known, **changes)  # type: ignore[arg-type]


def test_royalties_are_summed_by_event_over_days_and_each_sale_once(store: Store) -> None:
    book = store.resale.royalties
    for royalties in (
        _royalties("esc_1", "2026-01-30", occasion_name=None),
        _royalties("esc_2", "2026-01-31"),
        _royalties("esc_3", "2026-01-31", "evt_2", parts={VENUE: 7}),
        _royalties("esc_4", "2026-01-31", currency="EUR"),
        _royalties("esc_5", "2026-02-01"),
        _royalties("esc_6", "2026-01-31", venue="ven_2"),
    ):
        assert book.count(royalties)
        assert not book.count(royalties)

    def sums(first: str, last: str) -> list[tuple[str, str | None, int, int]]:
        found = book.between("demo", VENUE, "USD", first, last)
        return sorted((each.occasion, each.occasion_name, each.amount, each.sales) for each in found)

    assert sums("2026-01-30", "2026-01-31") == [("evt_1", "Concert", 3_000, 2), ("evt_2", "Concert", 7, 1)]
    assert sums("2026-02-01", "2026-02-28") == [("evt_1", "Concert", 1_500, 1)]
    assert sums("2025-01-01", "2026-01-29") == []
    assert list(book.between("other", VENUE, "USD", "2026-01-01", "2026-12-31")) == []


def test_of_twenty_who_buy_one_listing_one_has_it(racing_store: Store) -> None:
    listing = for_sale(racing_store)

    def buy(store: Store, number: int) -> None:
        escrow = an_escrow(str(number), listing=listing.id).opened()
        reserved = store.resale.listings.reserve(listing.reserved(escrow.escrow.id))
        store.unit_of_work.commit(reserved, *store.resale.escrows.create(escrow))

    assert kinds(race(racing_store, 20, buy)) == {"NoneType": 1, "ListingChanged": 19}


def test_of_twenty_who_release_and_refund_one_escrow_one_does(racing_store: Store) -> None:
    escrow = sold(racing_store)

    def end(store: Store, number: int) -> str:
        desk = EscrowDesk(store.resale.escrows, store.resale.sold, store.journal, store.unit_of_work, FixedClock(NOW))
        ended = (desk.release if number % 2 else desk.refund)("demo", escrow.id, "raced")
        return str(ended.state)

    results = race(racing_store, 20, end)
    assert kinds(results) == {"str": 10, "EscrowState": 10}
    assert len({each for each in results if isinstance(each, str)}) == 1


def test_of_twenty_who_count_one_sale_one_does(racing_store: Store) -> None:
    results = race(racing_store, 20, lambda store, _: store.resale.royalties.count(_royalties("esc_1", "2026-01-31")))
    assert sum(each is True for each in results) == 1
    (found,) = racing_store.resale.royalties.between("demo", VENUE, "USD", "2026-01-31", "2026-01-31")
    assert (found.amount, found.sales) == (1_500, 1)


def test_a_release_is_two_calls_and_six_units(dynamo: OnDynamo) -> None:
    escrow = sold(dynamo)
    confirmed = escrow.confirmed(NOW)
    assert confirmed is not None
    dynamo.unit_of_work.commit(*dynamo.resale.escrows.update(confirmed))
    desk = EscrowDesk(dynamo.resale.escrows, dynamo.resale.sold, dynamo.journal, dynamo.unit_of_work, FixedClock(NOW))
    with counted_calls() as calls:
        desk.release("demo", escrow.id, "transferred")
    assert [each.rpartition(".")[2] for each in calls.made] == ["GetItem", "TransactWriteItems"]
    written = [next(iter(each.values()))["Item"] for each in calls.requests[-1]["TransactItems"]]
    assert sum(write_units(item_bytes(each), transactional=True) for each in written) == 6
