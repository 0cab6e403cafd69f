"""Money that is only set aside, on real tables and against the providers' simulators: taken or let go when somebody
says so, and by nobody else. No route of its own offers it: what is charged here is wished for as a hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.functions.charging import BACK, MINUTE, Till, a_till
from tests.functions.refunding import entries
from tests.functions.test_stats import messages
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.holds import Holds
from tollgate.kernel.ids import SortableIds
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.providers import make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings

PROVIDERS = ("stripe", "square")
NOTHING = {"stripe": 0, "square": 0}
HISTORY = ["payments.payment.created", "payments.payment.approved"]
DAY = 24 * 60 * MINUTE


@pytest.fixture
def till(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    monkeypatch.setattr("tollgate.runtime.http.commands.ChargeRequest", partial(ChargeRequest, hold=True))
    with a_world(tmp_path) as stripe, a_square() as square, a_till(engine, stripe, square, tmp_path) as made:
        yield made


def _hear(till: Till, provider: str, square: str, stripe: str) -> None:
    if provider == "square":
        till.hear_square(square)
        return
    till.stuck.pass_on(stripe)
    till.stuck.deployed.apply_inbox()


def _take(answer: Answer) -> Payment:
    """As a room does that has wished for it."""
    settings = Settings.from_environment()
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    ids, secrets = SortableIds(clock), SecretsManagerSecrets(settings.secrets_prefix)
    recording = make_recording(settings, storage, clock, ids)
    routing = make_routing(settings, storage, make_providers(settings, secrets, clock), clock, ids)
    payment = recording.payments.get(PaymentKey("demo", answer.body["id"]))
    assert payment is not None
    return Holds(routing.ways.charges, recording.recorder, clock).take(payment)


def _cancel(till: Till, answer: Answer) -> Answer:
    path = f"/payments/checkout/{answer.body['id']}/cancel"
    return till.stuck.deployed.call("POST", path, headers=till.stuck.deployed.as_user())


def _envelopes(till: Till, answer: Answer) -> list[dict[str, Any]]:
    return till.stuck.deployed.events(answer.body["id"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_is_taken_when_somebody_says_so_and_posted_then(till: Till, provider: str) -> None:
    key = new_key()
    held = till.charge(key, provider=provider)
    assert (held.status, held.body["outcome"], held.body["status"]) == (202, "authorized", "pending")
    assert (till.takings(), till.stuck.types(held.body["id"])) == (NOTHING, HISTORY)
    assert not entries(till.stuck, "payment_confirmed")
    _hear(till, provider, "payment.created APPROVED", "payment_intent.amount_capturable_updated")
    assert till.stuck.types(held.body["id"]) == HISTORY
    assert _take(held).state == "confirmed"
    assert _take(held).state == "confirmed"
    _hear(till, provider, "payment.updated COMPLETED", "payment_intent.succeeded")
    assert till.takings() == NOTHING | {provider: 1}
    assert till.stuck.types(held.body["id"]) == [*HISTORY, "payments.purchase.confirmed"]
    assert len(entries(till.stuck, "payment_confirmed")) == 1
    assert till.charge(key, provider=provider).body["outcome"] == "succeeded"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_is_let_go_where_the_payment_is_cancelled(till: Till, provider: str) -> None:
    held = till.charge(provider=provider)
    assert [_cancel(till, held).body["status"] for _ in range(2)] == ["cancelled"] * 2
    _hear(till, provider, "payment.updated CANCELED", "payment_intent.canceled")
    assert (_take(held).state, till.takings()) == ("cancelled", NOTHING)
    assert till.stuck.types(held.body["id"]) == [*HISTORY, "payments.payment.cancelled"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_was_taken_is_not_cancelled(till: Till, provider: str) -> None:
    held = till.charge(provider=provider)
    _take(held)
    assert (_cancel(till, held).status, till.shown(held.body["id"])["status"]) == (409, "confirmed")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nobody_takes_it_by_himself_and_it_lapses(till: Till, provider: str) -> None:
    held = till.charge(provider=provider)
    approval = messages(*(each for each in _envelopes(till, held) if each["type"] == HISTORY[1]))
    assert till.stuck.deployed.function("capturer").handler({"Records": approval}, context())["batchItemFailures"] == []
    for _ in range(3):
        assert till.reconciled_later(DAY)["found"] == {}
    assert (till.takings(), till.stuck.types(held.body["id"])) == (NOTHING, HISTORY)
    assert till.reconciled_later(5 * DAY)["repaired"] == {"overdue_payment": 1}
    shown = till.shown(held.body["id"])
    assert (shown["status"], shown["reason"], till.takings()) == ("cancelled", "expired", NOTHING)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_lapses_has_expired_where_the_providers_event_comes_first(till: Till, provider: str) -> None:
    held = till.charge(provider=provider)
    for clock in (till.stuck.stripe.clock, till.square.clock):
        clock.offset += 7 * DAY + MINUTE
    till.square.state("payments")  # it looks at its clock when it is asked
    _hear(till, provider, "payment.updated CANCELED", "payment_intent.canceled")
    shown = till.shown(held.body["id"])
    assert (shown["status"], shown["reason"], till.takings()) == ("cancelled", "expired", NOTHING)
    assert till.stuck.types(held.body["id"]) == [*HISTORY, "payments.payment.cancelled"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_hold_whose_answer_was_lost_is_found(till: Till, provider: str) -> None:
    key = new_key()
    till.fault(provider, "drop")
    assert till.charge(key, provider=provider).body["outcome"] == "unknown"
    assert till.reconciled_later(6 * MINUTE)["repaired"] == {"unfinished_request": 1}
    again = till.charge(key, provider=provider)
    assert (again.status, again.body["outcome"], till.stuck.types(again.body["id"])) == (202, "authorized", HISTORY)
    assert (_take(again).state, till.takings()) == ("confirmed", NOTHING | {provider: 1})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_event_that_comes_before_the_answer_is_as_good(till: Till, provider: str) -> None:
    till.fault(provider, "drop")
    lost = till.charge(provider=provider)
    _hear(till, provider, "payment.created APPROVED", "payment_intent.amount_capturable_updated")
    assert till.stuck.types(lost.body["id"]) == HISTORY
    assert (_take(lost).state, till.takings()) == ("confirmed", NOTHING | {provider: 1})


DECLINED, SET_ASIDE = "payment_intent.payment_failed", "payment_intent.amount_capturable_updated"


def _second_card(till: Till) -> tuple[str, str]:
    """The buyer fails at the first card's bank, and confirms with another at Stripe: payment and intent."""
    held = till.charge(provider="stripe", sources={"stripe": "pm_card_threeDSecure2Required"}, returnUrl=BACK)
    intent = till.shown(held.body["id"])["providerReference"]
    till.stuck.stripe.control(f"payment_intents/{intent}/authenticate", outcome="failed")
    till.stuck.stripe.client.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    till.stuck.stripe.receiver.told(DECLINED, intent)
    till.stuck.stripe.receiver.told(SET_ASIDE, intent)
    return str(held.body["id"]), str(intent)


