"""From a history that fails to a short one that fails in the same way: steps go, then what befell them, then their
numbers fall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.simulation.history import History, Step

type Fails = Callable[[History], bool]


def shrink(history: History, fails: Fails, tries: int = 3_000) -> History:
    """The shortest that was found in so many tries."""
    for _ in range(tries):
        simpler = next((each for each in _simpler(history) if fails(each)), None)
        if simpler is None:
            return history
        history = simpler
    return history


def _simpler(history: History) -> Iterator[History]:
    size = len(history) // 2
    while size:
        for start in range(0, len(history), size):
            yield history[:start] + history[start + size :]
        size //= 2
    for place, step in enumerate(history):
        for each in _simpler_steps(step):
            yield (*history[:place], each, *history[place + 1 :])


def _simpler_steps(step: Step) -> Iterator[Step]:
    if step.fault is not None:
        yield replace(step, fault=None)
    if step.pause:
        yield replace(step, pause=0)
    for place, number in enumerate(step.choices):
        for lower in sorted({0, number // 2, number - 1} - {number, -1}):
            yield replace(step, choices=(*step.choices[:place], lower, *step.choices[place + 1 :]))
