"""Setting money aside: once, at a provider that can; elsewhere it is taken as ever."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.charge_world import CHALLENGE, HARD, PENDING, ScriptedCharges
from tests.support.checkout_world import Killed, kill
from tests.support.hold_world import HELD, LET_GO, LOST, UNTIL, HoldWorld
from tollgate.checkout.ports import Unreachable
from tollgate.payments.approvals import is_authorized
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Report
from tollgate.payments.ports import PaymentKey

DOWN = Unreachable("connection refused")
HISTORY = ["payments.payment.created", "payments.payment.approved"]


@pytest.fixture
def world() -> HoldWorld:
    return HoldWorld()


def body(answer: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer.body)
    return parsed


def _is_set_aside(world: HoldWorld) -> bool:
    payment = world.payment()
    kept = payment.session is not None and payment.session.expires_at == UNTIL
    return kept and is_authorized(payment) and world.history() == HISTORY and world.end == HELD


def test_money_is_set_aside_and_the_answer_says_so(world: HoldWorld) -> None:
    answer = world.hold()
    assert (answer.status, body(answer)["outcome"], body(answer)["status"]) == (202, "authorized", "pending")
    assert body(answer)["nextAction"] is None
    assert _is_set_aside(world)
    payment = world.payment()
    assert payment.session is not None
    assert world.payments.find("stripe", payment.session.reference) == PaymentKey(payment.tenant, payment.id)


def test_the_same_request_again_sets_nothing_more_aside_and_hears_what_came_of_it(world: HoldWorld) -> None:
    first, second = world.hold(), world.hold()
    assert (second.status, second.body, second.replayed) == (202, first.body, True)
    assert len(world.stripe.asked) == 1
    world.take()
    assert (world.hold().status, body(world.hold())["outcome"]) == (201, "succeeded")


def test_the_same_request_again_hears_that_it_was_let_go(world: HoldWorld) -> None:
    world.hold()
    world.let_go()
    assert (world.hold().status, body(world.hold())["code"]) == (409, "INVALID_STATE")


def test_without_the_wish_money_is_taken_at_once(world: HoldWorld) -> None:
    assert body(world.charge())["outcome"] == "succeeded"
    assert not world.payment().hold


def test_a_provider_that_cannot_takes_it_at_once(world: HoldWorld) -> None:
    answer = world.hold(sources={"square": "cnon:1"})
    assert (answer.status, body(answer)["outcome"]) == (201, "succeeded")
    assert (world.payment().hold, world.square.takings) == (False, 1)


def test_whether_it_is_held_follows_the_provider_that_is_asked_in_its_place(world: HoldWorld) -> None:
    world.stripe.script = [DOWN]
    assert body(world.hold())["outcome"] == "succeeded"
    assert (world.payment().provider, world.payment().hold) == ("square", False)


def test_a_provider_that_can_holds_in_the_place_of_one_that_cannot(world: HoldWorld) -> None:
    cannot = ScriptedCharges()
    cannot.script = [DOWN]
    world.charges |= {"stripe": cannot, "square": world.stripe}
    world.opening = world.another_opening()
    assert body(world.hold())["outcome"] == "authorized"
    assert (world.payment().provider, world.payment().hold) == ("square", True)


def test_a_decline_sets_nothing_aside(world: HoldWorld) -> None:
    world.stripe.script = [HARD]
    assert (world.hold().status, world.payment().state) == (402, State.FAILED)


def test_what_the_provider_took_all_the_same_is_paid(world: HoldWorld) -> None:
    world.stripe.holds = False
    world.hold()
    assert (world.payment().state, world.take()) == (State.CONFIRMED, world.payment())
    assert not world.stripe.captured


@pytest.mark.parametrize("heard", ["never", "while it is asked", "before it is asked again"])
def test_an_answer_that_was_lost_is_found_by_who_asks_again(world: HoldWorld, heard: str) -> None:
    world.stripe.script = [LOST]
    world.stripe.meanwhile = world.hear if heard == "while it is asked" else lambda: None
    assert body(world.hold())["outcome"] == "unknown"
    world.stripe.meanwhile = lambda: None
    if heard == "before it is asked again":
        world.hear()
    assert body(world.hold())["outcome"] == "authorized"
    assert len(set(world.stripe.asked)) == 1
    assert _is_set_aside(world)


def test_an_answer_that_was_lost_is_found_where_nobody_asks_again(world: HoldWorld) -> None:
    world.stripe.script = [LOST]
    world.hold()
    world.pass_time(timedelta(minutes=5))
    assert world.resume()
    assert _is_set_aside(world)
    assert body(world.hold())["outcome"] == "authorized"


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_killed_before_it_was_stored_it_is_found(world: HoldWorld, heard: bool, waits: bool) -> None:
    world.stripe.meanwhile = kill
    with pytest.raises(Killed):
        world.hold()
    world.stripe.meanwhile = lambda: None
    if heard:
        world.hear()
    world.pass_time(timedelta(minutes=5))
    assert body(world.hold())["outcome"] == "authorized" if waits else world.resume()
    assert _is_set_aside(world)
    assert len(world.stripe.asked) <= 2


def test_its_event_may_come_before_the_answer_and_after_it(world: HoldWorld) -> None:
    world.stripe.meanwhile = world.hear
    answer = world.hold()
    world.hear()
    assert (answer.status, body(answer)["outcome"]) == (202, "authorized")
    assert _is_set_aside(world)


def test_what_is_set_aside_for_a_payment_that_has_failed_is_let_go(world: HoldWorld) -> None:
    world.stripe.meanwhile = lambda: world.record(Report(Fact.FAILED, world.clock.now()))
    world.hold()
    assert (world.payment().state, world.end) == (State.FAILED, LET_GO)


def test_a_buyer_who_confirms_has_money_set_aside_and_no_page_any_more(world: HoldWorld) -> None:
    world.stripe.script = [CHALLENGE]
    assert body(world.hold())["outcome"] == "requires_action"
    world.stripe.set_aside("pi_1", world.payment().due)
    world.hear()
    answer = body(world.hold())
    assert (answer["outcome"], answer["nextAction"]) == ("authorized", None)
    assert world.payment().state is State.PENDING


def test_what_is_on_its_way_is_set_aside_once_that_is_told(world: HoldWorld) -> None:
    world.stripe.script = [PENDING]
    assert body(world.hold())["outcome"] == "processing"
    world.stripe.set_aside("pi_1", world.payment().due)
    world.hear()
    assert body(world.hold())["outcome"] == "authorized"
