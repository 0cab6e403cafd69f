"""Whatever instances see, in whatever order: one circuit, one probe at a time, and a story that makes sense."""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.health_world import HealthWorld
from tollgate.kernel.errors import WriteOutcomeUnknown
from tollgate.routing.circuit import OPEN_FOR, CircuitState

INSTANCES = st.integers(0, 3)


class AnyOutage(RuleBasedStateMachine):
    """Four instances of a function, whose answers from the store are lost now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.world = HealthWorld()
        self.instances = [self.world.instance() for _ in range(4)]

    @rule(number=INSTANCES)
    def succeed(self, number: int) -> None:
        self.instances[number].succeeded("stripe")

    @rule(number=INSTANCES, times=st.integers(1, 6), refused=st.booleans())
    def fail(self, number: int, times: int, refused: bool) -> None:
        for _ in range(times):
            self.instances[number].failed("stripe", credentials_refused=refused)

    @rule(number=INSTANCES)
    def choose(self, number: int) -> None:
        """A closed circuit needs no probe, and none is taken before its time."""
        before = self.world.stored()
        taken = self.instances[number].take_probe("stripe")
        if taken and self.world.stored().version > before.version:
            assert before.may_be_probed(self.world.clock.now())

    @rule(number=INSTANCES)
    def lose_the_answer(self, number: int) -> None:
        self.world.unit_of_work.after = lambda _: _lose()
        self.instances[number].failed("stripe", credentials_refused=True)
        self.world.unit_of_work.after = lambda _: None

    @rule(seconds=st.sampled_from([1, 15, 30, 61]))
    def wait(self, seconds: int) -> None:
        self.world.later(seconds)

    @rule(number=INSTANCES)
    def begin_anew(self, number: int) -> None:
        self.instances[number] = self.world.instance()

    @invariant()
    def events_take_turns(self) -> None:
        turns = itertools.cycle(["opened", "closed"])
        assert all(event == turn for event, turn in zip(self.world.events(), turns, strict=False))
        stored = self.world.stored()
        assert stored.is_closed == (len(self.world.events()) % 2 == 0)
        assert stored.sequence == len(self.world.events())

    @invariant()
    def an_open_circuit_says_when_it_is_tried(self) -> None:
        stored = self.world.stored()
        assert (stored.probe_at is None) == stored.is_closed
        assert (stored.prober is not None) == (stored.state is CircuitState.HALF_OPEN)
        if stored.probe_at:
            assert stored.probe_at - self.world.clock.now() <= OPEN_FOR

    @invariant()
    def nobody_knows_more_than_is_stored(self) -> None:
        assert all(each._known["stripe"].version <= self.world.stored().version for each in self.instances)

    @invariant()
    def after_a_minute_a_provider_that_works_is_used_again(self) -> None:
        """Whatever came before: played on other instances, and taken back."""
        items, stream = dict(self.world.store.items), list(self.world.store.stream)
        kinds = {kind: dict(each) for kind, each in self.world.store.kinds.items()}
        seconds, now = self.world.seconds, self.world.clock.now()
        self.world.later(60)
        fresh = self.world.instance()
        if not fresh.find("stripe").is_closed:
            assert fresh.take_probe("stripe")
            fresh.succeeded("stripe")
        assert self.world.stored().is_closed
        self.world.seconds = seconds
        self.world.clock.advance(now - self.world.clock.now())
        self.world.store.items, self.world.store.kinds, self.world.store.stream = items, kinds, stream


def _lose() -> None:
    raise WriteOutcomeUnknown("lost")


TestAnyOutage = AnyOutage.TestCase
TestAnyOutage.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
