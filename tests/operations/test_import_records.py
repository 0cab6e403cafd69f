"""Every field of a record is checked, all that are wrong are named at once, and no reason repeats what was said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.imports.common import Defaults
from operations.imports.drafting import Drafting
from operations.imports.fields import RowRefused
from operations.imports.reading import read
from operations.imports.records import LegacyPurchase, LegacySubscription, Record
from operations.imports.rows import Row
from tests.operations.importing import NOW, Fields, a_purchase, a_subscription, charged_by_us, went_back
from tests.support.builders import a_pricing_item, usd
from tests.support.fakes import MemoryCatalog
from tollgate.catalog.model import Interval
from tollgate.kernel.clock import from_iso
from tollgate.kernel.money import Money
from tollgate.subscriptions.model import Renewer, State


def read_row(fields: Fields, defaults: Defaults | None = None) -> Record:
    return read(Row(1, {name: str(value) for name, value in fields.items()}), defaults or Defaults())


def wrong(fields: Fields, defaults: Defaults | None = None) -> dict[str, str]:
    """What is wrong with it, by field."""
    with pytest.raises(RowRefused) as refused:
        read_row(fields, defaults)
    return {each.field: each.message for each in refused.value.errors}


# What of a subscription is wrong, and which field is told.
SUBSCRIPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"kind": None}, "kind"),
    ({"kind": "gift_card"}, "kind"),
    ({"tenant": None}, "tenant"),
    ({"tenant": "a#b"}, "tenant"),
    ({"tenant": "x" * 65}, "tenant"),
    ({"legacy_id": None}, "legacy_id"),
    ({"legacy_id": "zoe@mail.example"}, "legacy_id"),
    ({"legacy_id": "x" * 129}, "legacy_id"),
    ({"user_id": None}, "user_id"),
    ({"user_id": "x" * 129}, "user_id"),
    ({"user_id": "a\x00b"}, "user_id"),
    ({"email": "nobody"}, "email"),
    ({"email": "x" * 65 + "@mail.example"}, "email"),
    ({"provider": None}, "provider"),
    ({"provider": "balance"}, "provider"),
    ({"provider": "square"}, "provider"),
    ({"plan": None}, "plan"),
    ({"plan": "gold month"}, "plan"),
    ({"product": "gold/"}, "product"),
    ({"amount": 100}, "currency"),
    ({"currency": "USD"}, "amount"),
    ({"amount": 0, "currency": "USD"}, "amount"),
    ({"amount": "19.99", "currency": "USD"}, "amount"),
    ({"amount": "9" * 15, "currency": "USD"}, "amount"),
    ({"amount": 100, "currency": "usd"}, "currency"),
    ({"amount": 100, "currency": "XXX"}, "currency"),
    ({"status": None}, "status"),
    ({"status": "past_due"}, "status"),
    ({"status": "cancelled"}, "status"),
    ({"status": "canceled"}, "status"),
    ({"status": "incomplete"}, "status"),
    ({"status": "happy"}, "status"),
    ({"status": "paused"}, "paused_at"),
    ({"paused_at": "2026-11-01T09:00:00Z"}, "paused_at"),
    ({"renewed_by": "nobody"}, "renewed_by"),
    ({"provider_subscription": None}, "provider_subscription"),
    ({"provider_subscription": "pi_1"}, "provider_subscription"),
    ({"provider_customer": None}, "provider_customer"),
    ({"provider_customer": "sub_1"}, "provider_customer"),
    ({"provider_invoice": "sub_1"}, "provider_invoice"),
    ({"source": "cus_1/pm_1"}, "source"),
    ({"period_start": None}, "period_start"),
    ({"period_start": "yesterday"}, "period_start"),
    ({"period_start": "2026-10-20"}, "period_start"),
    ({"period_start": "2026-10-20T09:00:00"}, "period_start"),
    ({"period_start": "1970-01-01T00:00:00Z"}, "period_start"),
    ({"period_end": None}, "period_end"),
    ({"period_end": "2026-10-20T09:00:00Z"}, "period_end"),
    ({"period_end": "2029-11-20T09:00:00Z"}, "period_end"),
    ({"period_end": "9999-11-20T09:00:00Z"}, "period_end"),
    ({"ends_at": "2026-11-20T09:00:00"}, "ends_at"),
    ({"created_at": "20 January 2025"}, "created_at"),
    ({"paid_at": "2026-11-01T09:00:00Z"}, "paid_at"),
    ({"colour": "red"}, "colour"),
]
OURS: list[tuple[dict[str, Any], str]] = [
    ({"source": None}, "source"),
    ({"source": "pm_1"}, "source"),
    ({"source": "4242424242424242"}, "source"),
    ({"provider": "square"}, "source"),
    ({"provider": "paypal"}, "provider"),
    ({"provider": "segpay", "source": "4242 4242 4242 4242"}, "source"),
    ({"provider_subscription": "sub_1"}, "provider_subscription"),
    ({"provider_customer": "pm_1"}, "provider_customer"),
    ({"provider_invoice": "in_1"}, "provider_invoice"),
]
PURCHASES: list[tuple[dict[str, Any], str]] = [
    ({"amount": None}, "amount"),
    ({"amount": -5}, "amount"),
    ({"currency": None}, "currency"),
    ({"item": None}, "item"),
    ({"item": "a ticket"}, "item"),
    ({"name": "x" * 201}, "name"),
    ({"name": "two\x85lines"}, "name"),
    ({"name": "card 4242 4242 4242 4242"}, "name"),
    ({"paid_at": None}, "paid_at"),
    ({"paid_at": "2026-09-01T18:30:00"}, "paid_at"),
    ({"provider_payment": None}, "provider_payment"),
    ({"provider_payment": "ch_1"}, "provider_payment"),
    ({"provider_payment": "pi_" + "1" * 251}, "provider_payment"),
    ({"provider": "square", "provider_payment": "a b"}, "provider_payment"),
    ({"refunded_amount": 100}, "refunded_at"),
    ({"provider_refund": "re_1"}, "refunded_amount"),
    (went_back(5001), "refunded_amount"),
    (went_back(0), "refunded_amount"),
    (went_back(provider_refund="pi_1"), "provider_refund"),
    (went_back(refunded_at="2026-08-31T09:00:00Z"), "refunded_at"),
    ({"plan": "gold_month"}, "plan"),
    ({"period_end": "2026-11-20T09:00:00Z"}, "period_end"),
]
EACH = [
    *((a_subscription(**changed), field) for changed, field in SUBSCRIPTIONS),
    *((charged_by_us(**changed), field) for changed, field in OURS),
    *((a_purchase(**changed), field) for changed, field in PURCHASES),
]


@pytest.mark.parametrize(("row", "field"), EACH)
def test_a_wrong_field_is_named(row: Fields, field: str) -> None:
    assert field in wrong(row)


@pytest.mark.parametrize(("row", "field"), EACH)
def test_no_reason_repeats_a_value(row: Fields, field: str) -> None:
    said = json.dumps(list(wrong(row).values()))
    personal = ("zoe.1@mail.example", "user-1", "leg-1", "order-1", "sub_1", "cus_1", "pi_1", "4242", "nobody")
    assert not [each for each in personal if each in said]


def test_all_that_is_wrong_is_named_at_once() -> None:
    found = wrong(a_subscription(email="nobody", plan=None, status="past_due", period_end="soon", colour="red"))
    assert set(found) == {"email", "plan", "status", "period_end", "colour"}


def test_a_name_of_a_field_that_may_be_anything_is_not_repeated() -> None:
    assert set(wrong(a_subscription() | {"zoe@mail.example": "x"})) == {"a field"}


@pytest.mark.parametrize(
    ("defaults", "field"), [(Defaults(tenant="other"), "tenant"), (Defaults(kind="purchase"), "kind")]
)
def test_a_record_says_nothing_else_than_the_command(defaults: Defaults, field: str) -> None:
    assert field in wrong(a_subscription(), defaults)


def test_a_record_is_read_as_it_is_meant() -> None:
    of = read_row(a_subscription(ends_at="2026-11-20T10:00:00+01:00", amount=1, currency="JPY"))
    assert isinstance(of, LegacySubscription)
    assert (of.state, of.renewed_by, of.unit) == (State.ACTIVE, Renewer.PROVIDER, Money(1, "JPY"))
    assert of.ends_at == of.period.end == from_iso("2026-11-20T09:00:00Z")
    assert of.created_at == of.period.start
    bought = read_row(a_purchase(paid_at="2026-09-01T18:30:00.123987+02:00"))
    assert isinstance(bought, LegacyPurchase)
    assert (bought.amount, bought.paid_at) == (usd(5000), from_iso("2026-09-01T16:30:00.123Z"))


def test_ids_follow_from_tenant_kind_and_legacy_id_and_digests_from_all_that_is_said() -> None:
    rows = [
        a_subscription(),
        a_subscription(tenant="other"),
        a_subscription(2),
        a_purchase(legacy_id="leg-1"),
    ]
    records = [read_row(row) for row in rows]
    assert len({each.id for each in records}) == len({each.fingerprint for each in records}) == len(rows)
    same = read_row(a_subscription(period_end="2026-11-20T10:00:00.000+01:00", created_at="2026-10-20T09:00:00Z"))
    assert (same.id, same.fingerprint) == (records[0].id, records[0].fingerprint)
    assert read_row(a_subscription(email="other@mail.example")).fingerprint != records[0].fingerprint
    assert "mail.example" not in repr(records)


# --- in the light of the catalog and of the time ---


def _catalog() -> MemoryCatalog:
    """Tickets, and a plan that is not on sale any more."""
    return MemoryCatalog([a_pricing_item("gold_month", product="gold", interval=Interval.MONTH, active=False)])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (a_subscription(plan="silver_month"), "plan"),
        (a_subscription(plan="concert_ticket"), "plan"),
        (a_subscription(product="silver"), "product"),
        (a_subscription(period_start="2026-11-05T12:00:01Z"), "period_start"),
        (a_subscription(period_end="2026-11-04T12:00:00Z"), "period_end"),
        (charged_by_us(period_end="2026-11-05T12:00:00Z"), "period_end"),
        (a_subscription(ends_at="2026-11-05T12:00:00Z"), "ends_at"),
        (a_subscription(status="paused", paused_at="2026-11-06T12:00:00Z"), "paused_at"),
        (a_subscription(created_at="2026-11-06T12:00:00Z"), "created_at"),
        (a_purchase(item="poster"), "item"),
        (a_purchase(paid_at="2026-11-06T12:00:00Z"), "paid_at"),
        (a_purchase(**went_back(refunded_at="2026-11-06T12:00:00Z")), "refunded_at"),
    ],
)
def test_what_does_not_fit_the_catalog_or_the_time_is_named(row: Fields, field: str) -> None:
    with pytest.raises(RowRefused) as refused:
        Drafting(_catalog(), NOW).draft(read_row(row))
    assert [each.field for each in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "row",
    [
        a_subscription(product="gold"),
        a_subscription(period_end="2026-11-04T12:00:01Z"),
        charged_by_us(period_end="2026-11-05T12:00:01Z"),
        charged_by_us(period_end="2026-11-01T12:00:00Z", status="paused", paused_at="2026-10-25T12:00:00Z"),
        a_subscription(period_start="2026-11-05T12:00:00Z"),
    ],
)
def test_what_just_fits_is_taken_though_its_plan_is_sold_no_more(row: Fields) -> None:
    assert Drafting(_catalog(), NOW).draft(read_row(row)).claims
