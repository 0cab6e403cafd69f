"""The provider's webhook may be faster than the answer to our own call."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.builders import NOW, a_report, captured, usd
from tests.support.checkout_world import CheckoutWorld, a_wish, at_commit, kill
from tollgate.checkout.ports import Closed, Rejected
from tollgate.checkout.presentation import present
from tollgate.kernel.access import Viewer
from tollgate.kernel.idempotency import LEASE
from tollgate.payments.lifecycle import Fact, State

OWNER = Viewer("demo", "user-1")


def test_confirmed_first_stays_confirmed_and_learns_its_session(world: CheckoutWorld) -> None:
    world.provider.meanwhile = lambda: world.record(captured())
    response = world.create()
    payment = world.payment()
    assert json.loads(response.body)["status"] == "confirmed"
    assert payment.state is State.CONFIRMED
    assert payment.session is not None
    assert world.history() == [
        "payments.payment.created",
        "payments.purchase.confirmed",
        "payments.checkout.opened",
    ]
    assert world.create() == response.replay()
    assert not world.provider.closed


def test_confirmed_between_our_read_and_our_write_stays_confirmed(world: CheckoutWorld) -> None:
    world.unit_of_work.before = at_commit(2, lambda: world.record(captured()))
    world.create()
    assert world.payment().state is State.CONFIRMED
    assert world.payment().version == 3


@pytest.mark.parametrize("fact", [Fact.PROCESSING, Fact.DECLINED])
def test_what_was_reported_first_is_kept(world: CheckoutWorld, fact: Fact) -> None:
    world.provider.meanwhile = lambda: world.record(a_report(fact))
    world.create()
    payment = world.payment()
    assert payment.state is (State.PROCESSING if fact is Fact.PROCESSING else State.PENDING)
    assert payment.session is not None


def test_cancelled_meanwhile_the_session_is_closed_at_the_provider(world: CheckoutWorld) -> None:
    world.provider.meanwhile = lambda: world.desk.cancel(OWNER, world.payment().id)
    response = world.create()
    payment = world.payment()
    assert payment.state is State.CANCELLED
    assert world.provider.closed == ["cs_1"]
    shown = json.loads(response.body)
    assert (shown["status"], shown["checkoutUrl"]) == ("cancelled", None)


def test_money_that_was_taken_on_a_page_that_nobody_wanted_any_more_is_recorded(world: CheckoutWorld) -> None:
    world.provider.meanwhile = lambda: world.desk.cancel(OWNER, world.payment().id)
    world.provider.ending = Closed(captured())
    world.create()
    assert (world.payment().state, world.payment().review) == (State.CANCELLED, "late_capture")


def test_a_refusal_does_not_fail_what_was_paid_meanwhile(world: CheckoutWorld) -> None:
    world.provider.script = [Rejected("resource_missing")]
    world.provider.meanwhile = lambda: world.record(captured())
    world.create()
    assert world.payment().state is State.CONFIRMED


def test_paid_while_nobody_worked_on_it_the_next_try_answers_without_the_provider(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.record(captured())
    world.clock.advance(LEASE)
    response = world.create()
    assert json.loads(response.body)["status"] == "confirmed"
    assert len(world.provider.opened) == 1
    assert world.create() == response.replay()


def test_cancelled_while_nobody_worked_on_it_the_next_try_says_so(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.desk.cancel(OWNER, world.payment().id)
    world.clock.advance(LEASE)
    assert world.create().status == 409
    assert len(world.provider.opened) == 1


def test_a_wrong_amount_meanwhile_is_held_and_the_checkout_is_answered(world: CheckoutWorld) -> None:
    world.provider.meanwhile = lambda: world.record(captured(amount=usd(1)))
    assert world.create().status == 201
    assert (world.payment().state, world.payment().review) == (State.PENDING, "amount_mismatch")


def test_money_that_came_before_the_providers_memory_ended_is_not_abandoned(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.record(captured(amount=usd(1)))
    world.clock.advance(world.provider.window)
    world.create()
    assert (world.payment().state, world.payment().review) == (State.PENDING, "amount_mismatch")


def test_the_answer_is_about_the_payment_as_it_was_stored(world: CheckoutWorld) -> None:
    """What is kept for replays says the same as the payment at that moment."""
    world.unit_of_work.before = at_commit(2, lambda: world.record(a_report(Fact.DECLINED)))
    response = world.create()
    assert json.loads(response.body) == present(world.shown())
    assert world.another_opening().create(replace(a_wish()), present) == response.replay()
    assert world.payment().created_at == NOW
