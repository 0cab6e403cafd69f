"""The items of deliveries."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import DueItem, Item


class ConsumerItem(Item):
    """Who gets events; `tenants` and `types` are JSON lists. Its secret is kept elsewhere."""

    url = UnicodeAttribute()
    tenants = UnicodeAttribute()
    types = UnicodeAttribute()
    since = UnicodeAttribute()
    active = BooleanAttribute()


class LaneItem(DueItem):
    """How far a consumer is with an aggregate; both are read off the key. Numbers of time are epoch milliseconds. It is
    due while its event in hand was tried in vain.
    """

    head = NumberAttribute()
    passed = BooleanAttribute(null=True)
    version = NumberAttribute()
    failures = NumberAttribute(null=True)
    holder = UnicodeAttribute()
    held_until = NumberAttribute(null=True)
    try_at = NumberAttribute(null=True)


class DeliveryItem(Item):
    """What became of an event at a consumer; `attempts` is JSON. Tenant, id and the first try are read off the keys."""

    day_shard = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    consumer = UnicodeAttribute()
    subject_type = UnicodeAttribute()
    subject_id = UnicodeAttribute()
    sequence = NumberAttribute()
    type = UnicodeAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    tries = NumberAttribute()
    attempts = UnicodeAttribute()
    updated_at = NumberAttribute()
    try_at = NumberAttribute(null=True)
