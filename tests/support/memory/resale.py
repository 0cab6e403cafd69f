"""Escrows, listings, tickets and royalties in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.memory import events, lists
from tests.support.memory.store import MemoryStore, MemoryWrite, Refusal, due
from tollgate.escrow.errors import EscrowChanged
from tollgate.escrow.model import Change as EscrowChange
from tollgate.escrow.model import Escrow
from tollgate.escrow.ports import EscrowRepository, SoldThings, Waiting
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.marketplace.errors import ListingChanged, TicketChanged
from tollgate.marketplace.model import Change, Listing, State, Ticket, VenueRules
from tollgate.marketplace.ports import (
    ListingRepository,
    ListingsPage,
    Royalties,
    RoyaltyBook,
    RoyaltySum,
    TicketRepository,
    Whose,
)

ESCROW, WAITING, ROYALTIES, SUM = "escrow", "waiting", "royalties", "royalty_sum"
TICKET, RULES, LISTING = "ticket", "resale_rules", "listing"


class MemoryEscrows(EscrowRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Escrow | None:
        found: Escrow | None = self._store.items.get((ESCROW, tenant, id_))
        return found

    def create(self, change: EscrowChange) -> tuple[Write, ...]:
        return self._stored(change, lambda stored: EscrowChanged(change.escrow.id) if stored else None)

    def update(self, change: EscrowChange) -> tuple[Write, ...]:
        return self._stored(change, lambda stored: _moved(stored, change.before, change.escrow.id))

    def look_again(self, escrow: Escrow, at: datetime | None) -> Write:
        place = (ESCROW, escrow.tenant, escrow.id)

        def refuse(stored: Escrow | None) -> Refusal:
            return _moved(stored, escrow.revision if place in self._store.due else None, escrow.id)

        return MemoryWrite(place, lambda stored: stored, refuse, due(at))

    def _stored(self, change: EscrowChange, refuse: Callable[[Any], Refusal]) -> tuple[Write, ...]:
        of = change.escrow
        put = MemoryWrite((ESCROW, of.tenant, of.id), of, refuse, due(of.due_at))
        return (put, *_said(change.event))


class MemoryWaiting(Waiting):
    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    def note(self, escrow: Escrow, token: str) -> None:
        self._unit_of_work.commit(MemoryWrite((WAITING, escrow.tenant, escrow.id), token, lambda _: None))

    def token(self, tenant: str, id_: str) -> str | None:
        found: str | None = self._store.items.get((WAITING, tenant, id_))
        return found


class MemoryTickets(TicketRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Ticket | None:
        found: Ticket | None = self._store.items.get((TICKET, tenant, id_))
        return found

    def put(self, ticket: Ticket) -> Write:
        def refuse(stored: Ticket | None) -> Refusal:
            return None if (stored.revision if stored else 0) == ticket.revision - 1 else TicketChanged(ticket.id)

        return MemoryWrite((TICKET, ticket.tenant, ticket.id), ticket, refuse)

    def rules(self, tenant: str, venue: str) -> VenueRules:
        found: VenueRules | None = self._store.items.get((RULES, tenant, venue))
        return found or VenueRules(tenant, venue)

    def put_rules(self, rules: VenueRules) -> Write:
        return MemoryWrite((RULES, rules.tenant, rules.venue), rules, lambda _: None)


class MemoryListings(ListingRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Listing | None:
        found: Listing | None = self._store.items.get((LISTING, tenant, id_))
        return found

    def create(self, change: Change, ticket: Ticket) -> tuple[Write, ...]:
        of = change.listing

        def changed(stored: Ticket | None) -> Refusal:
            return None if stored and stored.revision == ticket.revision else TicketChanged(ticket.id)

        def taken(stored: Ticket) -> Ticket:
            return replace(stored, listing=of.id, revision=stored.revision + 1)

        put = _listing(of, lambda stored: ListingChanged(of.id) if stored else None)
        return (put, *_said(change.event), MemoryWrite((TICKET, ticket.tenant, ticket.id), taken, changed))

    def cancel(self, change: Change) -> tuple[Write, ...]:
        of = change.listing
        return (self.reserve(change), *_said(change.event), _left(of.tenant, of.ticket, of.id))

    def reserve(self, change: Change) -> Write:
        of = change.listing

        def refuse(stored: Listing | None) -> Refusal:
            return None if stored and stored.revision == change.before else ListingChanged(of.id)

        return _listing(of, refuse)

    def list(self, whose: Whose, *, limit: int, cursor: str | None) -> ListingsPage:
        wanted = [each for _, each in self._store.under(LISTING, whose.tenant) if _is_in(each, whose)]
        bound_to = (LISTING, whose.tenant, whose.seller, whose.venue)
        return ListingsPage(*lists.page(wanted, _listed_at, limit, cursor, bound_to))

    def recent(self, tenant: str, seller: str, since: datetime, limit: int) -> Sequence[Listing]:
        found = [each for _, each in self._store.under(LISTING, tenant) if each.seller == seller]
        late = sorted((each for each in found if each.created_at >= since), key=_listed_at, reverse=True)
        return late[:limit]


class MemorySoldThings(SoldThings):
    def sold(self, escrow: Escrow) -> tuple[Write, ...]:
        return (_of_sale(escrow, State.SOLD, escrow.id),)

    def freed(self, escrow: Escrow) -> tuple[Write, ...]:
        return (_of_sale(escrow, State.ACTIVE, None),)

    def handed_over(self, escrow: Escrow) -> tuple[Write, ...]:
        def theirs(stored: Ticket | None) -> Refusal:
            return None if stored and stored.listing == escrow.listing else EscrowChanged(escrow.id)

        def buyers(stored: Ticket) -> Ticket:
            return replace(stored, owner=escrow.buyer, listing=None, revision=stored.revision + 1)

        return (MemoryWrite((TICKET, escrow.tenant, escrow.ticket), buyers, theirs),)

    def given_back(self, escrow: Escrow) -> tuple[Write, ...]:
        over = _of_sale(escrow, State.CANCELLED, escrow.id)
        if escrow.confirmed_at is not None:
            return (over,)
        return (over, _left(escrow.tenant, escrow.ticket, escrow.listing))


class MemoryRoyalties(RoyaltyBook):
    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    def count(self, of: Royalties) -> bool:
        place = (SUM, of.tenant, of.currency, of.venue, of.day, of.occasion)

        def added(stored: RoyaltySum | None) -> RoyaltySum:
            known = stored or RoyaltySum(of.occasion, None, 0, 0)
            name = of.occasion_name or known.occasion_name
            return RoyaltySum(of.occasion, name, known.amount + of.amount, known.sales + 1)

        try:
            self._unit_of_work.commit(
                MemoryWrite((ROYALTIES, of.tenant, of.escrow), of, lambda stored: _Known() if stored else None),
                MemoryWrite(place, added, lambda _: None),
            )
        except _Known:
            return False
        return True

    def between(self, tenant: str, venue: str, currency: str, first: str, last: str) -> Sequence[RoyaltySum]:
        sums: dict[str, RoyaltySum] = {}
        for (*_, day, occasion), each in sorted(self._store.under(SUM, tenant, currency, venue)):
            if first <= day <= last:
                known = sums.get(occasion, RoyaltySum(occasion, None, 0, 0))
                name = each.occasion_name or known.occasion_name
                sums[occasion] = RoyaltySum(occasion, name, known.amount + each.amount, known.sales + each.sales)
        return list(sums.values())


class _Known(Exception):
    """The sale is in the sums."""


def _listing(of: Listing, refuse: Callable[[Listing | None], Refusal]) -> MemoryWrite:
    return MemoryWrite((LISTING, of.tenant, of.id), of, refuse)


def _of_sale(escrow: Escrow, to: State, sale: str | None) -> Write:
    def theirs(stored: Listing | None) -> Refusal:
        return None if stored and stored.escrow == escrow.id else EscrowChanged(escrow.id)

    def moved(stored: Listing) -> Listing:
        return replace(stored, state=to, escrow=sale, revision=stored.revision + 1)

    return MemoryWrite((LISTING, escrow.tenant, escrow.listing), moved, theirs)


def _left(tenant: str, ticket: str, listing: str) -> Write:
    def theirs(stored: Ticket | None) -> Refusal:
        return None if stored and stored.listing == listing else TicketChanged(ticket)

    def free(stored: Ticket) -> Ticket:
        return replace(stored, listing=None, revision=stored.revision + 1)

    return MemoryWrite((TICKET, tenant, ticket), free, theirs)


def _said(event: Event | None) -> tuple[Write, ...]:
    return (events.append(event),) if event else ()


def _moved(stored: Escrow | None, revision: int | None, id_: str) -> Refusal:
    return None if stored and stored.revision == revision else EscrowChanged(id_)


def _is_in(listing: Listing, whose: Whose) -> bool:
    if whose.seller is not None:
        return listing.seller == whose.seller
    return listing.venue == whose.venue and listing.state is State.ACTIVE


def _listed_at(listing: Listing) -> str:
    return lists.listed_at(listing.created_at, listing.id)
