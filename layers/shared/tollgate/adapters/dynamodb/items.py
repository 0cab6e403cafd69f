"""The items of both tables as pynamodb models: names and types of attributes, nothing else.

Table names are bound at composition, so these models are never asked to reach a table themselves.
"""

from __future__ import annotations

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class Item(Model):
    """What every item has. `ttl` is epoch seconds; DynamoDB deletes some time after it, so that code
    compares it too.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    ttl = NumberAttribute(null=True)


class PaymentItem(Item):
    """A payment. `items` and `captures` are JSON; amounts are minor units; numbers of time are epoch milliseconds.

    Tenant, id, owner and creation are read off the keys: said once, a payment with a long address stays below 1 KB.
    """

    owner_key = UnicodeAttribute()
    day_shard = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    items = UnicodeAttribute()
    method = UnicodeAttribute()
    provider = UnicodeAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    updated_at = NumberAttribute()
    fingerprint = UnicodeAttribute()
    refundable = NumberAttribute()
    consumer = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)
    page = UnicodeAttribute(null=True)
    page_expires = NumberAttribute(null=True)
    captures = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    review = UnicodeAttribute(null=True)
    parked = BooleanAttribute(null=True)


class ExpectedItem(Item):
    """Stands where a payment will be, for the provider events that came before it."""


class EventItem(Item):
    """An event beside its aggregate; `body` is the envelope, published as it is."""

    type = UnicodeAttribute()
    body = UnicodeAttribute()
    hour_shard = UnicodeAttribute()
    sk_event = UnicodeAttribute()


class IdempotencyItem(Item):
    """One use of an idempotency key. `parameters` and `response_body` are deflated; the former goes when
    the latter comes.
    """

    tenant = UnicodeAttribute()
    operation = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    subject_id = UnicodeAttribute()
    provider = UnicodeAttribute()
    parameters = BinaryAttribute(legacy_encoding=False, null=True)
    attempt = NumberAttribute()
    lease_owner = UnicodeAttribute()
    lease_expires_at = UnicodeAttribute()
    created_at = UnicodeAttribute()
    response_status = NumberAttribute(null=True)
    response_body = BinaryAttribute(legacy_encoding=False, null=True)


class ReferenceItem(Item):
    """Where a provider's reference leads."""

    tenant = UnicodeAttribute()
    payment_id = UnicodeAttribute()


class PricingItemItem(Item):
    """A pricing item."""

    tenant = UnicodeAttribute()
    code = UnicodeAttribute()
    name = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    active = BooleanAttribute()


class TenantItem(Item):
    """A tenant's settings; `return_origins` is a JSON list."""

    return_origins = UnicodeAttribute()


class SignatureItem(Item):
    """A service signature that was used; gone when it could not be used again anyway. `nonce` names the one use."""

    bound_to = UnicodeAttribute(null=True)
    nonce = UnicodeAttribute()


class ProviderEventItem(Item):
    """A provider's event; `payload` is the signed bytes, deflated."""

    provider = UnicodeAttribute()
    event_id = UnicodeAttribute()
    type = UnicodeAttribute()
    payload = BinaryAttribute(legacy_encoding=False)
    received_at = UnicodeAttribute()
    status = UnicodeAttribute()
    settled_at = UnicodeAttribute(null=True)


class ParkedItem(Item):
    """A provider event that waits, beside the others that wait for the same payment."""

    provider = UnicodeAttribute()
    event_id = UnicodeAttribute()


class WakeItem(ParkedItem):
    """Brings a parked event back through the table's stream."""
