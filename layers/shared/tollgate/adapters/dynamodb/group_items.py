"""The items of groups and of their shares. As `items`."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import DueItem, Item


class GroupItem(DueItem):
    """A group; numbers of time are epoch milliseconds, `selections` is JSON. Tenant and id are read off the keys. The
    last five are added to.
    """

    owner_key = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    occasion = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    selections = UnicodeAttribute()
    members = NumberAttribute()
    state = UnicodeAttribute()
    expires_at = NumberAttribute()
    fingerprint = UnicodeAttribute()
    version = NumberAttribute()
    seller = UnicodeAttribute(null=True)
    consumer = UnicodeAttribute(null=True)
    authorized_at = NumberAttribute(null=True)
    ended_at = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    paid = NumberAttribute()
    collected = NumberAttribute()
    fees = NumberAttribute()
    held = NumberAttribute()
    returned = NumberAttribute()


class ShareItem(Item):
    """A member's share. Tenant, group and id are read off the keys."""

    number = NumberAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    tickets = NumberAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    revision = NumberAttribute()
    payment_id = UnicodeAttribute(null=True)
    paid_at = NumberAttribute(null=True)
    reminders = NumberAttribute(null=True)
    email = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
