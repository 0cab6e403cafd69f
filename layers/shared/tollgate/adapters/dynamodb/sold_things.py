"""What becomes of a listing and its ticket as its sale goes on, on the core table."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import resale_keys
from tollgate.adapters.dynamodb.listing_items import ListingItem, TicketItem
from tollgate.adapters.dynamodb.store import Table
from tollgate.escrow.errors import EscrowChanged
from tollgate.escrow.model import Escrow
from tollgate.escrow.ports import SoldThings
from tollgate.kernel.unit_of_work import Write
from tollgate.marketplace.errors import TicketChanged

# As the marketplace's own states.
_ACTIVE, _SOLD, _CANCELLED = "active", "sold", "cancelled"


class DynamoSoldThings(SoldThings):
    """Changes without reading: each holds while the listing is this sale's. Of what changes, the escrow's event
    tells.
    """

    def __init__(self, core: Table) -> None:
        self._core = core

    def sold(self, escrow: Escrow) -> tuple[Write, ...]:
        return (self._listing(escrow, [ListingItem.state.set(_SOLD)]),)

    def freed(self, escrow: Escrow) -> tuple[Write, ...]:
        shown = ListingItem.day_shard.set(resale_keys.listings_at(escrow.tenant, escrow.rates.venue))
        free = [ListingItem.state.set(_ACTIVE), ListingItem.escrow.remove(), shown]
        return (self._listing(escrow, free),)

    def handed_over(self, escrow: Escrow) -> tuple[Write, ...]:
        buyers = [TicketItem.owner.set(escrow.buyer), TicketItem.listing.remove(), TicketItem.revision.add(1)]
        theirs = TicketItem.listing == escrow.listing
        key = resale_keys.ticket(escrow.tenant, escrow.ticket)
        return (self._core.update(key, buyers, theirs, lambda _: EscrowChanged(escrow.id)),)

    def given_back(self, escrow: Escrow) -> tuple[Write, ...]:
        over = self._listing(escrow, [ListingItem.state.set(_CANCELLED)])
        if escrow.confirmed_at is not None:
            return (over,)  # the ticket is the buyer's: nobody here takes it away
        return (over, no_longer_listed(self._core, escrow.tenant, escrow.ticket, escrow.listing))

    def _listing(self, escrow: Escrow, actions: Sequence[Action]) -> Write:
        more = [*actions, ListingItem.revision.add(1)]
        theirs = ListingItem.escrow == escrow.id
        key = resale_keys.listing(escrow.tenant, escrow.listing)
        return self._core.update(key, more, theirs, lambda _: EscrowChanged(escrow.id))


def no_longer_listed(core: Table, tenant: str, ticket: str, listing: str) -> Write:
    """The ticket is for sale no longer. Once it is handed over it has no listing, and has long been told so."""
    actions = [TicketItem.listing.remove(), TicketItem.revision.add(1)]
    theirs = TicketItem.listing == listing
    return core.update(resale_keys.ticket(tenant, ticket), actions, theirs, lambda _: TicketChanged(ticket))
