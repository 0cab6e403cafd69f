"""A provider that does not answer costs no sale, and no sale is ever paid at two of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_provider_event, captured
from tests.support.checkout_world import CheckoutWorld, Killed, ScriptedProvider, at_commit, kill
from tollgate.checkout.ports import (
    Lookup,
    NoRecovery,
    OpenOutcome,
    ProviderUnavailable,
    Recovery,
    Rejected,
    Unknown,
    Unreachable,
)
from tollgate.inbox.model import Notice, Outcome, ProviderEvent
from tollgate.inbox.ports import EventReader
from tollgate.inbox.service import InboxService
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.idempotency import LEASE
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Report

SILENT = [
    pytest.param(Unreachable("connection refused"), id="refused"),
    pytest.param(Unreachable("401", credentials_refused=True), id="credentials"),
    pytest.param(Unknown("timeout"), id="timeout"),
    pytest.param(Unknown("500", key_spent=True), id="broken"),
]
HISTORY = ["payments.payment.created", "payments.payment.rerouted", "payments.checkout.opened"]


@pytest.fixture
def other() -> ScriptedProvider:
    return ScriptedProvider("square")


@pytest.fixture
def world(other: ScriptedProvider) -> CheckoutWorld:
    return CheckoutWorld(others=(other,))


@pytest.mark.parametrize("silence", SILENT)
def test_the_next_provider_serves(world: CheckoutWorld, other: ScriptedProvider, silence: OpenOutcome) -> None:
    world.provider.script = [silence]
    answer = world.create()
    assert answer.status == 201
    assert json.loads(answer.body)["provider"] == "square"
    payment = world.shown()
    assert (payment.provider, payment.passed, payment.route) == ("square", ("stripe",), "failover")
    assert payment.session is not None
    assert payment.session.url == next(iter(other.sessions.values()))[1].url
    assert world.history() == HISTORY


def test_the_event_says_who_was_left_and_why(world: CheckoutWorld) -> None:
    world.provider.script = [Unknown("timeout")]
    world.create()
    event = next(each for each in world.store.of("event") if each.type == "payments.payment.rerouted")
    assert (event.data["provider"], event.data["left"], event.data["reason"]) == ("square", "stripe", "unknown")


def test_the_payment_is_reckoned_with_the_next_providers_fee(world: CheckoutWorld) -> None:
    world.provider.script = [Unreachable("refused")]
    world.create()
    assert world.payment().provider_fee == 175  # 2.9 % + $0.30 of $50


def test_each_provider_is_asked_under_a_key_of_its_own(world: CheckoutWorld, other: ScriptedProvider) -> None:
    world.provider.script = [Unknown("timeout")]
    world.create()
    assert [key for _, key in world.provider.opened] != [key for _, key in other.opened]


def test_a_provider_that_was_asked_for_is_not_replaced(world: CheckoutWorld, other: ScriptedProvider) -> None:
    world.provider.script = [Unreachable("refused")]
    with pytest.raises(ProviderUnavailable):
        world.create(provider="stripe")
    assert other.opened == []


def test_a_refusal_of_what_we_ask_for_is_an_answer(world: CheckoutWorld, other: ScriptedProvider) -> None:
    world.provider.script = [Rejected("amount_too_small")]
    world.create()
    assert (world.payment().state, world.payment().provider, other.opened) == (State.FAILED, "stripe", [])


def test_where_nobody_answers_the_request_may_come_again_and_goes_on(
    world: CheckoutWorld, other: ScriptedProvider
) -> None:
    world.provider.script, other.script = [Unreachable("refused")], [Unreachable("refused")]
    with pytest.raises(ProviderUnavailable):
        world.create()
    assert world.create().status == 201
    assert world.payment().provider == "square"


def test_the_next_try_may_go_back_to_the_first(world: CheckoutWorld, other: ScriptedProvider) -> None:
    world.provider.script, other.script = [Unreachable("refused")], [Unreachable("refused"), Unreachable("refused")]
    with pytest.raises(ProviderUnavailable):
        world.create()
    assert world.create().status == 201
    payment = world.payment()
    assert (payment.provider, payment.passed) == ("stripe", ("stripe", "square"))


def test_a_provider_that_would_refuse_the_parameters_is_passed_over(world: CheckoutWorld) -> None:
    class Picky(ScriptedProvider):
        def parameters(self, *_: object) -> str:
            raise ValidationFailed([])

    world = CheckoutWorld(others=(Picky("picky"), ScriptedProvider("square")))
    world.provider.script = [Unreachable("refused")]
    world.create()
    assert world.payment().provider == "square"


def test_without_time_for_another_the_next_try_asks(world: CheckoutWorld, other: ScriptedProvider) -> None:
    world.provider.script = [Unknown("timeout")]
    world.provider.meanwhile = lambda: world.clock.advance(LEASE / 2 + timedelta(seconds=1))
    with pytest.raises(ProviderUnavailable):
        world.create()
    assert other.opened == []


@pytest.mark.parametrize("commit", [2, 3])
def test_killed_around_the_change_the_next_try_finishes_with_one_page(
    world: CheckoutWorld, other: ScriptedProvider, commit: int
) -> None:
    world.provider.script = [Unknown("timeout")]
    world.unit_of_work.before = at_commit(commit, kill)
    world.killed()
    world.clock.advance(LEASE)
    assert world.create().status == 201
    pages = len(other.sessions) if world.payment().provider == "square" else len(world.provider.sessions)
    assert pages == 1


def test_killed_while_the_next_provider_works_the_next_try_replays_it(
    world: CheckoutWorld, other: ScriptedProvider
) -> None:
    world.provider.script = [Unknown("timeout")]
    other.meanwhile = kill
    with pytest.raises(Killed):
        world.create()
    other.meanwhile = lambda: None
    world.clock.advance(LEASE)
    assert world.create().status == 201
    assert (len(other.sessions), len(other.opened)) == (1, 2)
    assert world.history() == HISTORY


@pytest.mark.parametrize("recovery", [Lookup(), NoRecovery(timedelta(hours=1))])
def test_what_nobody_can_tell_of_a_page_keeps_no_buyer_waiting(world: CheckoutWorld, recovery: Recovery) -> None:
    world.provider.declared, world.provider.found = recovery, Unknown("timeout")
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(LEASE)
    world.create()
    assert world.payment().provider == "square"


def test_cancelled_meanwhile_nobody_else_is_asked(world: CheckoutWorld, other: ScriptedProvider) -> None:
    world.provider.script = [Unknown("timeout")]
    world.provider.meanwhile = lambda: world.record(Report(Fact.CANCELLED, NOW, reason="requested"))
    world.create()
    assert (world.payment().state, world.payment().provider, other.opened) == (State.CANCELLED, "stripe", [])


def test_whoever_finishes_it_in_the_callers_place_asks_the_same_provider(
    world: CheckoutWorld, other: ScriptedProvider
) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(LEASE)
    (record,) = world.store.of("idempotency")
    world.provider.script = [Unreachable("refused")]
    with pytest.raises(ProviderUnavailable):
        world.opening.resume(record)
    assert other.opened == []


class Saying(EventReader):
    """Reads the same out of every event."""

    def __init__(self, report: Report, payment_id: str) -> None:
        self._notice = Notice(report, "demo", payment_id, None)

    def read(self, event: ProviderEvent) -> Notice:
        return self._notice


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (Report(Fact.EXPIRED, NOW, about="cs_1"), Outcome.STALE),
        (Report(Fact.DECLINED, NOW), Outcome.STALE),
        (captured(), Outcome.FAILED),
    ],
)
def test_what_the_first_provider_tells_afterwards_changes_nothing(
    world: CheckoutWorld, report: Report, outcome: Outcome
) -> None:
    """Money that it says it took is for a person: it had a page that nobody could know."""
    world.provider.script = [Unknown("timeout")]
    world.create()
    before = world.payment()
    inbox = InboxService(
        inbox=world.inbox,
        payments=world.payments,
        recorder=world.recorder,
        readers={"stripe": Saying(report, before.id)},
        unit_of_work=world.unit_of_work,
        clock=world.clock,
    )
    event = a_provider_event()
    world.inbox.accept(event)
    assert inbox.apply(event) is outcome
    assert world.payment() == before
