"""Tickets, what venues allow, and listings with their events, on the core table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tollgate.adapters.dynamodb import cursors, event_items, resale_keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.listing_items import ListingItem, TicketItem
from tollgate.adapters.dynamodb.listing_mapping import (
    listing_from_item,
    listing_to_item,
    rules_from_item,
    rules_to_item,
    ticket_from_item,
    ticket_to_item,
)
from tollgate.adapters.dynamodb.places import Group, Partition, Range, newest, place_of
from tollgate.adapters.dynamodb.sold_things import no_longer_listed
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import to_iso
from tollgate.kernel.unit_of_work import Write
from tollgate.marketplace.errors import ListingChanged, TicketChanged
from tollgate.marketplace.model import Change, Listing, Ticket, VenueRules
from tollgate.marketplace.ports import ListingRepository, ListingsPage, TicketRepository, Whose

# Before and past every place in a list: places begin with a year.
_START, _END = "0", "9999"
_ABSENT = Prepared(Item.pk.does_not_exist())
_AS_READ = Prepared(ListingItem.revision == 0)


class DynamoTickets(TicketRepository):
    """A ticket is one item, and so is what a venue allows."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Ticket | None:
        raw = self._core.get(resale_keys.ticket(tenant, id_))
        return ticket_from_item(raw) if raw else None

    def put(self, ticket: Ticket) -> Write:
        before = ticket.revision - 1
        condition = TicketItem.revision == before if before else TicketItem.pk.does_not_exist()
        return self._core.put(ticket_to_item(ticket), condition, lambda _: TicketChanged(ticket.id))

    def rules(self, tenant: str, venue: str) -> VenueRules:
        raw = self._core.get(resale_keys.resale_rules(tenant, venue))
        return rules_from_item(raw) if raw else VenueRules(tenant, venue)

    def put_rules(self, rules: VenueRules) -> Write:
        return self._core.put(rules_to_item(rules), None, _never)


class DynamoListings(ListingRepository):
    """A listing is one item, with its events beside it."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Listing | None:
        raw = self._core.get(resale_keys.listing(tenant, id_))
        return listing_from_item(raw) if raw else None

    def create(self, change: Change, ticket: Ticket) -> tuple[Write, ...]:
        listing = change.listing
        put = self._core.put(listing_to_item(listing), _ABSENT.holding(), lambda _: ListingChanged(listing.id))
        taken = [TicketItem.listing.set(listing.id), TicketItem.revision.add(1)]
        as_read = TicketItem.revision == ticket.revision
        key = resale_keys.ticket(ticket.tenant, ticket.id)
        had = self._core.update(key, taken, as_read, lambda _: TicketChanged(ticket.id))
        return (put, *self._said(change), had)

    def cancel(self, change: Change) -> tuple[Write, ...]:
        left = no_longer_listed(self._core, change.listing.tenant, change.listing.ticket, change.listing.id)
        return (self._put(change), *self._said(change), left)

    def reserve(self, change: Change) -> Write:
        return self._put(change)

    def list(self, whose: Whose, *, limit: int, cursor: str | None) -> ListingsPage:
        bound_to = ["listings", whose.tenant, whose.seller, whose.venue]
        wanted = Range(_START, cursors.decode(cursor, bound_to) if cursor else _END)
        raws, unseen = newest(self._core, [Group(_START, [_partition(whose)])], wanted, limit + 1)
        shown = raws[:limit]
        after = place_of(shown[-1]) if len(raws) > limit else unseen
        return ListingsPage(tuple(map(listing_from_item, shown)), cursors.encode(bound_to, after) if after else None)

    def recent(self, tenant: str, seller: str, since: datetime, limit: int) -> Sequence[Listing]:
        theirs = resale_keys.listings_of(tenant, seller)
        raws = self._core.query_index("by_owner", "owner_key", theirs, to_iso(since), _END, limit)
        return [listing_from_item(raw) for raw in raws]

    def _put(self, change: Change) -> Write:
        listing = change.listing
        as_read = _AS_READ.holding(change.before)
        return self._core.put(listing_to_item(listing), as_read, lambda _: ListingChanged(listing.id))

    def _said(self, change: Change) -> tuple[Write, ...]:
        return (event_items.append(self._core, change.event),) if change.event else ()


def _partition(whose: Whose) -> Partition:
    if whose.seller is not None:
        return Partition("by_owner", "owner_key", resale_keys.listings_of(whose.tenant, whose.seller))
    return Partition("by_day", "day_shard", resale_keys.listings_at(whose.tenant, whose.venue or ""))


def _never(raw: Raw | None) -> Exception:
    return AssertionError(f"it has no condition: {raw}")
