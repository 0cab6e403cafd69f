"""The items of both tables as pynamodb models: names and types of attributes, nothing else.

Table names are bound at composition, so these models are never asked to reach a table themselves.
"""

from __future__ import annotations

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.declared import Declared


class Item(Declared):
    """What every item has. `ttl` is epoch seconds; DynamoDB deletes some time after it, so that code
    compares it too.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    ttl = NumberAttribute(null=True)


class DueItem(Item):
    """What may be left unfinished: `due_at`, epoch seconds, is when the reconciler looks at it. Both go once nothing
    is open, so that the index holds only what is.
    """

    due = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)


class PaymentItem(DueItem):
    """A payment. `items`, `captures`, `refunds`, `disputes` and `tenders` are JSON; amounts are minor units; numbers of
    time are epoch milliseconds.

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
    refundable = NumberAttribute(null=True)
    consumer = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)
    page_expires = NumberAttribute(null=True)
    page_link = UnicodeAttribute(null=True)
    captures = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    review = UnicodeAttribute(null=True)
    parked = BooleanAttribute(null=True)
    retry_of = UnicodeAttribute(null=True)
    seller = UnicodeAttribute(null=True)
    fee = NumberAttribute(null=True)
    provider_fee = NumberAttribute(null=True)
    route = UnicodeAttribute(null=True)
    passed = UnicodeAttribute(null=True)
    refunds = UnicodeAttribute(null=True)
    disputes = UnicodeAttribute(null=True)
    reserve = NumberAttribute(null=True)
    settled_at = NumberAttribute(null=True)
    tenders = UnicodeAttribute(null=True)
    gift_card = UnicodeAttribute(null=True)
    direct = BooleanAttribute(null=True)
    hold = BooleanAttribute(null=True)
    decline = UnicodeAttribute(null=True)
    approved = NumberAttribute(null=True)
    refused_at = NumberAttribute(null=True)
    billing = UnicodeAttribute(null=True)
    deposit = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)


class ExpectedItem(Item):
    """Stands where a payment will be, for the provider events that came before it."""


class EventItem(Item):
    """An event beside its aggregate; `body` is the envelope, published as it is; `counted` once it is in the
    statistics, which also proves that it reached a subscriber of the bus.
    """

    type = UnicodeAttribute()
    body = UnicodeAttribute()
    hour_shard = UnicodeAttribute()
    sk_event = UnicodeAttribute()
    counted = BooleanAttribute(null=True)


class IdempotencyItem(DueItem):
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
    sent_again_at = UnicodeAttribute(null=True)
    unsent = BooleanAttribute(null=True)
    response_status = NumberAttribute(null=True)
    response_body = BinaryAttribute(legacy_encoding=False, null=True)


class ReferenceItem(Item):
    """Where a provider's reference leads, and for a hosted session its address."""

    tenant = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    page = UnicodeAttribute(null=True)


class CountersItem(Item):
    """What became of the payments that were created in ten minutes, as far as one shard counted it. Each currency has
    an attribute `revenue_<currency>` beside these, in minor units.
    """

    total = NumberAttribute(null=True)
    successful = NumberAttribute(null=True)
    failed = NumberAttribute(null=True)
    cancelled = NumberAttribute(null=True)


class MonthItem(Item):
    """What was sold, refunded and disputed in a month, as far as one shard counted it."""

    successful = NumberAttribute(null=True)
    refunded = NumberAttribute(null=True)
    disputed = NumberAttribute(null=True)
    won = NumberAttribute(null=True)
    lost = NumberAttribute(null=True)


class TenantItem(Item):
    """A tenant's settings; `return_origins` is a JSON list."""

    return_origins = UnicodeAttribute()


class SignatureItem(Item):
    """A service signature that was used; gone when it could not be used again anyway. `nonce` names the one use."""

    bound_to = UnicodeAttribute(null=True)
    nonce = UnicodeAttribute()


class ProviderEventItem(DueItem):
    """A provider's event; `payload` is the signed bytes, deflated."""

    provider = UnicodeAttribute()
    event_id = UnicodeAttribute()
    type = UnicodeAttribute()
    payload = BinaryAttribute(legacy_encoding=False)
    received_at = UnicodeAttribute()
    status = UnicodeAttribute()
    settled_at = UnicodeAttribute(null=True)
    archived_at = UnicodeAttribute(null=True)


class ParkedItem(Item):
    """A provider event that waits, beside the others that wait for the same payment."""

    provider = UnicodeAttribute()
    event_id = UnicodeAttribute()


class WakeItem(ParkedItem):
    """Brings a parked event back through the table's stream."""


class FindingItem(DueItem):
    """A finding of the reconciler; `what` is its kind, `detail` is JSON."""

    owner_key = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    what = UnicodeAttribute()
    subject_type = UnicodeAttribute()
    subject_id = UnicodeAttribute()
    remedy = UnicodeAttribute()
    repair = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    version = NumberAttribute()
    detail = UnicodeAttribute()
    settled_by = UnicodeAttribute(null=True)


class RunItem(Item):
    """A run of the reconciler, as JSON."""

    body = UnicodeAttribute()


class SweepItem(Item):
    """How far a sweep has come."""

    until = UnicodeAttribute()


class JournalEntryItem(Item):
    """A journal entry, never changed; `what` is its kind, `postings` a JSON object of amounts by account. Tenant, id,
    seller and time are read off the keys. `projected` is there from the beginning or never.
    """

    day_shard = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    owner_key = UnicodeAttribute(null=True)
    what = UnicodeAttribute()
    currency = UnicodeAttribute()
    postings = UnicodeAttribute()
    subject_type = UnicodeAttribute()
    subject_id = UnicodeAttribute()
    reverses = UnicodeAttribute(null=True)
    projected = BooleanAttribute(null=True)


class JournalMarkItem(Item):
    """Says that the balances hold the entry beside it."""


class BalanceItem(Item):
    """What an account comes to, in minor units, after so many `postings`; `since` is about the day of the first. A
    seller's pending account has an attribute `sales_<year>_<month>` for each month in which it sold. The two keys
    of the index by hour never change, so that a change of the balance is no write of an index.
    """

    hour_shard = UnicodeAttribute()
    sk_event = UnicodeAttribute()
    amount = NumberAttribute()
    postings = NumberAttribute()
    since = UnicodeAttribute(null=True)


class PayoutItem(DueItem):
    """A payout; amounts are minor units. Tenant, id, seller and creation are read off the keys. `returned` once the
    transfer of one that failed was taken back.
    """

    owner_key = UnicodeAttribute()
    listed_at = UnicodeAttribute()
    amount = NumberAttribute()
    fee = NumberAttribute()
    currency = UnicodeAttribute()
    instant = BooleanAttribute()
    provider = UnicodeAttribute()
    account = UnicodeAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    updated_at = UnicodeAttribute()
    transfer = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    returned = BooleanAttribute(null=True)


class SellerItem(Item):
    """Where a seller's money goes, and how risky it is to pay it out."""

    stripe_account = UnicodeAttribute()
    risk = UnicodeAttribute()


class MailItem(Item):
    """That a mail of an event was sent, or `refused` and why. To whom is written nowhere."""

    letter = UnicodeAttribute()
    sent_at = UnicodeAttribute()
    message_id = UnicodeAttribute(null=True)
    refused = UnicodeAttribute(null=True)
