"""What the calls of a provider say of its health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_payment, a_session
from tests.support.checkout_world import ScriptedProvider
from tests.support.health_world import HealthWorld
from tollgate.adapters.providers.watched import WatchedProvider
from tollgate.checkout.ports import (
    Absent,
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    Covered,
    Opened,
    Rejected,
    StillOpen,
    Unknown,
    Unreachable,
)
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Report
from tollgate.routing.circuit import Cause, CircuitState

SESSION = a_session()
ANSWERS = (
    Opened(SESSION),
    Closed(Report(Fact.EXPIRED, NOW)),
    StillOpen(),
    Absent(),
    Rejected("card_declined"),
    Unknown("not found yet", told=True),
)
FAILURES = (Unreachable("no connection"), Unknown("timeout"), Unknown("500", key_spent=True))
CALLS = ("open", "look", "find", "close", "capture")


class Watched:
    """A provider that answers what a test says, and what is known of it."""

    def __init__(self) -> None:
        self.world = HealthWorld()
        self.scripted = ScriptedProvider()
        self.health = self.world.instance()
        self.provider = WatchedProvider(self.scripted, self.health)

    def call(self, name: str, outcome: Any) -> Any:
        scripted, provider = self.scripted, self.provider
        scripted.script, scripted.looks, scripted.found, scripted.ending = [outcome], outcome, outcome, outcome
        scripted.takes = lambda _: outcome
        calls: dict[str, Any] = {
            "open": lambda: provider.open("{}", "key"),
            "look": lambda: provider.look(SESSION),
            "find": lambda: provider.find(a_payment()),
            "close": lambda: provider.close(SESSION),
            "capture": lambda: provider.capture(SESSION, "key"),
        }
        return calls[name]()


def test_nothing_that_a_provider_can_do_is_kept_from_it() -> None:
    """What the port answers by itself, it would answer in the provider's place."""
    assert {each for each in vars(CheckoutProvider) if not each.startswith("_")} <= set(vars(WatchedProvider))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("outcome", [*ANSWERS, *FAILURES, Covered(Capture("c", a_payment().amount, NOW))], ids=repr)
def test_the_caller_hears_what_the_provider_said(name: str, outcome: Any) -> None:
    assert Watched().call(name, outcome) is outcome


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("outcome", FAILURES, ids=repr)
def test_five_calls_without_an_answer_open_the_circuit(name: str, outcome: Any) -> None:
    watched = Watched()
    for _ in range(4):
        watched.call(name, outcome)
    assert watched.world.stored().is_closed
    watched.call(name, outcome)
    assert watched.world.stored().cause is Cause.CONSECUTIVE_FAILURES


@pytest.mark.parametrize("name", CALLS)
def test_refused_credentials_open_it_at_once(name: str) -> None:
    watched = Watched()
    watched.call(name, Unreachable("401", credentials_refused=True))
    assert watched.world.stored().cause is Cause.CREDENTIALS_REFUSED


@pytest.mark.parametrize("outcome", [Rejected("parameter_invalid"), Unknown("not found yet", told=True)], ids=repr)
def test_neither_refusals_nor_answers_that_leave_it_open_ever_open_it(outcome: Any) -> None:
    watched = Watched()
    for _ in range(100):
        watched.call("open", outcome)
    assert watched.world.stored().is_closed


@pytest.mark.parametrize("outcome", ANSWERS, ids=repr)
def test_any_answer_to_a_probe_closes_it(outcome: Any) -> None:
    watched = Watched()
    watched.call("open", Unreachable("401", credentials_refused=True))
    watched.world.later(30)
    assert watched.health.take_probe("stripe")
    assert watched.world.stored().state is CircuitState.HALF_OPEN
    watched.call("open", outcome)
    assert watched.world.stored().is_closed


def test_all_else_is_the_providers_own() -> None:
    watched = Watched()
    provider, scripted = watched.provider, watched.scripted
    assert (provider.offer, provider.recovery) == (scripted.offer, scripted.recovery)
    request = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")
    assert provider.parameters(a_payment(), request) == scripted.parameters(a_payment(), request)
    assert list(provider.list_sessions(NOW, NOW + timedelta(days=1))) == []
