"""Taking what a buyer has agreed to: once, whatever dies on the way, and never once the payment has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_report, captured
from tests.support.checkout_world import CheckoutWorld, Killed, at_commit, kill
from tollgate.checkout.capturing import Capturing
from tollgate.checkout.ports import (
    Approved,
    CaptureOutcome,
    Closed,
    CloseOutcome,
    Declined,
    NothingToCapture,
    ProviderUnavailable,
    Rejected,
    Unknown,
)
from tollgate.kernel.access import Viewer
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Report

BUYER = Viewer("demo", "user-1")
TAKEN = Closed(captured())
# What a provider that ends no session answers to whoever gives it up.
GIVEN_UP: list[CloseOutcome] = [Approved(), Closed(Report(Fact.EXPIRED, NOW, yields=True))]


@pytest.fixture
def opened(world: CheckoutWorld) -> CheckoutWorld:
    world.create()
    world.provider.takes = lambda _: TAKEN
    return world


def _capturing(world: CheckoutWorld) -> Capturing:
    return Capturing({"stripe": world.provider}, world.recorder, world.clock)


def _take(world: CheckoutWorld) -> None:
    _capturing(world).take(world.payment())


def _cancel(world: CheckoutWorld) -> None:
    world.desk.cancel(BUYER, world.payment().id)


def _approve(world: CheckoutWorld) -> None:
    world.record(a_report(Fact.APPROVED))


def test_what_was_agreed_to_is_taken_and_confirms(opened: CheckoutWorld) -> None:
    _approve(opened)
    _take(opened)
    assert opened.payment().state is State.CONFIRMED
    _take(opened)
    assert len(opened.provider.taken) == 1


def test_nothing_is_taken_that_nobody_has_agreed_to(opened: CheckoutWorld) -> None:
    _take(opened)
    assert not opened.provider.taken


@pytest.mark.parametrize("outcome", [Unknown("timeout"), Rejected("NOT_ENABLED")])
def test_an_answer_that_says_nothing_leaves_it_waiting_under_the_same_key(
    opened: CheckoutWorld, outcome: CaptureOutcome
) -> None:
    _approve(opened)
    opened.provider.takes = lambda _: outcome
    with pytest.raises(ProviderUnavailable):
        _take(opened)
    opened.provider.takes = lambda _: TAKEN
    _take(opened)
    assert opened.payment().state is State.CONFIRMED
    assert len(set(opened.provider.taken)) == 1


def test_a_refused_try_leaves_the_page_open_and_the_next_has_a_key_of_its_own(opened: CheckoutWorld) -> None:
    _approve(opened)
    opened.provider.takes = lambda _: Declined("instrument_declined")
    _take(opened)
    assert opened.shown().session is not None
    assert (opened.payment().state, opened.payment().reason) == (State.PENDING, "instrument_declined")
    _take(opened)
    _approve(opened)
    opened.provider.takes = lambda _: TAKEN
    _take(opened)
    assert opened.payment().state is State.CONFIRMED
    assert len(opened.provider.taken) == len(set(opened.provider.taken)) == 2


def test_after_a_refused_try_nobody_takes_what_only_the_provider_calls_agreed(opened: CheckoutWorld) -> None:
    _approve(opened)
    opened.provider.takes = lambda _: Declined("instrument_declined")
    _take(opened)
    _capturing(opened).approve(opened.payment(), opened.provider.sessions.popitem()[1][1], NOW + timedelta(hours=1))
    assert (len(opened.provider.taken), opened.payment().approved) == (1, 0)


def test_money_that_takes_its_time_is_on_its_way(opened: CheckoutWorld) -> None:
    _approve(opened)
    opened.provider.takes = lambda _: Closed(Report(Fact.PROCESSING, NOW))
    _take(opened)
    assert opened.payment().state is State.PROCESSING


def test_a_provider_that_takes_by_itself_is_left_alone(opened: CheckoutWorld) -> None:
    _approve(opened)
    opened.provider.takes = lambda _: NothingToCapture()
    _take(opened)
    assert opened.payment().state is State.PENDING


@pytest.mark.parametrize("ending", GIVEN_UP)
def test_a_cancelled_payment_is_never_captured(opened: CheckoutWorld, ending: CloseOutcome) -> None:
    """Though the buyer agrees after it, or had agreed before anybody heard of it."""
    opened.provider.ending = ending
    _cancel(opened)
    _approve(opened)
    _take(opened)
    _capturing(opened).approve(opened.payment(), opened.provider.sessions.popitem()[1][1], NOW)
    assert opened.payment().state is State.CANCELLED
    assert not opened.provider.taken


@pytest.mark.parametrize("ending", GIVEN_UP)
def test_a_cancelling_that_asked_before_the_approval_was_stored_loses_to_it(
    opened: CheckoutWorld, ending: CloseOutcome
) -> None:
    """It reads, asks the provider, and writes; in between the approval is stored, and perhaps captured."""
    opened.provider.ending = ending
    opened.unit_of_work.before = at_commit(opened.unit_of_work.commits + 1, lambda: _interrupt(opened, _approve))
    with pytest.raises(InvalidTransition):
        _cancel(opened)
    _take(opened)
    assert opened.payment().state is State.CONFIRMED


def _interrupt(world: CheckoutWorld, act: Callable[[CheckoutWorld], None]) -> None:
    world.unit_of_work.before = lambda _: None
    act(world)


def test_a_cancelling_while_the_money_is_being_taken_loses(opened: CheckoutWorld) -> None:
    """The provider may still say that nothing was taken: the request is on its way."""
    _approve(opened)
    refused: list[InvalidTransition] = []

    def cancel() -> None:
        opened.provider.meanwhile = lambda: None
        for ending in (*GIVEN_UP, TAKEN):
            opened.provider.ending = ending
            with pytest.raises(InvalidTransition) as error:
                _cancel(opened)
            refused.append(error.value)

    opened.provider.meanwhile = cancel
    _take(opened)
    assert len(refused) == 3
    assert (opened.payment().state, opened.payment().review) == (State.CONFIRMED, None)


def test_a_cancelling_that_hears_of_the_capture_confirms_the_payment(opened: CheckoutWorld) -> None:
    _approve(opened)
    opened.provider.ending = TAKEN
    with pytest.raises(InvalidTransition):
        _cancel(opened)
    assert opened.payment().state is State.CONFIRMED


def test_killed_before_or_after_anything_it_is_taken_once(opened: CheckoutWorld) -> None:
    """Before the call, after the call and before what came of it is stored; then the message comes again."""
    _approve(opened)
    taken: set[str] = set()

    def dying(key: str) -> CaptureOutcome:
        if key not in taken:
            taken.add(key)
            raise Killed
        return TAKEN

    opened.provider.takes = dying
    with pytest.raises(Killed):
        _take(opened)
    opened.unit_of_work.before = at_commit(opened.unit_of_work.commits + 1, kill)
    with pytest.raises(Killed):
        _take(opened)
    opened.unit_of_work.before = lambda _: None
    _take(opened)
    assert opened.payment().state is State.CONFIRMED
    assert (len(taken), len(set(opened.provider.taken))) == (1, 1)


def test_what_the_provider_lost_ends_the_payment(opened: CheckoutWorld) -> None:
    _approve(opened)
    opened.provider.takes = lambda _: Closed(Report(Fact.EXPIRED, NOW))
    _take(opened)
    assert opened.payment().state is State.CANCELLED
