"""Every key of both tables, in one place."""

from __future__ import annotations

from datetime import datetime

from tollgate.deliveries.model import Aggregate
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived, shard
from tollgate.payments.model import Payment

type Key = tuple[str, str]

HOUR_SHARDS = 16
DAY_SHARDS = 4
DUE_SHARDS = 16
JOURNAL_SHARDS = 4
STATISTICS_SHARDS = 4
HEALTH: Key = ("HEALTH", "HEALTH")
RECONCILIATION = "RECONCILIATION"
# Partition of the index by hour that lists the ledger's accounts; no hour is called so.
ACCOUNTS = "#accounts"
# Partition of the consumers: each instance that delivers reads it once a minute.
CONSUMERS = "CONSUMERS"
_LAST_SEQUENCE = 9_999_999_999


def payment(tenant: str, payment_id: str) -> Key:
    return f"PAYMENT#{tenant}#{payment_id}", "PAYMENT"


def event(tenant: str, aggregate_type: str, aggregate_id: str, sequence: int) -> Key:
    """Beside its aggregate, so that one query reads a history in order."""
    return f"{aggregate_type.upper()}#{tenant}#{aggregate_id}", f"EVENT#{sequence:010d}"


def events_from(tenant: str, aggregate_type: str, aggregate_id: str, sequence: int) -> tuple[Key, Key]:
    """The places of the event with that sequence, and of the last that there may ever be."""
    return (
        event(tenant, aggregate_type, aggregate_id, sequence),
        event(tenant, aggregate_type, aggregate_id, _LAST_SEQUENCE),
    )


def idempotency(record_id: str) -> Key:
    return f"IDEMPOTENCY#{record_id}", "IDEMPOTENCY"


def reference(provider: str, provider_reference: str) -> Key:
    return f"REFERENCE#{provider}#{provider_reference}", "REFERENCE"


def pricing_item(tenant: str, code: str) -> Key:
    return f"CATALOG#{tenant}", f"ITEM#{code}"


def tenant_settings(tenant: str) -> Key:
    return f"TENANT#{tenant}", "SETTINGS"


def signature(service: str, digest: str) -> Key:
    return f"SIGNATURE#{service}#{digest}", "SIGNATURE"


def statistics(tenant: str, number: int) -> str:
    """Partition of one shard of a tenant's counters; they sort by the time at which their ten minutes begin."""
    return f"STATS#{tenant}#{number}"


def statistics_month(tenant: str, number: int, month: str) -> Key:
    """One shard of a tenant's counters of a month, apart from those of ten minutes, which a range of time reads."""
    return f"MONTHS#{tenant}#{number}", month


def provider_event(provider: str, event_id: str) -> Key:
    return f"EVENT#{provider}#{event_id}", "EVENT"


def parked(tenant: str, payment_id: str) -> str:
    """Partition of the events that wait for a payment."""
    return f"PARKED#{tenant}#{payment_id}"


def parked_event(tenant: str, payment_id: str, provider: str, event_id: str) -> Key:
    return parked(tenant, payment_id), f"{provider}#{event_id}"


def wake(provider: str, event_id: str, number: str) -> Key:
    """Beside the event it wakes; each waking is an item of its own, since the stream tells of new items."""
    return f"EVENT#{provider}#{event_id}", f"WAKE#{number}"


def owner(tenant: str, user: str) -> str:
    """Partition of the index by owner."""
    return f"{tenant}#{user}"


def day_shard(tenant: str, day: str, number: int) -> str:
    """Partition of the index by day: a tenant's payments of one day, spread over a few partitions."""
    return f"{tenant}#{day}#{number:02d}"


def day_shard_of(stored: Payment) -> str:
    return day_shard(stored.tenant, to_iso(stored.created_at)[:10], shard(stored.id, DAY_SHARDS))


def hour_shard(instant: datetime, number: int) -> str:
    """Partition of the index by hour, for publishing a stretch of time again."""
    return f"{hour(instant)}#{number:02d}"


def hour_shard_of(stored: Event) -> str:
    return hour_shard(stored.occurred_at, shard(stored.aggregate_id, HOUR_SHARDS))


def event_place(stored: Event) -> str:
    """Sorts the events of an hour by time."""
    return f"{to_iso(stored.occurred_at)}#{stored.id}"


def finding(tenant: str, finding_id: str) -> Key:
    return f"FINDING#{tenant}#{finding_id}", "FINDING"


def findings(tenant: str, *, is_open: bool) -> str:
    """Partition of the index by owner. No tenant's name begins so, and no owner is listed there."""
    return f"#{'open' if is_open else 'settled'}-findings#{tenant}"


def reconciliation_run(started_at: datetime, run_id: str) -> Key:
    return RECONCILIATION, f"RUN#{to_iso(started_at)}#{run_id}"


def sweep(name: str) -> Key:
    return RECONCILIATION, f"SWEEP#{name}"


def journal_entry(tenant: str, entry_id: str) -> Key:
    return f"JOURNAL#{tenant}#{entry_id}", "ENTRY"


def journal_mark(tenant: str, entry_id: str) -> Key:
    """Beside the entry, so that an entry itself never changes."""
    return f"JOURNAL#{tenant}#{entry_id}", "PROJECTED"


