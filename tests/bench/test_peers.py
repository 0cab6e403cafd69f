"""What stands in for Stripe beside dj-stripe, and that everybody who is compared says what it does. dj-stripe itself is
not installed here.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.comparing import PAIRS
from bench.contestants import DOES
from bench.dj_stripe import StripeFromMemory

PATH = "/v1/payment_intents/pi_KhyQybtiBNxkCNwJ"
INTENT = json.dumps({"id": "pi_KhyQybtiBNxkCNwJiVE5J1Bd", "payment_method": "pm_G4ava78NHuEJHMG2JaLb7lsR"})


@pytest.fixture
def seen() -> list[tuple[str, dict[str, str]]]:
    return []


@pytest.fixture
def stripe(seen: list[tuple[str, dict[str, str]]]) -> StripeFromMemory:
    """It has been asked for one intent."""

    def send(_client: object, _method: str, url: str, headers: dict[str, str], _data: object) -> Any:
        seen.append((url, headers))
        return INTENT.encode(), 200, {}

    made = StripeFromMemory(send, "sk_simulated", "2026-10-28")
    headers = {"Authorization": "Bearer another", "Stripe-Account": "acct_1"}
    made(None, "get", f"http://127.0.0.1:1{PATH}iVE5J1Bd?expand[0]=source", headers)
    made.learned = True
    return made


def test_the_simulator_is_asked_once_and_as_it_wants_to_be(
    stripe: StripeFromMemory, seen: list[tuple[str, dict[str, str]]]
) -> None:
    stripe(None, "get", f"http://127.0.0.1:1{PATH}00000007?expand[0]=source", {})
    headers = {"Authorization": "Bearer sk_simulated", "Stripe-Version": "2026-10-28"}
    assert seen == [(f"http://127.0.0.1:1{PATH}iVE5J1Bd", headers)]


def test_an_answer_has_the_ids_of_the_event_at_hand(stripe: StripeFromMemory) -> None:
    body, status, _ = stripe(None, "get", f"http://127.0.0.1:1{PATH}00000007?expand[0]=source", {})
    assert status == 200
    assert json.loads(body) == {"id": "pi_KhyQybtiBNxkCNwJ00000007", "payment_method": "pm_G4ava78NHuEJHMG200000007"}


def test_requests_are_counted_whatever_they_are_about(stripe: StripeFromMemory) -> None:
    stripe(None, "get", f"http://127.0.0.1:1{PATH}00000007?expand[0]=source", {})
    assert stripe.asked == {"GET /v1/payment_intents/{id}": 2}


def test_what_was_never_asked_is_not_made_up(stripe: StripeFromMemory) -> None:
    with pytest.raises(KeyError):
        stripe(None, "get", "http://127.0.0.1:1/v1/charges/ch_000000000000000000000007", {})


def test_whoever_is_compared_says_what_it_does() -> None:
    assert {name for pair in PAIRS for name in pair} == set(DOES)
    assert {frozenset(each) for each in DOES.values()} == {frozenset({"does", "kept", "order", "stubbed"})}
