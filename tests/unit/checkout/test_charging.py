"""A charge at once takes money once at most, at one provider, and its end is learnt."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_pricing_item, captured
from tests.support.charge_world import CHALLENGE, HARD, PENDING, SOFT, ChargeWorld
from tests.support.checkout_world import Killed, kill
from tollgate.checkout.charge_ports import ChargeOutcome, ChargeRequest
from tollgate.checkout.ports import ProviderUnavailable, Rejected, Unknown, Unreachable
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import ValidationFailed
from tollgate.payments.declines import DeclineClass
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Report

LOST = Unknown("timeout")
DOWN = Unreachable("connection refused")


@pytest.fixture
def world() -> ChargeWorld:
    return ChargeWorld()


def body(answer: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer.body)
    return parsed


def test_money_that_is_taken_confirms_the_payment(world: ChargeWorld) -> None:
    answer = world.charge()
    assert (answer.status, body(answer)["outcome"], body(answer)["status"]) == (201, "succeeded", "confirmed")
    assert (world.payment().state, world.payment().direct, world.takings) == (State.CONFIRMED, True, 1)
    assert world.history() == ["payments.payment.created", "payments.purchase.confirmed"]


def test_the_same_request_again_takes_nothing_more(world: ChargeWorld) -> None:
    first, second = world.charge(), world.charge()
    assert (second.status, second.body, second.replayed) == (first.status, first.body, True)
    assert len(world.stripe.asked) == 1


@pytest.mark.parametrize(
    ("outcome", "reason", "kind"), [(SOFT, "insufficient_funds", "soft"), (HARD, "declined", "hard")]
)
def test_a_decline_says_what_may_be_done(world: ChargeWorld, outcome: ChargeOutcome, reason: str, kind: str) -> None:
    world.stripe.script = [outcome]
    answer = world.charge()
    assert (answer.status, body(answer)["code"]) == (402, "PAYMENT_DECLINED")
    assert body(answer)["decline"] == {"class": kind, "reason": reason}
    assert (world.payment().state, world.payment().reason) == (State.FAILED, reason)
    assert world.charge().replayed


def test_a_decline_goes_to_no_other_provider(world: ChargeWorld) -> None:
    world.stripe.script = [HARD]
    world.charge()
    assert world.square.asked == []


def test_a_provider_that_was_surely_not_reached_is_replaced(world: ChargeWorld) -> None:
    world.stripe.script = [DOWN]
    assert body(world.charge())["provider"] == "square"
    assert (world.takings, world.payment().passed) == (1, ("stripe",))
    assert world.history() == [
        "payments.payment.created",
        "payments.payment.rerouted",
        "payments.purchase.confirmed",
    ]


def test_an_answer_that_was_lost_goes_nowhere_else(world: ChargeWorld) -> None:
    world.stripe.script = [LOST]
    answer = world.charge()
    assert (answer.status, body(answer)["outcome"], body(answer)["status"]) == (202, "unknown", "pending")
    assert (world.payment().state, world.square.asked, world.stored_request().response) == (State.PENDING, [], None)


def test_whoever_asks_again_learns_what_became_of_it(world: ChargeWorld) -> None:
    world.stripe.script = [LOST]
    world.charge()
    assert body(world.charge())["outcome"] == "succeeded"
    assert world.takings == 1
    assert len(set(world.stripe.asked)) == 1


def test_after_a_lost_answer_not_even_a_refused_connection_lets_another_be_asked(world: ChargeWorld) -> None:
    world.stripe.script = [LOST, DOWN]
    world.charge()
    answer = world.charge()
    assert (answer.status, body(answer)["outcome"]) == (202, "unknown")
    assert world.square.asked == []


def test_killed_while_it_was_asked_not_even_a_refused_connection_lets_another_be_asked(world: ChargeWorld) -> None:
    world.stripe.meanwhile = kill
    with pytest.raises(Killed):
        world.charge()
    world.stripe.meanwhile, world.stripe.script = lambda: None, [DOWN]
    world.pass_time()
    answer = world.charge()
    assert (answer.status, body(answer)["outcome"]) == (202, "unknown")
    assert (world.square.asked, world.takings) == ([], 1)
    world.charge()
    assert (world.payment().state, world.takings) == (State.CONFIRMED, 1)


def test_while_surely_nothing_was_sent_it_is_said_and_whoever_works_is_asked(world: ChargeWorld) -> None:
    world.stripe.script, world.square.script = [DOWN, DOWN], [DOWN, DOWN, LOST]
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            world.charge()
    assert world.stored_request().unsent
    answer = world.charge()
    assert (answer.status, body(answer)["outcome"]) == (201, "succeeded")
    assert world.takings == 1


def test_once_something_was_sent_it_is_not_forgotten(world: ChargeWorld) -> None:
    world.stripe.script, world.square.script = [DOWN], [DOWN, LOST, DOWN]
    with pytest.raises(ProviderUnavailable):
        world.charge()
    assert [body(world.charge())["outcome"] for _ in range(3)] == ["unknown", "unknown", "succeeded"]
    assert (len(world.stripe.asked), world.takings) == (1, 1)


@pytest.mark.parametrize(("made", "outcome"), [(True, "succeeded"), (False, "unknown")])
def test_what_may_have_been_made_is_no_trouble_once_it_is_sold_no_more(
    world: ChargeWorld, made: bool, outcome: str
) -> None:
    world.stripe.script, world.stripe.lost = [LOST], not made
    world.charge()
    world.catalog.put(a_pricing_item(active=False))
    assert body(world.charge())["outcome"] == outcome
    assert len(world.stripe.asked) == 1


def test_only_the_providers_that_a_source_is_named_for_are_asked(world: ChargeWorld) -> None:
    world.stripe.script = [DOWN]
    with pytest.raises(ProviderUnavailable):
        world.charge(sources={"stripe": "pm_1"})
    assert world.square.asked == []
    with pytest.raises(ValidationFailed) as refused:
        world.charge(sources={"paypal": "x"}, key="6d7a2c3e-1f0c-4b5e-9a53-0f4f2f1c7a22")
    assert [each.field for each in refused.value.errors] == ["sources"]


def test_a_challenge_leads_the_buyer_to_a_page(world: ChargeWorld) -> None:
    world.stripe.script = [CHALLENGE]
    answer = world.charge(request=ChargeRequest({"stripe": "pm_1"}, return_url="https://shop.example/back"))
    assert (answer.status, body(answer)["outcome"]) == (202, "requires_action")
    assert body(answer)["nextAction"] == {"type": "redirect", "url": "https://bank.example/confirm"}
    world.record(captured("pi_1"))
    assert world.payment().state is State.CONFIRMED


def test_what_is_on_its_way_is_processing(world: ChargeWorld) -> None:
    world.stripe.script = [PENDING]
    answer = world.charge()
    assert (answer.status, body(answer)["outcome"], body(answer)["nextAction"]) == (202, "processing", None)


@pytest.mark.parametrize("first", [CHALLENGE, PENDING])
def test_the_same_request_again_learns_how_it_stands_by_then(world: ChargeWorld, first: ChargeOutcome) -> None:
    world.stripe.script = [first]
    answer, again = world.charge(), world.charge()
    assert (again.status, again.body, again.replayed) == (202, answer.body, True)
    world.record(captured("pi_1"))
    ended = world.charge()
    assert (ended.status, body(ended)["outcome"], ended.replayed) == (201, "succeeded", True)
    assert len(world.stripe.asked) == 1


def test_the_same_request_again_learns_that_it_was_declined(world: ChargeWorld) -> None:
    world.stripe.script = [PENDING]
    world.charge()
    told = Report(Fact.FAILED, NOW, reason="insufficient_funds", about="pi_1", decline=DeclineClass.SOFT)
    world.record(told)
    answer = world.charge()
    assert (answer.status, body(answer)["decline"]["reason"]) == (402, "insufficient_funds")


def test_a_refusal_of_what_we_ask_for_fails_it(world: ChargeWorld) -> None:
    world.stripe.script = [Rejected("amount_too_small")]
    answer = world.charge()
    assert (answer.status, body(answer)["code"], world.payment().reason) == (502, "PAYMENT_FAILED", "amount_too_small")


def test_a_declined_try_that_only_its_event_tells_of_is_the_end(world: ChargeWorld) -> None:
    """There is no page on which the buyer could try again."""
    world.stripe.script = [LOST]
    world.charge()
    world.record(Report(Fact.DECLINED, NOW, reason="card_declined"))
    assert world.payment().state is State.FAILED
    assert world.charge().status == 502


def test_an_event_that_tells_of_the_money_settles_it_sooner(world: ChargeWorld) -> None:
    world.stripe.script = [LOST]
    world.charge()
    world.record(captured())
    assert body(world.charge())["outcome"] == "succeeded"
    assert len(world.stripe.asked) == 1


def test_a_charge_of_unknown_outcome_cannot_be_cancelled(world: ChargeWorld) -> None:
    world.stripe.script = [LOST]
    world.charge()
    with pytest.raises(InvalidTransition):
        world.desk.cancel(Viewer("demo", "user-1"), world.payment().id)


def test_a_challenge_can_be_cancelled(world: ChargeWorld) -> None:
    world.stripe.script = [CHALLENGE]
    world.charge()
    cancelled = world.desk.cancel(Viewer("demo", "user-1"), world.payment().id)
    assert (cancelled.state, world.stripe.closed) == (State.CANCELLED, ["pi_1"])


@pytest.mark.parametrize("first", [None, LOST, DOWN])
@pytest.mark.parametrize("second", [None, LOST, DOWN])
@pytest.mark.parametrize("other", [None, LOST, DOWN])
def test_whatever_is_lost_money_is_taken_once_at_most_and_the_payment_tells_the_truth(
    world: ChargeWorld, first: ChargeOutcome | None, second: ChargeOutcome | None, other: ChargeOutcome | None
) -> None:
    world.stripe.script, world.square.script = [first, second], [other]
    for _ in range(3):
        try:
            world.charge()
        except ProviderUnavailable:
            continue
    world.pass_time(timedelta(hours=2))
    if world.stored_request().response is None:
        assert world.resume()
    assert world.takings <= 1
    assert (world.payment().state is State.CONFIRMED) == (world.takings == 1)
