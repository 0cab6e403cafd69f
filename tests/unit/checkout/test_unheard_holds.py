"""A buyer has confirmed, and that is not heard yet, or too late: it stands, or is let go, as whoever asks wants it."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tests.support.builders import a_report
from tests.support.charge_world import CHALLENGE
from tests.support.hold_world import BUYER, HELD, LET_GO, LOST, TAKEN, HoldWorld
from tollgate.checkout.charge_ports import LookedOutcome
from tollgate.checkout.ports import ProviderUnavailable, Rejected, Unreachable
from tollgate.payments.approvals import is_authorized
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Session


@pytest.fixture
def world() -> HoldWorld:
    made = HoldWorld()
    made.stripe.script = [CHALLENGE]
    made.hold()
    return made


def test_who_must_not_let_it_go_asks_for_what_is_not_heard_yet(world: HoldWorld) -> None:
    world.stripe.set_aside("pi_1", world.payment().due)
    with pytest.raises(InvalidTransition):
        world.desk.cancel(BUYER, world.payment().id, let_go=False)
    assert (world.end, world.stripe.closed, world.stripe.looked) == (HELD, [], 1)
    assert is_authorized(world.payment())
    world.hear()
    assert world.take().state is State.CONFIRMED


def test_who_must_not_let_it_go_calls_off_what_waits_for_its_buyer(world: HoldWorld) -> None:
    world.stripe.amounts["pi_1"] = world.payment().due
    assert world.desk.cancel(BUYER, world.payment().id, let_go=False).state is State.CANCELLED
    assert (world.stripe.closed, world.stripe.looked) == (["pi_1"], 1)


@pytest.mark.parametrize("answer", [LOST, Rejected("unknown"), Unreachable("no connection")])
def test_who_must_not_let_it_go_leaves_what_nobody_can_tell_of(world: HoldWorld, answer: LookedOutcome) -> None:
    with (
        patch.object(world.stripe, "look_at_charge", lambda _: answer),
        pytest.raises(ProviderUnavailable),
    ):
        world.desk.cancel(BUYER, world.payment().id, let_go=False)
    assert (world.payment().state, world.stripe.closed) == (State.PENDING, [])


@pytest.fixture
def late(world: HoldWorld) -> tuple[HoldWorld, Session]:
    """The buyer's second card sets money aside when the first has ended the payment."""
    world.record(a_report(Fact.DECLINED))
    return world, world.stripe.set_aside("pi_1", world.payment().due).session


def test_it_is_let_go_and_the_payment_stays_as_it_ended(late: tuple[HoldWorld, Session]) -> None:
    world, session = late
    for _ in range(2):
        assert world.holds.let_go_late(world.payment(), session).state is State.FAILED
    assert world.end == LET_GO


def test_an_answer_that_says_nothing_is_asked_for_again(late: tuple[HoldWorld, Session]) -> None:
    world, session = late
    world.stripe.answers = [LOST]
    with pytest.raises(ProviderUnavailable):
        world.holds.let_go_late(world.payment(), session)
    assert world.holds.let_go_late(world.payment(), session).state is State.FAILED


def test_what_somebody_took_first_is_for_review(late: tuple[HoldWorld, Session]) -> None:
    world, session = late
    world.stripe.kept[session.reference] = TAKEN
    assert world.holds.let_go_late(world.payment(), session).review == "late_capture"
