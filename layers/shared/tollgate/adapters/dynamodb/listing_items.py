"""The items of what is resold. As `items`."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import Item


class TicketItem(Item):
    """A ticket. Tenant and id are read off the keys."""

    owner = UnicodeAttribute()
    venue = UnicodeAttribute()
    occasion = UnicodeAttribute()
    occasion_name = UnicodeAttribute(null=True)
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    listing = UnicodeAttribute(null=True)
    revision = NumberAttribute()


class ResaleRulesItem(Item):
    """What a venue allows, in basis points."""

    allowed = BooleanAttribute()
    max_markup = NumberAttribute()
    min_price = NumberAttribute()
    venue_royalty = NumberAttribute()
    artist = UnicodeAttribute(null=True)
    artist_royalty = NumberAttribute()
    strict = BooleanAttribute()


class ListingItem(Item):
    """A listing; `rates` is JSON. Tenant and id are read off the keys. `day_shard` is there while it can be bought, so
    that its index holds only what can be.
    """

    owner_key = UnicodeAttribute()
    day_shard = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute()
    ticket = UnicodeAttribute()
    venue = UnicodeAttribute()
    occasion = UnicodeAttribute()
    occasion_name = UnicodeAttribute(null=True)
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    face_value = NumberAttribute()
    rates = UnicodeAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    revision = NumberAttribute()
    escrow = UnicodeAttribute(null=True)
    patterns = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute()
