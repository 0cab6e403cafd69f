"""Tickets, what venues allow, and listings ↔ items."""

from __future__ import annotations

from tollgate.adapters.dynamodb import keys, resale_keys
from tollgate.adapters.dynamodb.escrow_mapping import rates_from_json, rates_to_json, read
from tollgate.adapters.dynamodb.listing_items import ListingItem, ResaleRulesItem, TicketItem
from tollgate.adapters.dynamodb.store import Raw
from tollgate.kernel.clock import from_iso
from tollgate.kernel.money import Money
from tollgate.marketplace.model import Listing, State, Ticket, VenueRules


def ticket_to_item(of: Ticket) -> TicketItem:
    pk, sk = resale_keys.ticket(of.tenant, of.id)
    return TicketItem(
        pk=pk,
        sk=sk,
        kind="ticket",
        owner=of.owner,
        venue=of.venue,
        occasion=of.occasion,
        occasion_name=of.occasion_name,
        amount=of.face_value.amount,
        currency=of.face_value.currency,
        listing=of.listing,
        revision=of.revision,
    )


def ticket_from_item(raw: Raw) -> Ticket:
    text, number, tenant, id_ = read(raw)
    return Ticket(
        id=id_,
        tenant=tenant,
        owner=text["owner"],
        venue=text["venue"],
        occasion=text["occasion"],
        occasion_name=text.get("occasion_name"),
        face_value=Money(number["amount"], text["currency"]),
        listing=text.get("listing"),
        revision=number["revision"],
    )


def rules_to_item(of: VenueRules) -> ResaleRulesItem:
    pk, sk = resale_keys.resale_rules(of.tenant, of.venue)
    return ResaleRulesItem(
        pk=pk,
        sk=sk,
        kind="resale_rules",
        allowed=of.allowed,
        max_markup=of.max_markup,
        min_price=of.min_price,
        venue_royalty=of.venue_royalty,
        artist=of.artist,
        artist_royalty=of.artist_royalty,
        strict=of.strict,
    )


def rules_from_item(raw: Raw) -> VenueRules:
    text, number, tenant, venue = read(raw)
    return VenueRules(
        tenant=tenant,
        venue=venue,
        allowed=raw["allowed"]["BOOL"],
        max_markup=number["max_markup"],
        min_price=number["min_price"],
        venue_royalty=number["venue_royalty"],
        artist=text.get("artist"),
        artist_royalty=number["artist_royalty"],
        strict=raw["strict"]["BOOL"],
    )


def listing_to_item(of: Listing) -> ListingItem:
    pk, sk = resale_keys.listing(of.tenant, of.id)
    return ListingItem(
        pk=pk,
        sk=sk,
        kind="listing",
        owner_key=resale_keys.listings_of(of.tenant, of.seller),
        day_shard=resale_keys.listings_at(of.tenant, of.venue) if of.state is State.ACTIVE else None,
        listed_at=keys.listed_at(of.created_at, of.id),
        ticket=of.ticket,
        venue=of.venue,
        occasion=of.occasion,
        occasion_name=of.occasion_name,
        amount=of.price.amount,
        currency=of.price.currency,
        face_value=of.face_value,
        rates=rates_to_json(of.rates),
        state=of.state.value,
        version=of.version,
        revision=of.revision,
        escrow=of.escrow,
        patterns=" ".join(of.patterns) or None,
        fingerprint=of.fingerprint,
    )


def listing_from_item(raw: Raw) -> Listing:
    text, number, tenant, id_ = read(raw)
    return Listing(
        id=id_,
        tenant=tenant,
        ticket=text["ticket"],
        seller=text["owner_key"].removeprefix(resale_keys.listings_of(tenant, "")),
        venue=text["venue"],
        occasion=text["occasion"],
        occasion_name=text.get("occasion_name"),
        price=Money(number["amount"], text["currency"]),
        face_value=number["face_value"],
        rates=rates_from_json(text["rates"]),
        state=State(text["state"]),
        created_at=from_iso(text["listed_at"].partition("#")[0]),
        version=number["version"],
        revision=number["revision"],
        escrow=text.get("escrow"),
        patterns=tuple(text.get("patterns", "").split()),
        fingerprint=text["fingerprint"],
    )
