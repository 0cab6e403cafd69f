"""The mock's charges: the same for the same token and key, as slow and as unreliable as its pages."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.builders import NOW, a_draft
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.adapters.providers.mock.client import MockBehaviour, MockProvider
from tollgate.checkout.charge_ports import ChargeRequest, Declined, NeverMade
from tollgate.checkout.ports import Closed, Opened, StillOpen, Unreachable
from tollgate.kernel.clock import FixedClock
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact


def charges(**behaviour: int) -> tuple[MockCharges, list[float], FixedClock]:
    slept: list[float] = []
    clock = FixedClock(NOW)
    mock = MockProvider(
        clock, enabled=True, page="http://127.0.0.1/mock", behaviour=MockBehaviour(**behaviour), sleep=slept.append
    )
    return MockCharges(mock), slept, clock


def parameters(mock: MockCharges, source: str, return_url: str | None = None) -> str:
    return mock.charge_parameters(a_draft(), ChargeRequest({"mock": source}, return_url=return_url))


@pytest.mark.parametrize(
    ("source", "class_"),
    [
        ("soft", DeclineClass.SOFT),
        ("hard", DeclineClass.HARD),
        ("fix_input", DeclineClass.FIX_INPUT),
        ("action_required", DeclineClass.ACTION_REQUIRED),
        ("challenge", DeclineClass.ACTION_REQUIRED),
        ("4242", DeclineClass.FIX_INPUT),
        ("", DeclineClass.FIX_INPUT),
    ],
)
def test_a_token_names_its_decline(source: str, class_: DeclineClass) -> None:
    mock, _, _ = charges()
    outcome = mock.charge(parameters(mock, source), "key_1")
    assert isinstance(outcome, Declined)
    assert outcome.decline.class_ is class_


def test_it_fails_as_often_as_it_is_told_and_then_made_nothing() -> None:
    mock, _, _ = charges(failure_basis_points=2500)
    wanted = parameters(mock, "ok")
    failed = [isinstance(mock.charge(wanted, f"key_{n}"), Unreachable) for n in range(2000)]
    never = [mock.resolve(a_draft(), wanted, f"key_{n}", timedelta(0)) == NeverMade() for n in range(2000)]
    assert 400 < sum(failed) < 600
    assert never == failed


def test_it_is_as_slow_as_it_is_told_and_tells_at_once() -> None:
    mock, slept, _ = charges(delay_milliseconds=250)
    mock.charge(parameters(mock, "ok"), "key_1")
    assert slept == [0.25]
    mock.resolve(a_draft(), parameters(mock, "ok"), "key_1", timedelta(0))
    assert slept == [0.25]


def test_a_challenge_is_a_page_that_takes_the_money_under_the_charges_reference() -> None:
    mock, _, _ = charges()
    outcome = mock.charge(parameters(mock, "challenge", "https://shop.example/back"), "key_1")
    assert isinstance(outcome, Opened)
    (token,) = parse_qs(urlsplit(str(outcome.session.url)).query)["of"]
    carried = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert carried["capture"] == outcome.session.reference
    assert (carried["amount"], carried["payment"]) == (5000, a_draft().id)
    assert carried["success_url"] == carried["cancel_url"] == "https://shop.example/back"


def test_nobody_is_shown_a_page_when_it_is_resolved() -> None:
    mock, _, _ = charges()
    wanted = parameters(mock, "challenge", "https://shop.example/back")
    declined = Declined(Decline(DeclineClass.ACTION_REQUIRED, "authentication_required"))
    assert mock.resolve(a_draft(), wanted, "key_1", timedelta(0)) == declined


def test_what_waits_is_open_for_as_long_as_it_was_meant_to_be() -> None:
    mock, _, clock = charges()
    outcome = mock.charge(parameters(mock, "challenge", "https://shop.example/back"), "key_1")
    assert isinstance(outcome, Opened)
    assert mock.look_at_charge(outcome.session) == StillOpen()
    clock.advance(timedelta(hours=24))
    looked = mock.look_at_charge(outcome.session)
    assert isinstance(looked, Closed)
    assert looked.report.fact is Fact.EXPIRED
