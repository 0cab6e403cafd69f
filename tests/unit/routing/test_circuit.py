"""When a circuit opens, and how it closes again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tollgate.routing.circuit import (
    CIRCUIT_CLOSED,
    CIRCUIT_OPENED,
    CONSECUTIVE,
    LEAST_CALLS,
    OPEN_FOR,
    WITHIN_SECONDS,
    Cause,
    Circuit,
    CircuitState,
    Window,
)

# Seconds between two calls, and whether the second failed.
CALLS = st.lists(st.tuples(st.sampled_from([0, 1, 7, 30, 59, 60, 61]), st.booleans()), max_size=60)


def test_the_figures_are_those_that_operators_are_told() -> None:
    assert (5, 10, 60, timedelta(seconds=30)) == (CONSECUTIVE, LEAST_CALLS, WITHIN_SECONDS, OPEN_FOR)


def _play(*calls: bool, apart: float = 1) -> list[Cause | None]:
    """What is said of each failure; True fails."""
    window, said = Window(), []
    for number, failed in enumerate(calls):
        if failed:
            said.append(window.failed(number * apart))
        else:
            window.succeeded(number * apart)
    return said


def test_five_failures_in_a_row_are_too_many_and_four_are_not() -> None:
    assert _play(*[True] * 5) == [None] * 4 + [Cause.CONSECUTIVE_FAILURES]
    assert _play(*[True] * 4, False, *[True] * 4)[:7] == [None] * 7


def test_failures_in_a_row_may_lie_far_apart() -> None:
    assert _play(*[True] * 5, apart=3_600)[-1] is Cause.CONSECUTIVE_FAILURES


def test_half_of_ten_calls_are_too_many_and_of_nine_they_are_not() -> None:
    assert _play(*[False, True] * 5)[-2:] == [None, Cause.FAILURE_RATE]
    assert _play(*[False, False, True] * 10) == [None] * 10


def test_what_is_a_minute_old_counts_no_more() -> None:
    assert _play(*[False, True] * 10, apart=7) == [None] * 10


@given(CALLS)
def test_a_window_says_what_the_rule_says_of_all_calls_so_far(calls: list[tuple[int, bool]]) -> None:
    window, now, seen = Window(), 0, list[tuple[int, bool]]()
    for apart, failed in calls:
        now += apart
        seen.append((now, failed))
        if not failed:
            window.succeeded(now)
            continue
        recent = [each for at, each in seen if now - at < WITHIN_SECONDS]
        in_a_row = next((n for n, (_, each) in enumerate(reversed(seen)) if not each), len(seen))
        expected = Cause.CONSECUTIVE_FAILURES if in_a_row >= CONSECUTIVE else None
        if not expected and len(recent) >= LEAST_CALLS and sum(recent) * 2 >= len(recent):
            expected = Cause.FAILURE_RATE
        assert window.failed(now) is expected


def test_a_circuit_opens_is_tried_and_closes_and_tells_of_the_ends() -> None:
    opened, first = Circuit("stripe").opened(Cause.FAILURE_RATE, NOW)
    assert (opened.state, opened.since, opened.probe_at) == (CircuitState.OPEN, NOW, NOW + OPEN_FOR)
    later = NOW + OPEN_FOR
    leased = opened.leased("probe_1", later)
    assert (leased.state, leased.prober, leased.since) == (CircuitState.HALF_OPEN, "probe_1", NOW)
    closed, second = leased.closed(later)
    assert (closed.is_closed, closed.since, closed.probe_at, closed.cause) == (True, later, None, None)
    assert [(each.type, each.sequence, each.tenant, each.aggregate_id) for each in (first, second)] == [
        (CIRCUIT_OPENED, 1, "*", "stripe"),
        (CIRCUIT_CLOSED, 2, "*", "stripe"),
    ]
    assert first.data == {"provider": "stripe", "cause": "failure_rate", "probe_at": "2026-11-05T12:00:30.000Z"}
    assert second.data == {"provider": "stripe", "opened_at": "2026-11-05T12:00:00.000Z"}


def test_a_failed_probe_leaves_it_open_for_as_long_again() -> None:
    opened, _ = Circuit("stripe").opened(Cause.FAILURE_RATE, NOW)
    later = NOW + OPEN_FOR
    reopened = opened.leased("probe_1", later).reopened(later)
    assert (reopened.state, reopened.since, reopened.failures, reopened.prober) == (CircuitState.OPEN, NOW, 1, None)
    assert not reopened.may_be_probed(later + OPEN_FOR - timedelta(milliseconds=1))
    assert reopened.may_be_probed(later + OPEN_FOR)


@pytest.mark.parametrize("state", ["closed", "open", "leased"])
def test_it_is_tried_only_when_its_time_has_come(state: str) -> None:
    opened, _ = Circuit("stripe").opened(Cause.FAILURE_RATE, NOW)
    circuit = {"closed": Circuit("stripe"), "open": opened, "leased": opened.leased("probe_1", NOW)}[state]
    assert not circuit.may_be_probed(NOW)
    assert circuit.may_be_probed(NOW + OPEN_FOR) == (state != "closed")
