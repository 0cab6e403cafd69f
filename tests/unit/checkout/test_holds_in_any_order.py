"""Whatever is asked, lost, killed, told late or twice: what is set aside ends once, and the payment ends as it does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.charge_world import CHALLENGE, HARD
from tests.support.checkout_world import Killed, at_commit, kill
from tests.support.hold_world import HELD, LET_GO, LOST, TAKEN, UNTIL, HoldWorld
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment, Report

# What befalls a call of ours: nothing, an answer that is lost, and the end of the function at three places.
FATES = st.sampled_from(["none", "none", "none", "lost", "arriving", "leaving", "storing"])


class AnyOrder(RuleBasedStateMachine):
    """One hold, those who want something of it, and a memory of what the provider has told so far."""

    @initialize(begun=st.sampled_from(["answered", "lost", "confirmed"]))
    def begin(self, begun: str) -> None:
        self.world = HoldWorld()
        self.ends: list[str] = []
        self.told: list[Report] = []
        self.read: list[Payment] = []
        if begun == "confirmed":
            self.world.stripe.script = [CHALLENGE]
            self.world.hold()
            self.world.stripe.set_aside("pi_1", self.world.payment().due)
        else:
            self.world.stripe.script = [LOST] if begun == "lost" else []
            self.world.hold()
        self._tell()

    def _tell(self) -> None:
        """The provider tells what is so now; its event may come at any time, or never."""
        if not self.ends or self.ends[-1] != self.world.end:
            self.ends.append(self.world.end)
            (reference,) = self.world.stripe.kept
            self.told.append(self.world.stripe.told(reference))
        self.read.append(self.world.payment())

    def _befallen(self, fate: str, act: Callable[[], object]) -> None:
        world = self.world
        world.stripe.answers = [LOST] if fate == "lost" else []
        if fate == "storing":
            world.unit_of_work.before = at_commit(world.unit_of_work.commits + 1, kill)
        elif fate in ("arriving", "leaving"):
            setattr(world.stripe, fate, kill)
        with suppress(ProviderUnavailable, InvalidTransition, Killed):
            act()
        world.stripe.answers, world.unit_of_work.before = [], lambda _: None
        world.stripe.arriving = world.stripe.leaving = lambda: None
        self._tell()

    @rule(fate=FATES, refuses=st.integers(0, 5), stale=st.integers(0, 100))
    def take(self, fate: str, refuses: int, stale: int) -> None:
        """As the payment is, or was when somebody read it."""
        self.world.stripe.refuses = HARD if refuses == 0 else None
        self._befallen(fate, lambda: self.world.holds.take(self.read[-1 - stale % len(self.read)]))
        self.world.stripe.refuses = None

    @rule(fate=FATES)
    def let_go(self, fate: str) -> None:
        self._befallen(fate, self.world.let_go)

    @rule(which=st.integers(0, 100))
    def hear(self, which: int) -> None:
        self.world.record(self.told[which % len(self.told)])
        self._tell()

    @rule()
    def ask_again(self) -> None:
        self.world.pass_time(timedelta(minutes=1))
        self.world.hold()
        self._tell()

    @rule(fate=FATES)
    def reconcile(self, fate: str) -> None:
        self._befallen(fate, self.world.reconcile)

    @rule(hours=st.integers(1, 60))
    def pass_time(self, hours: int) -> None:
        self.world.clock.advance(timedelta(hours=hours))
        (reference,) = self.world.stripe.kept
        if self.world.clock.now() >= UNTIL and self.world.end == HELD:
            self.world.stripe.kept[reference] = LET_GO
        self._tell()

    @invariant()
    def it_ends_once(self) -> None:
        assert self.ends in ([HELD], [HELD, TAKEN], [HELD, LET_GO])

    @invariant()
    def nothing_is_said_that_is_not_so(self) -> None:
        payment = self.world.payment()
        assert payment.review is None
        assert len(payment.captures) == (payment.state is State.CONFIRMED)
        assert payment.state is not State.CONFIRMED or self.world.end == TAKEN
        assert payment.state not in (State.CANCELLED, State.FAILED) or self.world.end == LET_GO

    def teardown(self) -> None:
        """In the end somebody asks once more. The reconciler may learn of it in one run, and close it in the next."""
        self.world.hold()
        self.world.clock.advance(timedelta(days=8))
        self.world.reconcile()
        self.world.reconcile()
        ended = (State.CONFIRMED,) if self.world.end == TAKEN else (State.CANCELLED, State.FAILED)
        assert self.world.payment().state in ended


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
