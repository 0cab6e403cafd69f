"""Tickets, listings and escrows for tests, and a store that has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.builders import NOW
from tests.support.stores import Store
from tollgate.escrow.model import Change as EscrowChange
from tollgate.escrow.model import Escrow
from tollgate.escrow.model import State as EscrowState
from tollgate.escrow.splitting import Rates
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.marketplace.model import Listing, State, Ticket

SELLER, BUYER, VENUE, CONCERT = "seller-1", "buyer-1", "ven_1", "evt_1"
WINDOW = timedelta(hours=72)
PRICE = Money(15_000, "USD")
RATES = Rates(VENUE, 1_000, 500)


def a_ticket(id_: str = "tic_1", **changes: Any) -> Ticket:
    known = Ticket(id_, "demo", SELLER, VENUE, CONCERT, Money(10_000, "USD"), "Concert", revision=1)
    return replace(known, **changes)


def a_listing(name: str = "1", **changes: Any) -> Listing:
    known = Listing(
        id=derived("lst", name),
        tenant="demo",
        ticket="tic_1",
        seller=SELLER,
        venue=VENUE,
        occasion=CONCERT,
        occasion_name="Concert",
        price=PRICE,
        face_value=10_000,
        rates=RATES,
        state=State.ACTIVE,
        created_at=NOW,
        fingerprint="f" * 64,
    )
    return replace(known, **changes)


def an_escrow(name: str = "1", **changes: Any) -> Escrow:
    """Whose buyer is being charged."""
    known = Escrow(
        id=derived("esc", name),
        tenant="demo",
        listing=derived("lst", name),
        ticket="tic_1",
        occasion=CONCERT,
        occasion_name="Concert",
        buyer=BUYER,
        seller=SELLER,
        seller_account=derived("usr", "demo", SELLER),
        price=PRICE,
        rates=RATES,
        state=EscrowState.CREATED,
        payment=derived("pay", name),
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(known, **changes)


def funded(name: str = "1", **changes: Any) -> Escrow:
    """One that is paid, as it stands."""
    return after(after(an_escrow(name, **changes).opened()).funded(NOW, WINDOW))


def after(change: EscrowChange | None) -> Escrow:
    """What a change has made of it."""
    assert change is not None
    return change.escrow


def for_sale(store: Store, name: str = "1", ticket: str = "tic_1", **changes: Any) -> Listing:
    """A listing with its ticket, as they are stored."""
    known = a_ticket(ticket)
    store.unit_of_work.commit(store.resale.tickets.put(known))
    change = a_listing(name, ticket=ticket, **changes).listed()
    store.unit_of_work.commit(*store.resale.listings.create(change, known))
    return change.listing


def being_sold(store: Store, name: str = "1", ticket: str = "tic_1") -> Escrow:
    """An escrow whose listing is reserved for it, as they are stored."""
    listing = for_sale(store, name, ticket)
    opened = an_escrow(name, ticket=ticket).opened()
    reserved = store.resale.listings.reserve(listing.reserved(opened.escrow.id))
    store.unit_of_work.commit(reserved, *store.resale.escrows.create(opened))
    return opened.escrow


def sold(store: Store, name: str = "1", ticket: str = "tic_1") -> Escrow:
    """One that is paid, as it is stored."""
    change = being_sold(store, name, ticket).funded(NOW, WINDOW)
    assert change is not None
    store.unit_of_work.commit(*store.resale.escrows.update(change), *store.resale.sold.sold(change.escrow))
    return change.escrow