def _hear_only(till: Till, type_: str) -> None:
    receiver = till.stuck.stripe.receiver
    for body, header in zip(receiver.bodies, receiver.signatures, strict=True):
        if json.loads(body)["type"] == type_:
            assert till.stuck.deployed.webhook("stripe", body, header).status == 200
    till.stuck.deployed.apply_inbox()


def _status(till: Till, intent: str) -> str:
    return str(till.stuck.stripe.client.v1.payment_intents.retrieve(intent).status)


def test_the_decline_of_a_first_card_that_is_heard_last_ends_nothing(till: Till) -> None:
    payment, intent = _second_card(till)
    _hear_only(till, SET_ASIDE)
    _hear_only(till, DECLINED)
    assert (till.shown(payment)["status"], _status(till, intent)) == ("pending", "requires_capture")
    assert till.stuck.types(payment)[-1] == "payments.payment.approved"


def test_what_a_second_card_sets_aside_for_a_payment_that_has_failed_is_let_go(till: Till) -> None:
    payment, intent = _second_card(till)
    _hear_only(till, DECLINED)
    _hear_only(till, SET_ASIDE)
    assert (till.shown(payment)["status"], _status(till, intent)) == ("failed", "requires_capture")
    assert till.reconciled_later(5 * MINUTE)["repaired"] == {"parked_event": 1}
    assert (till.shown(payment)["status"], _status(till, intent)) == ("failed", "canceled")
    assert (till.reconciled_later(DAY)["found"], till.takings()) == ({}, NOTHING)


@pytest.mark.parametrize("first", ["refund.created", "payment_intent.canceled"])
def test_what_stripe_gives_back_of_a_hold_is_nothing_for_a_person(till: Till, first: str) -> None:
    """It was let go at the dashboard, and its refund is told before its end or after it."""
    held = till.charge(provider="stripe").body["id"]
    intent = till.shown(held)["providerReference"]
    till.stuck.stripe.client.v1.payment_intents.cancel(intent)
    told = ("refund.created", "payment_intent.canceled")
    for type_ in told:
        till.stuck.stripe.receiver.told(type_, intent)
    for type_ in sorted(told, key=lambda each: each != first):
        _hear_only(till, type_)
    till.stuck.deployed.apply_inbox()  # what waited is woken
    assert till.stuck.types(held) == [*HISTORY, "payments.payment.cancelled"]
    assert till.reconciled_later(DAY)["found"] == {}
    assert (till.shown(held)["refundable"], entries(till.stuck, "payment_refunded")) == (0, [])
