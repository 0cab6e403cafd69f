"""The event envelope: the same id and the same bytes each time it is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.builders import NOW
from tollgate.kernel.events import Event
from tollgate.kernel.ids import is_id

EVENT = Event(
    type="payments.purchase.confirmed",
    tenant="demo",
    aggregate_type="payment",
    aggregate_id="pay_1",
    sequence=3,
    occurred_at=NOW,
    data={"amount": 5000, "name": "Café"},
    trace="Root=1-2-3",
)


def test_the_envelope_has_exactly_these_fields() -> None:
    assert EVENT.envelope() == {
        "id": EVENT.id,
        "type": "payments.purchase.confirmed",
        "version": 1,
        "tenant": "demo",
        "aggregate": {"type": "payment", "id": "pay_1"},
        "sequence": 3,
        "occurred_at": "2026-11-05T12:00:00.000Z",
        "data": {"amount": 5000, "name": "Café"},
        "trace": "Root=1-2-3",
    }


def test_the_json_is_the_same_bytes_each_time() -> None:
    text = EVENT.to_json()
    assert text == replace(EVENT).to_json()
    assert json.loads(text) == EVENT.envelope()
    assert text.startswith(f'{{"id":"{EVENT.id}","type":"payments.purchase.confirmed","version":1,"tenant":"demo",')
    assert "Café" in text


def test_the_id_follows_from_aggregate_and_sequence_alone() -> None:
    assert is_id("evt", EVENT.id)
    assert replace(EVENT, type="other", data={}, trace=None, occurred_at=NOW.replace(year=2027)).id == EVENT.id


@pytest.mark.parametrize(
    "other", [{"sequence": 4}, {"aggregate_id": "pay_2"}, {"tenant": "x"}, {"aggregate_type": "y"}]
)
def test_another_aggregate_or_sequence_has_another_id(other: dict[str, str]) -> None:
    assert replace(EVENT, **other).id != EVENT.id  # type: ignore[arg-type] # one changed field of either type
