"""The items of subscriptions. As `items`."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import DueItem, Item


class SubscriptionItem(DueItem):
    """A subscription; numbers of time are epoch milliseconds, `terms`, `period`, `debt` and `invoices` are JSON. Tenant
    and id are read off the keys.
    """

    owner_key = UnicodeAttribute()
    day_shard = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    terms = UnicodeAttribute()
    provider = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    version = NumberAttribute()
    revision = NumberAttribute()
    updated_at = NumberAttribute()
    payment_id = UnicodeAttribute(null=True)
    renewed_by = UnicodeAttribute()
    consumer = UnicodeAttribute(null=True)
    client_reference = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    customer = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    period = UnicodeAttribute(null=True)
    anchor = NumberAttribute(null=True)
    trial_end = NumberAttribute(null=True)
    ends_at = NumberAttribute(null=True)
    ended_at = NumberAttribute(null=True)
    paused_at = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    debt = UnicodeAttribute(null=True)
    invoices = UnicodeAttribute(null=True)
    told_at = NumberAttribute(null=True)
    setup = UnicodeAttribute(null=True)
    setup_at = NumberAttribute(null=True)
    imported = NumberAttribute(null=True)
    closing = BooleanAttribute(null=True)
    charging = UnicodeAttribute(null=True)
    method = UnicodeAttribute(null=True)
    parked = BooleanAttribute(null=True)
    email = UnicodeAttribute(null=True)


class SeatItem(Item):
    """Which subscription of a product a user has open, if any."""

    subscription = UnicodeAttribute(null=True)
