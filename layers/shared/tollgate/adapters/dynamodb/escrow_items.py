"""The items of escrows. As `items`."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import DueItem, Item


class EscrowItem(DueItem):
    """An escrow; numbers of time are epoch milliseconds, `rates` is JSON. Tenant and id are read off the keys."""

    listing = UnicodeAttribute()
    ticket = UnicodeAttribute()
    occasion = UnicodeAttribute()
    occasion_name = UnicodeAttribute(null=True)
    buyer = UnicodeAttribute()
    seller = UnicodeAttribute()
    seller_account = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    rates = UnicodeAttribute()
    state = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    version = NumberAttribute()
    revision = NumberAttribute()
    deadline = NumberAttribute(null=True)
    confirmed_at = NumberAttribute(null=True)
    complaint = UnicodeAttribute(null=True)
    chargebacks = NumberAttribute(null=True)
    returned = NumberAttribute(null=True)
    ended_at = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)


class WaitingItem(Item):
    """The token of the execution that waits for an escrow."""

    token = UnicodeAttribute()
