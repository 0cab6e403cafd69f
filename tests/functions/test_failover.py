"""A provider that does not answer costs no sale: over HTTP, at each provider that takes cards, with each silence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from tests.functions.charging import Till, a_till
from tests.functions.segpaying import fill_secrets
from tests.simulators.segpay_world import PACKAGES, SegpayWorld, a_segpay_world
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world, free_port, wait_until
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import new_key

# Nobody listens there; refused for a while; broken; the work done and the word of it lost.
NOWHERE = "nowhere"
SILENCES: dict[str, list[str]] = {
    "stripe": [NOWHERE, "429", "503", "500", "500 first", "drop", "reset"],
    "square": [NOWHERE, "429", "503", "500", "500 first", "drop", "reset"],
    "segpay": [NOWHERE, "503", "500", "lost"],
}
ONCE = [(provider, silence) for provider, silences in SILENCES.items() for silence in silences]


@dataclass
class Mall:
    """One deployment with three providers of cards."""

    till: Till
    segpay: SegpayWorld

    def prefer(self, provider: str) -> None:
        """From now on sales go there first."""
        deployed, rules = self.till.stuck.deployed, {"disabled": [], "order": [provider]}
        boss = deployed.as_user("boss", role="admin")
        answer = deployed.call("PUT", "/admin/routing/rules", rules, headers=boss, function="admin_api")
        assert answer.status == 200

    def silence(self, provider: str, silence: str) -> dict[str, str]:
        """For whatever a new instance asks it next; the settings that the instance needs for that."""
        if silence == NOWHERE:
            return {f"{provider.upper()}_API_BASE": f"http://127.0.0.1:{free_port()}"}
        kind, _, first = silence.partition(" ")
        work = {"work": "first"} if first else {}
        if provider == "segpay":
            self.segpay.control("faults", kind=kind)
        else:
            simulator = self.till.stuck.stripe if provider == "stripe" else self.till.square
            simulator.control("api/faults", kind=kind, method="POST", times=2, **work)
        return {}

    def speak(self) -> None:
        """No fault is left that nobody has met."""
        for simulator in (self.till.stuck.stripe, self.till.square):
            simulator.control("api/faults", "DELETE")

    def checkout(self, key: str, **fields: Any) -> Answer:
        return self.till.stuck.checkout(key, **fields)

    def pay(self, checkout: Answer) -> None:
        """On the page that the buyer was shown, and until what follows from it was heard."""
        if checkout.body["provider"] == "stripe":
            self.till.stuck.pay(checkout)
        else:
            self.till.square.pay(checkout.body["providerCheckoutSessionId"])
        wait_until(lambda: self._heard(checkout.body["id"]), checkout.body)

    def _heard(self, payment: str) -> bool:
        self.till.stuck.pass_on()
        self.till.hear_square()
        return bool(self.till.shown(payment)["status"] == "confirmed")


@pytest.fixture(scope="module")
def mall(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mall]:
    folder = tmp_path_factory.mktemp("mall")
    with ExitStack() as open_:
        stripe, square = open_.enter_context(a_world(folder)), open_.enter_context(a_square())
        segpay = open_.enter_context(a_segpay_world())
        switches = {"ENABLE_SEGPAY": "true", "SEGPAY_API_BASE": segpay.base, "SEGPAY_CURRENCIES": ",".join(PACKAGES)}
        till = open_.enter_context(a_till(engine, stripe, square, folder, **switches))
        fill_secrets(till.stuck.deployed, segpay)
        yield Mall(till, segpay)


@pytest.mark.parametrize(("first", "silence"), ONCE)
def test_another_provider_serves_and_is_paid_once(mall: Mall, first: str, silence: str) -> None:
    mall.prefer(first)
    deployed, key = mall.till.stuck.deployed, new_key()
    with patch.dict(os.environ, mall.silence(first, silence)):
        deployed.modules["checkout_api"] = deployed.fresh("checkout_api")
        answer = mall.checkout(key)
    mall.speak()
    assert (answer.status, answer.body["provider"] != first) == (201, True)
    before = mall.till.takings()
    mall.pay(answer)
    shown = mall.till.shown(answer.body["id"])
    assert (shown["status"], shown["route"], shown["provider"]) == ("confirmed", "failover", answer.body["provider"])
    after = mall.till.takings()
    assert sum(after.values()) - sum(before.values()) == 1
    assert after[shown["provider"]] == before[shown["provider"]] + 1
    assert mall.checkout(key).body == answer.body


@pytest.mark.parametrize("silence", ["500 first", "drop"])
def test_what_a_page_that_was_left_tells_later_changes_nothing(mall: Mall, silence: str) -> None:
    mall.prefer("stripe")
    stuck = mall.till.stuck
    mall.silence("stripe", silence)
    stuck.deployed.modules["checkout_api"] = stuck.deployed.fresh("checkout_api")
    answer = mall.checkout(new_key())
    mall.speak()
    (left,) = [
        each
        for each in stuck.stripe.client.v1.checkout.sessions.list(params={"limit": 100}).data
        if each.client_reference_id == answer.body["id"] or answer.body["id"] in str(each.metadata)
    ]
    stuck.stripe.control(f"sessions/{left.id}/expire")
    told = stuck.stripe.receiver.bodies
    wait_until(lambda: any(left.id in str(body) and "session.expired" in str(body) for body in told), "its end")
    stuck.pass_on()
    stuck.deployed.apply_inbox()
    assert mall.till.shown(answer.body["id"])["status"] == "pending"
    mall.pay(answer)
    assert mall.till.shown(answer.body["id"])["status"] == "confirmed"


@pytest.mark.parametrize("provider", SILENCES)
def test_whoever_asks_for_one_provider_hears_that_it_is_silent(mall: Mall, provider: str) -> None:
    deployed, key = mall.till.stuck.deployed, new_key()
    with patch.dict(os.environ, mall.silence(provider, NOWHERE)):
        deployed.modules["checkout_api"] = deployed.fresh("checkout_api")
        refused = mall.checkout(key, provider=provider)
    assert (refused.status, refused.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
    deployed.modules["checkout_api"] = deployed.fresh("checkout_api")
    assert mall.checkout(key, provider=provider).body["provider"] == provider
