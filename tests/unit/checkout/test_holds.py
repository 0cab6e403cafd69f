"""What is set aside is taken or let go: one of the two, once, and the payment tells which."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.support.builders import a_report
from tests.support.charge_world import CHALLENGE, HARD, PENDING
from tests.support.checkout_world import Killed, at_commit, kill
from tests.support.hold_world import BUYER, HELD, LET_GO, LOST, TAKEN, HoldWorld
from tollgate.checkout.capturing import Capturing
from tollgate.checkout.charge_ports import TakeOutcome
from tollgate.checkout.ports import ProviderUnavailable, Rejected, Unreachable
from tollgate.payments.approvals import is_authorized
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Payment


@pytest.fixture
def world() -> HoldWorld:
    made = HoldWorld()
    made.hold()
    return made


class TestTaking:
    def test_it_is_taken_when_somebody_says_so(self, world: HoldWorld) -> None:
        assert world.take().state is State.CONFIRMED
        assert world.tells_the_truth

    def test_twice_is_once(self, world: HoldWorld) -> None:
        before = world.payment()
        world.take()
        assert world.holds.take(before).state is State.CONFIRMED
        assert world.take().state is State.CONFIRMED
        assert len(world.stripe.captured) == 2, "who knows that it was taken asks nobody"
        assert world.history()[2:] == ["payments.purchase.confirmed"]

    def test_nobody_else_takes_it(self, world: HoldWorld) -> None:
        """As those do who take what was approved on a page."""
        payment = world.payment()
        capturing = Capturing(world.providers, world.recorder, world.clock)
        assert capturing.take(payment) == payment
        assert not world.provider.taken
        assert not world.stripe.captured

    @pytest.mark.parametrize("answer", [LOST, Rejected("not_enabled"), Unreachable("no connection")])
    def test_an_answer_that_says_nothing_is_asked_for_again(self, world: HoldWorld, answer: TakeOutcome) -> None:
        """Whether or not the money was taken."""
        world.stripe.answers = [answer]
        with pytest.raises(ProviderUnavailable):
            world.take()
        assert world.payment().state is State.PENDING
        assert world.take().state is State.CONFIRMED
        assert world.tells_the_truth

    def test_who_must_not_let_it_go_finds_it_set_aside(self, world: HoldWorld) -> None:
        with pytest.raises(InvalidTransition):
            world.desk.cancel(BUYER, world.payment().id, let_go=False)
        assert (world.end, world.stripe.closed) == (HELD, [])

    def test_an_answer_that_was_lost_is_heard_by_event(self, world: HoldWorld) -> None:
        world.stripe.answers = [LOST]
        with pytest.raises(ProviderUnavailable):
            world.take()
        world.hear()
        assert world.tells_the_truth
        assert world.take().state is State.CONFIRMED
        assert len(world.stripe.captured) == 1

    @pytest.mark.parametrize("where", ["arriving", "leaving", "storing"])
    def test_killed_anywhere_it_is_taken_once(self, world: HoldWorld, where: str) -> None:
        if where == "storing":
            world.unit_of_work.before = at_commit(world.unit_of_work.commits + 1, kill)
        else:
            setattr(world.stripe, where, kill)
        with pytest.raises(Killed):
            world.take()
        world.unit_of_work.before = lambda _: None
        world.stripe.arriving = world.stripe.leaving = lambda: None
        world.take()
        assert world.tells_the_truth
        assert world.end == TAKEN

    def test_what_the_bank_will_not_pay_has_failed_and_stays_set_aside_for_nothing(self, world: HoldWorld) -> None:
        world.stripe.refuses = HARD
        failed = world.take()
        assert (failed.state, failed.reason, failed.decline) == (State.FAILED, "declined", HARD.decline.class_)
        assert world.end == LET_GO
        world.hear()
        assert (world.take().state, len(world.stripe.captured)) == (State.FAILED, 1)

    def test_a_decline_whose_letting_go_is_not_answered_is_asked_again(self, world: HoldWorld) -> None:
        world.stripe.refuses, world.stripe.answers = HARD, [LOST]
        with pytest.raises(ProviderUnavailable):
            world.take()
        assert world.payment().state is State.PENDING
        assert world.take().state is State.CANCELLED
        assert world.end == LET_GO

    def test_a_decline_that_another_try_has_overtaken_is_none(self, world: HoldWorld) -> None:
        """Both asked; the bank refused one, and paid to the other before that let go of it."""

        def another() -> None:
            world.stripe.arriving = lambda: None
            world.stripe.refuses = None
            world.take()

        def first() -> None:
            world.stripe.arriving = another

        world.stripe.refuses, world.stripe.arriving = HARD, first
        assert world.take().state is State.CONFIRMED
        assert world.tells_the_truth
        assert (len(world.stripe.captured), len(world.stripe.closed)) == (2, 1)

    def test_what_has_lapsed_is_cancelled(self, world: HoldWorld) -> None:
        (reference,) = world.stripe.kept
        world.stripe.kept[reference] = LET_GO
        assert (world.take().state, world.payment().reason) == (State.CANCELLED, "expired")

    def test_nothing_is_taken_of_what_is_not_set_aside(self) -> None:
        other = HoldWorld()
        other.stripe.script = [CHALLENGE]
        other.hold()
        assert other.take().state is State.PENDING
        assert not other.stripe.captured


class TestLettingGo:
    def test_it_is_let_go_before_the_payment_is_cancelled_and_twice_is_fine(self, world: HoldWorld) -> None:
        for _ in range(2):
            assert (world.let_go().state, world.payment().reason) == (State.CANCELLED, "requested")
        assert len(world.stripe.closed) == 1
        assert world.tells_the_truth

    def test_an_answer_that_says_nothing_is_asked_for_again(self, world: HoldWorld) -> None:
        world.stripe.answers = [LOST]
        with pytest.raises(ProviderUnavailable):
            world.let_go()
        assert is_authorized(world.payment())
        assert world.let_go().state is State.CANCELLED

    @pytest.mark.parametrize("where", ["arriving", "leaving", "storing"])
    def test_killed_anywhere_it_is_let_go(self, world: HoldWorld, where: str) -> None:
        if where == "storing":
            world.unit_of_work.before = at_commit(world.unit_of_work.commits + 1, kill)
        else:
            setattr(world.stripe, where, kill)
        with pytest.raises(Killed):
            world.let_go()
        world.unit_of_work.before = lambda _: None
        world.stripe.arriving = world.stripe.leaving = lambda: None
        world.let_go()
        assert world.tells_the_truth
        assert world.end == LET_GO

    def test_what_was_on_its_way_before_it_was_set_aside_is_let_go_as_well(self) -> None:
        world = HoldWorld()
        world.stripe.script = [PENDING]
        world.hold()
        world.record(a_report(Fact.PROCESSING))
        world.stripe.set_aside("pi_1", world.payment().due)
        world.hear()
        assert world.payment().state is State.PROCESSING
        assert world.let_go().state is State.CANCELLED
        assert world.tells_the_truth

    def test_what_was_taken_is_not_let_go(self, world: HoldWorld) -> None:
        world.take()
        with pytest.raises(InvalidTransition):
            world.let_go()
        assert world.tells_the_truth
        assert not world.stripe.closed


type Act = Callable[[HoldWorld, Payment], object]


def _take(world: HoldWorld, read: Payment) -> None:
    world.holds.take(read)


def _let_go(world: HoldWorld, read: Payment) -> None:
    try:
        world.desk.cancel(BUYER, read.id)
    except InvalidTransition:
        return


def _quietly(act: Act, world: HoldWorld) -> None:
    """As a whole, and with nothing in between."""
    world.unit_of_work.before = lambda _: None
    world.stripe.arriving = world.stripe.leaving = lambda: None
    with suppress(ProviderUnavailable):
        act(world, world.payment())


def _once(where: str, world: HoldWorld, act: Callable[[], None]) -> None:
    """At this point of whatever is done next; `reading` is past."""
    match where:
        case "reading":
            act()
        case "storing":
            world.unit_of_work.before = at_commit(world.unit_of_work.commits + 1, act)
        case _:
            setattr(world.stripe, where, act)


@pytest.mark.parametrize("lost", ["neither", "first", "second"])
@pytest.mark.parametrize("heard", ["never", "in between", "afterwards"])
@pytest.mark.parametrize("where", ["reading", "arriving", "leaving", "storing"])
@pytest.mark.parametrize(("first", "second"), [(_take, _let_go), (_let_go, _take), (_take, _take), (_let_go, _let_go)])
def test_taking_and_letting_go_at_once_do_one_of_the_two_and_the_payment_tells_which(
    world: HoldWorld, first: Act, second: Act, where: str, heard: str, lost: str
) -> None:
    """The second acts as a whole at some point of the first; its event may come in between, and answers may be lost."""

    def meanwhile() -> None:
        answers, world.stripe.answers = world.stripe.answers, [LOST] if lost == "second" else []
        _quietly(second, world)
        if heard == "in between":
            world.hear()
        world.stripe.answers = answers

    read = world.payment()
    world.stripe.answers = [LOST] if lost == "first" else []
    _once(where, world, meanwhile)
    with suppress(ProviderUnavailable):
        first(world, read)
    if heard == "afterwards":
        world.hear()
    world.stripe.answers = []
    _quietly(first, world)
    assert world.end in (TAKEN, LET_GO)
    assert world.tells_the_truth
    world.hear()
    assert world.tells_the_truth
