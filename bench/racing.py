"""Several ways of doing something, side by side in one process: each round runs every one, and the median of the
rounds' ratios is what counts, so that a busy machine slows them all alike.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

type Act = Callable[[], object]
# Makes the next few inputs, outside the measured time, and gives what is to be measured for each.
type Prepare = Callable[[int], Sequence[Act]]
# Does something so often, here or in another process, and gives the mean CPU seconds of one time.
type Timer = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Race:
    """CPU seconds per run, by contestant and round."""

    seconds: dict[str, list[float]]

    def ratio(self, name: str, base: str) -> float:
        """The median over rounds."""
        pairs = zip(self.seconds[name], self.seconds[base], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def microseconds(self, name: str) -> float:
        return statistics.median(self.seconds[name]) * 1e6


def race(contestants: Mapping[str, Prepare], *, rounds: int, runs: int) -> Race:
    """All of them in this process."""
    return race_timers({name: timer(prepare) for name, prepare in contestants.items()}, rounds=rounds, runs=runs)


def race_timers(contestants: Mapping[str, Timer], *, rounds: int, runs: int, warm_up: int = 3) -> Race:
    """`runs` of each per round, in turn, in another order each round; the first `warm_up` rounds are forgotten."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(rounds + warm_up):
        for name in _rotated(names, number):
            took = contestants[name](runs)
            if number >= warm_up:
                seconds[name].append(took)
    return Race(seconds)


def timer(prepare: Prepare) -> Timer:
    """Inputs are made before the clock starts."""
    return lambda runs: _timed(prepare(runs))


def _timed(acts: Sequence[Act]) -> float:
    """Mean CPU seconds of one act. Garbage is collected before, and not meanwhile."""
    with _no_collection():
        begun = time.process_time()
        for act in acts:
            act()
        return (time.process_time() - begun) / len(acts)


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _rotated(names: Sequence[str], by: int) -> Iterable[str]:
    return [*names[by % len(names) :], *names[: by % len(names)]]
