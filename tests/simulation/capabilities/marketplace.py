"""Tickets that are resold: listed, bought, handed over or not, and what becomes of the money."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from tests.simulation.capabilities import escrow_promises as promises
from tests.simulation.capabilities.groups import METHODS
from tests.simulation.capability import Action, Capability
from tests.simulation.feeds import Feed, one_by_one
from tests.simulation.holding import TICKETS
from tests.simulation.rooms import BUYERS, PROVIDERS, TENANTS
from tests.simulation.world import Choices, World
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.escrow import events
from tollgate.escrow.model import Escrow, State
from tollgate.escrow.settling import Decision
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.idempotency import Response
from tollgate.marketplace.listing import CreateListing
from tollgate.marketplace.model import Listing
from tollgate.marketplace.model import State as ListingState
from tollgate.marketplace.purchasing import BuyListing
from tollgate.reconciliation.ports import PublishedEvent


def _list(world: World, choices: Choices) -> None:
    """At a price that is allowed, mostly; of a ticket that is the seller's, mostly."""
    tenant, (id_, owner, venue, face) = choices.of(TENANTS), choices.of(TICKETS)
    ticket = world.rooms.stored.resale.tickets.get(tenant, id_)
    seller = ticket.owner if ticket and choices.number(6) else owner
    price = max(1, face.amount * (2 + choices.number(5)) // 3)
    wish = CreateListing(tenant, seller, world.key(), {"price": price}, id_, venue, price)

    def call() -> Response:
        world.rooms.holding.listings.create(wish)
        return Response(201, "listed")

    world.ask("list", call)


def _buy(world: World, choices: Choices) -> None:
    listing = _a_listing(world, choices)
    if listing is None:
        return
    others = [each for each in BUYERS if each != listing.seller]
    buyer = choices.of(others) if choices.number(8) else listing.seller
    methods = zip(PROVIDERS, choices.of(METHODS), strict=True)
    sources = {provider: method for provider, method in methods if method is not None}
    request = ChargeRequest(sources, "https://shop.example/thanks")
    wish = BuyListing(listing.tenant, buyer, listing.id, world.key(), {"sources": sources}, request)
    world.ask("charge", lambda: world.rooms.holding.purchasing.buy(wish))


def _unlist(world: World, choices: Choices) -> None:
    listing = _a_listing(world, choices)
    if listing is not None:
        _told_or_done(lambda: world.rooms.holding.listings.cancel(listing.tenant, listing.seller, listing.id))


def _confirm(world: World, choices: Choices) -> None:
    escrow = _an_escrow(world, choices)
    if escrow is not None:
        _told_or_done(lambda: world.rooms.holding.escrows.confirm(escrow.tenant, escrow.id))


def _complain(world: World, choices: Choices) -> None:
    escrow = _an_escrow(world, choices)
    if escrow is not None:
        viewer = Viewer(escrow.tenant, escrow.buyer)
        _told_or_done(lambda: world.rooms.holding.escrows.dispute(viewer, escrow.id, "it is not there"))


def _resolve(world: World, choices: Choices) -> None:
    escrow, decision = _an_escrow(world, choices), choices.of(list(Decision))
    if escrow is not None:
        _told_or_done(lambda: world.rooms.holding.escrows.resolve(escrow.tenant, escrow.id, decision))


def _step(world: World, choices: Choices) -> None:
    escrow = _an_escrow(world, choices)
    if escrow is None:
        return
    wait = escrow.deadline - world.clock.now() if escrow.deadline else None
    if wait is not None and wait.total_seconds() > 0 and choices.number(3) == 0:
        world.advance(wait)
    _run(world, escrow)


def _run(world: World, escrow: Escrow) -> None:
    """What it raises, the machine tries again."""
    try:
        world.rooms.holding.escrows.step(escrow.tenant, escrow.id)
    except RetryableError:
        return


def _told_or_done(act: Callable[[], object]) -> None:
    try:
        act()
    except TollgateError:
        return  # whoever asks is told


def _count(world: World, choices: Choices) -> None:
    _counts(world).deliver(1 + choices.number(8), back=choices.number(4) if choices.number(3) == 0 else 0)


def _counts(world: World) -> Feed[PublishedEvent]:
    """As `royalty_counter` has it."""

    def count(event: PublishedEvent) -> None:
        if event.type == events.RELEASED:
            world.rooms.holding.royalties.count(event.tenant, json.loads(event.body)["data"]["escrow_id"])

    feed: Feed[PublishedEvent] = world.notes.setdefault(
        "royalties", Feed(lambda: world.rooms.bus.taken, one_by_one(count))
    )
    return feed


def _what_is_due(world: World) -> bool:
    """Machines and queues do their work; somebody decides what is disputed, in the end."""
    stream, feed = world.rooms.stored.store.stream, _counts(world)
    stored, waits = len(stream), feed.waits
    feed.deliver(waits)
    for number, escrow in enumerate(_escrows(world)):
        if escrow.state is State.DISPUTED and not escrow.chargebacks:
            decision = list(Decision)[number % 2]
            _told_or_done(partial(world.rooms.holding.escrows.resolve, escrow.tenant, escrow.id, decision))
        elif escrow.is_held:
            _run(world, escrow)
    return len(stream) > stored or feed.waits < waits


def _escrows(world: World) -> list[Escrow]:
    found: list[Escrow] = world.rooms.stored.store.of("escrow")
    return found


def _an_escrow(world: World, choices: Choices) -> Escrow | None:
    wanted = [each for each in _escrows(world) if each.is_held] or _escrows(world)
    return choices.of(wanted) if wanted else None


def _a_listing(world: World, choices: Choices) -> Listing | None:
    found: list[Listing] = world.rooms.stored.store.of("listing")
    wanted = [each for each in found if each.state is ListingState.ACTIVE]
    chosen = wanted if wanted and choices.number(5) else found
    return choices.of(chosen) if chosen else None


MARKETPLACE = Capability(
    "marketplace",
    actions=(
        Action("list_ticket", 8, _list),
        Action("buy_listing", 10, _buy),
        Action("unlist", 1, _unlist),
        Action("confirm_transfer", 6, _confirm),
        Action("complain", 3, _complain),
        Action("resolve", 4, _resolve),
        Action("escrow_step", 6, _step),
        Action("count_royalties", 3, _count),
    ),
    invariants=promises.ALL,
    settle=_what_is_due,
    held=True,
)
