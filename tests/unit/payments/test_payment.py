"""A payment as a value: what changes, what its events say, and what stays the same for the provider."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_line, a_payment, a_report, a_session, created, usd
from tollgate.kernel.ids import is_id
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Change, Report

LATER = NOW + timedelta(minutes=1)


def test_a_new_payment_is_version_1_with_event_1() -> None:
    change = created(consumer="tickets", client_reference="order-1", trace="Root=1")
    assert (change.payment.version, change.payment.state) == (1, State.PENDING)
    assert (change.event.sequence, change.event.type) == (1, "payments.payment.created")
    assert change.event.trace == "Root=1"
    assert change.event.data == {
        "payment_id": change.payment.id,
        "status": "pending",
        "amount": 5000,
        "currency": "USD",
        "provider": "stripe",
        "method": "card",
        "user_id": "user-1",
        "created_at": "2026-11-05T12:00:00.000Z",
        "items": [{"code": "concert_ticket", "quantity": 1}],
        "consumer": "tickets",
        "reference": "order-1",
    }


def test_every_event_tells_when_the_payment_was_made() -> None:
    change = a_payment().apply(a_report(Fact.PROCESSING), LATER)
    assert isinstance(change, Change)
    assert change.event.data["created_at"] == "2026-11-05T12:00:00.000Z"


def test_the_first_event_of_a_retry_tells_what_it_retries() -> None:
    assert created(retry_of="pay_before").event.data["retry_of"] == "pay_before"
    assert "retry_of" not in created().event.data


def test_a_change_moves_the_version_and_the_time_and_leaves_the_old_value_alone() -> None:
    before = a_payment()
    change = before.apply(a_report(Fact.PROCESSING), LATER)
    assert isinstance(change, Change)
    assert (before.state, before.version) == (State.PENDING, 2)
    session = a_session(url=None)
    assert change.payment == replace(before, state=State.PROCESSING, version=3, updated_at=LATER, session=session)
    assert (change.event.sequence, change.event.occurred_at) == (3, LATER)


def test_each_event_names_the_request_that_caused_it() -> None:
    change = a_payment().apply(Report(Fact.PROCESSING, NOW, trace="Root=2"), NOW)
    assert isinstance(change, Change)
    assert change.event.trace == "Root=2"


def test_a_payment_cannot_be_edited() -> None:
    payment: Any = a_payment()
    with pytest.raises(FrozenInstanceError):
        payment.state = State.CONFIRMED


@pytest.mark.parametrize(
    ("fact", "told", "kept"),
    [
        (Fact.FAILED, "async_payment_failed", "async_payment_failed"),
        (Fact.CANCELLED, "requested", "requested"),
        (Fact.EXPIRED, None, "expired"),
        (Fact.DECLINED, "card_declined", "card_declined"),
        (Fact.PROCESSING, None, None),
    ],
)
def test_the_reason_is_kept_and_told(fact: Fact, told: str | None, kept: str | None) -> None:
    change = a_payment().apply(a_report(fact, reason=told), NOW)
    assert isinstance(change, Change)
    assert change.payment.reason == kept
    assert change.event.data.get("reason") == kept


def test_the_provider_key_is_the_same_for_every_try_of_an_operation() -> None:
    draft = a_draft()
    key = draft.provider_key("checkout")
    assert is_id("key", key)
    assert a_payment(State.CONFIRMED, version=9).provider_key("checkout") == key


@pytest.mark.parametrize("other", [{"tenant": "other"}, {"id": "pay_other"}])
def test_another_payment_or_tenant_has_another_provider_key(other: dict[str, Any]) -> None:
    draft = a_draft()
    assert replace(draft, **other).provider_key("checkout") != draft.provider_key("checkout")


def test_another_operation_or_attempt_has_another_provider_key() -> None:
    draft = a_draft()
    keys = {draft.provider_key(operation, attempt) for operation in ("checkout", "close") for attempt in (1, 2, 12)}
    assert len(keys) == 6
    assert draft.provider_key("checkout", 1) == draft.provider_key("checkout")


def test_a_line_costs_its_unit_times_its_quantity() -> None:
    assert a_line(quantity=3, unit=usd(2500)).total == usd(7500)
