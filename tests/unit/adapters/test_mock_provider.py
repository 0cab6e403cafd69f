"""The mock provider: no money, and the same outcome for the same key each time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_provider_event, a_session, usd
from tollgate.adapters.providers.mock.client import MockBehaviour, MockProvider
from tollgate.adapters.providers.mock.webhooks import MockEvents
from tollgate.checkout.ports import CheckoutRequest, Closed, Opened, Unreachable
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.clock import FixedClock
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture

REQUEST = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")
EVENT = {
    "id": "mevt_1",
    "type": "captured",
    "at": "2026-11-05T12:00:00+00:00",
    "tenant": "demo",
    "payment": "pay_1",
    "reference": "mock_1",
    "capture": "mcap_1",
    "amount": 5000,
    "currency": "USD",
}


def provider(**behaviour: int) -> tuple[MockProvider, list[float]]:
    slept: list[float] = []
    made = MockProvider(
        FixedClock(NOW),
        enabled=True,
        page="http://127.0.0.1/mock/",
        behaviour=MockBehaviour(**behaviour),
        sleep=slept.append,
    )
    return made, slept


def test_the_same_key_gives_the_same_session() -> None:
    mock, _ = provider()
    parameters = mock.parameters(a_draft(), REQUEST)
    first, second = mock.open(parameters, "key_1"), mock.open(parameters, "key_1")
    assert isinstance(first, Opened)
    assert first == second
    assert first.session.expires_at == NOW + timedelta(hours=24)
    assert str(first.session.url).startswith("http://127.0.0.1/mock/pay/mock_")
    other = mock.open(parameters, "key_2")
    assert isinstance(other, Opened)
    assert other.session.reference != first.session.reference


def test_it_fails_as_often_as_it_is_told_and_always_for_the_same_keys() -> None:
    mock, _ = provider(failure_basis_points=2500)
    outcomes = [isinstance(mock.open("{}", f"key_{number}"), Unreachable) for number in range(2000)]
    assert 400 < sum(outcomes) < 600
    assert outcomes == [isinstance(mock.open("{}", f"key_{number}"), Unreachable) for number in range(2000)]


def test_it_never_or_always_fails_at_the_ends() -> None:
    assert all(isinstance(provider()[0].open("{}", f"k{number}"), Opened) for number in range(100))
    always, _ = provider(failure_basis_points=10_000)
    assert all(isinstance(always.open("{}", f"k{number}"), Unreachable) for number in range(100))


def test_it_is_as_slow_as_it_is_told() -> None:
    mock, slept = provider(delay_milliseconds=250)
    mock.open("{}", "key_1")
    assert slept == [0.25]


def test_it_closes_at_once() -> None:
    outcome = provider()[0].close(a_session())
    assert isinstance(outcome, Closed)
    assert outcome.report.fact is Fact.EXPIRED


@pytest.mark.parametrize(
    ("type_", "fact"),
    [("captured", Fact.CAPTURED), ("declined", Fact.DECLINED), ("failed", Fact.FAILED), ("expired", Fact.EXPIRED)],
)
def test_its_events_are_read(type_: str, fact: Fact) -> None:
    notice = MockEvents().read(a_provider_event(payload=json.dumps(EVENT | {"type": type_}).encode()))
    assert notice is not None
    assert (notice.tenant, notice.payment_id, notice.reference) == ("demo", "pay_1", "mock_1")
    assert (notice.report.fact, notice.report.at) == (fact, NOW)
    assert notice.report.capture == (Capture("mcap_1", usd(5000), NOW) if type_ == "captured" else None)


def test_other_types_say_nothing() -> None:
    assert MockEvents().read(a_provider_event(payload=json.dumps(EVENT | {"type": "of the future"}).encode())) is None


@pytest.mark.parametrize("field", ["type", "at", "tenant", "payment", "reference", "capture", "amount", "currency"])
def test_a_missing_field_makes_an_event_unreadable(field: str) -> None:
    told = {name: value for name, value in EVENT.items() if name != field}
    with pytest.raises(UnreadableEvent):
        MockEvents().read(a_provider_event(payload=json.dumps(told).encode()))


@pytest.mark.parametrize(
    "change", [{"amount": 1.5}, {"amount": "5000"}, {"currency": "xxx"}, {"at": "soon"}, {"at": 5}]
)
def test_a_field_of_the_wrong_kind_makes_an_event_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent):
        MockEvents().read(a_provider_event(payload=json.dumps(EVENT | change).encode()))


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"7", b"\xff"])
def test_what_is_no_event_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        MockEvents().read(a_provider_event(payload=payload))
