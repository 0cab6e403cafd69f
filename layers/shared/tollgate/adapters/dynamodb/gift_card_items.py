"""The items of gift cards. As `items`."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import DueItem, Item


class GiftCardItem(DueItem):
    """A gift card; amounts are minor units, numbers of time are epoch milliseconds, `holds` is JSON. Tenant and id are
    read off the keys, and the code is nowhere: the id is a keyed digest of it.
    """

    amount = NumberAttribute()
    currency = UnicodeAttribute()
    available = NumberAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    payment_id = UnicodeAttribute()
    buyer = UnicodeAttribute()
    code_version = NumberAttribute()
    code_key = UnicodeAttribute()
    ending = UnicodeAttribute()
    recipient = UnicodeAttribute()
    message = UnicodeAttribute(null=True)
    sender = UnicodeAttribute(null=True)
    frozen = BooleanAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    holds = UnicodeAttribute(null=True)
    breakage = NumberAttribute(null=True)
    redeemed_by = UnicodeAttribute(null=True)
    redeemed_at = NumberAttribute(null=True)


class GuessesItem(Item):
    """How many guesses failed at a door; `since` and `last` are epoch milliseconds."""

    failures = NumberAttribute()
    since = NumberAttribute()
    last = NumberAttribute()


class CreditItem(Item):
    """What a customer may spend with us in a currency, minor units."""

    available = NumberAttribute()