def journal_day(tenant: str, day: str, number: int) -> str:
    """Partition of the index by day: a tenant's entries, apart from its payments, since no tenant's name begins so."""
    return f"#journal#{tenant}#{day}#{number:02d}"


def journal_of_seller(tenant: str, seller: str, number: int) -> str:
    """Partition of the index by owner. Several for one seller: a venue may sell thousands of tickets a second."""
    return f"#journal#{tenant}#{seller}#{number:02d}"


def balance(tenant: str, currency: str, account: str) -> Key:
    return f"BALANCE#{tenant}#{currency}#{account}", "BALANCE"


def account_place(tenant: str, currency: str, account: str) -> str:
    """Sorts all accounts by tenant and currency."""
    return f"{tenant}#{currency}#{account}"


def payout(tenant: str, payout_id: str) -> Key:
    return f"PAYOUT#{tenant}#{payout_id}", "PAYOUT"


def payouts_of(tenant: str, seller: str) -> str:
    """Partition of the index by owner. No tenant's name begins so."""
    return f"#payouts#{tenant}#{seller}"


def seller(tenant: str, seller_id: str) -> Key:
    return f"SELLER#{tenant}#{seller_id}", "SELLER"


def gift_card(tenant: str, card_id: str) -> Key:
    return f"GIFT_CARD#{tenant}#{card_id}", "GIFT_CARD"


def guesses(tenant: str, door: str) -> Key:
    return f"GUESSES#{tenant}#{door}", "GUESSES"


def credit(tenant: str, currency: str, customer: str) -> Key:
    return f"CREDIT#{tenant}#{currency}#{customer}", "CREDIT"


def circuit(provider: str) -> Key:
    """Of no tenant, beside its events."""
    return f"PROVIDER#*#{provider}", "CIRCUIT"


def routing_rules(tenant: str) -> Key:
    return f"ROUTING#{tenant}", "RULES"


def mail(tenant: str, event_id: str) -> Key:
    """What was told of an event by mail."""
    return f"MAIL#{tenant}#{event_id}", "MAIL"


def subscription(tenant: str, subscription_id: str) -> Key:
    return f"SUBSCRIPTION#{tenant}#{subscription_id}", "SUBSCRIPTION"


def subscription_reference(provider: str, provider_reference: str) -> Key:
    """Apart from those of payments: a provider may call both the same."""
    return f"SUBSCRIPTION_REFERENCE#{provider}#{provider_reference}", "REFERENCE"


def seat(tenant: str, user: str, product: str) -> Key:
    """Who has a product open. Users and products may have any name, so that the key is a digest of all."""
    return f"SEAT#{derived('seat', tenant, user, product)}", "SEAT"


def subscriptions_of(tenant: str, user: str) -> str:
    """Partition of the index by owner. No tenant's name begins so."""
    return f"#subscriptions#{tenant}#{user}"


def subscriptions_shards(tenant: str) -> list[str]:
    """Partitions of the index by day that hold all subscriptions of a tenant."""
    return [f"#subscriptions#{tenant}#{number:02d}" for number in range(DAY_SHARDS)]


def subscriptions_shard_of(tenant: str, subscription_id: str) -> str:
    return subscriptions_shards(tenant)[shard(subscription_id, DAY_SHARDS)]


def renewal_shard(number: int) -> str:
    """Partition of the index of what is due, of subscriptions that we renew: they are many, and their own."""
    return f"renewals#{number:02d}"


def renewal_shard_of(pk: str) -> str:
    return renewal_shard(shard(pk, DUE_SHARDS))


def imported(tenant: str, id_: str) -> Key:
    """That what has this id came from another system."""
    return f"IMPORT#{tenant}#{id_}", "IMPORT"


def group(tenant: str, group_id: str) -> Key:
    return f"GROUP#{tenant}#{group_id}", "GROUP"


def share(tenant: str, group_id: str, share_id: str) -> Key:
    """Beside its group, after it in order, and after its events."""
    return f"GROUP#{tenant}#{group_id}", f"SHARE#{share_id}"


def groups_of(tenant: str, user: str) -> str:
    """Partition of the index by owner. No tenant's name begins so."""
    return f"#groups#{tenant}#{user}"


def consumer(key: str) -> Key:
    return CONSUMERS, key


def lane(to: str, aggregate: Aggregate) -> Key:
    """The way of an aggregate's events to a consumer."""
    return f"LANE#{to}#{aggregate.tenant}#{aggregate.type}#{aggregate.id}", "LANE"


def delivery(tenant: str, delivery_id: str) -> Key:
    return f"DELIVERY#{tenant}#{delivery_id}", "DELIVERY"


def deliveries_of_day(tenant: str, day: str, number: int) -> str:
    """Partition of the index by day, apart from payments: no tenant's name begins so."""
    return f"#deliveries#{tenant}#{day}#{number:02d}"


def due_shard(number: int) -> str:
    """Partition of the index of what is due."""
    return f"{number:02d}"


def due_shard_of(pk: str) -> str:
    return due_shard(shard(pk, DUE_SHARDS))


def hour(instant: datetime) -> str:
    return to_iso(instant)[:13]


def listed_at(created_at: datetime, payment_id: str) -> str:
    """Sorts lists by time and tells payments of one millisecond apart."""
    return f"{to_iso(created_at)}#{payment_id}"
