"""Consumers as operators write them: each checked before it is stored, and left out where it has no address."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.consumers import ConsumerRefused, consumers
from tollgate.deliveries.consumers import Consumer

CONFIG = Path(__file__).resolve().parents[3] / "config" / "consumers.yaml"
URL = "https://shop.example/api/internal/payments/events"
SHOP: dict[str, Any] = {"url": URL, "tenants": ["demo"], "types": ["payments.refund.*"], "since": "2026-11-01T00:00Z"}
LAPTOP = {"TOLLGATE_ENVIRONMENT": "local"}


def read(environment: dict[str, str] | None = None, **changed: Any) -> list[Consumer]:
    return consumers({"consumers": {"shop": SHOP | changed}}, environment or {})


def test_a_consumer_is_as_it_is_written() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    assert read() == [Consumer("shop", URL, frozenset({"demo"}), frozenset({"payments.refund.*"}), since)]
    assert not read(active=False)[0].active


def test_the_environment_says_where_it_is() -> None:
    """As the seed of a product's own stack does it."""
    other = "http://127.0.0.1:5000/api/internal/payments/events"
    assert read({"PAYMENTS_CONSUMER_SHOP_EVENTS_URL": other, **LAPTOP})[0].url == other


def test_every_deployment_begins_without_a_consumer_and_the_laptop_with_one() -> None:
    document = yaml.safe_load(CONFIG.read_text())
    assert consumers(document, {}) == []
    (funnel,) = consumers(document, LAPTOP | {"PAYMENTS_CONSUMER_FUNNEL_EVENTS_URL": "http://127.0.0.1:3600/x"})
    assert (funnel.key, funnel.hears_of("demo"), funnel.wants("payments.payment.created")) == ("funnel", True, True)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"url": "http://shop.example/"}, "url: .* https"),
        ({"url": "https://10.0.0.1/"}, "url: .* not public"),
        ({"tenants": []}, "tenants"),
        ({"tenants": "demo"}, "tenants"),
        ({"tenants": ["de#mo"]}, "de#mo"),
        ({"types": ["payment.completed"]}, "another name of payments.purchase.confirmed"),
        ({"types": ["payments.*.created"]}, "no event's type"),
        ({"since": None}, "since"),
        ({"since": "2026-11-01"}, "offset"),
        ({"secret": "whsec_1"}, "secret: not known"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_change(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ConsumerRefused, match=f"shop: .*{told}"):
        read(**changed)


def test_a_key_that_could_be_no_part_of_one_is_refused() -> None:
    with pytest.raises(ConsumerRefused, match="a key is"):
        consumers({"consumers": {"Shop#1": SHOP}}, {})


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ([], True),
        (["payments.refund.requested"], True),
        (["payments.refund.*"], True),
        (["payments.*"], True),
        (["payments.refund"], False),
        (["payments.refun.*", "payments.purchase.*"], False),
    ],
)
def test_a_type_is_named_whole_or_by_how_it_begins(types: list[str], wanted: bool) -> None:
    assert read(types=types)[0].wants("payments.refund.requested") is wanted
