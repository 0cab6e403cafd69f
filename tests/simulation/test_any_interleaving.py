"""The same world, with histories that Hypothesis thinks of and shrinks: payments, refunds, disputes, payouts,
redeliveries and crashes in any interleaving.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.history import CHOICES, DEEPEST, LARGEST_CHOICE, Fault, History, Step
from tests.simulation.running import ACTIONS, LONGEST, play
from tests.simulation.tasks import Kind

_FAULTS = st.builds(Fault, st.integers(1, DEEPEST), st.sampled_from([kind.value for kind in Kind]))
_STEPS = st.builds(
    Step,
    st.sampled_from([name for name, action in ACTIONS.items() for _ in range(action.weight)]),
    st.tuples(*[st.integers(0, LARGEST_CHOICE - 1)] * CHOICES),
    st.integers(0, DEEPEST),
    st.none() | _FAULTS,
)


@settings(max_examples=1_000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_STEPS, max_size=LONGEST).map(tuple))
def test_every_promise_holds_after_any_interleaving(history: History) -> None:
    assert [str(violation) for violation in play(history)] == []
