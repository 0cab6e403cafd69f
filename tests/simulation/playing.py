"""Many histories, in several processes; and what to say of one that failed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.history import History, dumps
from tests.simulation.running import of_seed, play, play_in
from tests.simulation.seen import reached_in
from tests.simulation.shrinking import shrink
from tests.simulation.world import World
from tests.support.collecting import keep_what_is_loaded

_AT_ONCE = 100


@dataclass
class Played:
    """Which seeds failed, and how often the others came to what is worth coming to."""

    failed: list[int] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)


def play_all(first: int, seeds: int, processes: int, progress: Callable[[str], None] = lambda _: None) -> Played:
    """The histories of so many seeds, in so many processes."""
    began, played = time.monotonic(), Played()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=keep_what_is_loaded) as pool:
        for count, (failed, reached) in enumerate(pool.map(_play_some, _stretches(first, first + seeds)), 1):
            played.failed += failed
            played.reached.update(reached)
            so_far = min(count * _AT_ONCE, seeds)
            progress(f"\r{so_far} of {seeds} histories, {len(played.failed)} failed, {time.monotonic() - began:.0f} s")
    progress("\n")
    return played


def explain(history: History, name: str) -> str:
    """A failing history, shrunk, with what did not hold and how to play it again."""
    wrong = {violation.invariant for violation in play(history)}
    short = shrink(history, lambda each: bool(wrong & {violation.invariant for violation in play(each)}))
    told = [f"{name} fails, shrunk from {len(history)} steps to {len(short)}:"]
    told += [f"  {step}" for step in short]
    told += [f"  ! {violation}" for violation in play(short)]
    return "\n".join([*told, f"  again: make simulate REPLAY='{dumps(short)}'", ""])


def _play_some(seeds: range) -> tuple[list[int], Counter[str]]:
    failed: list[int] = []
    reached: Counter[str] = Counter()
    for seed in seeds:
        world = World()
        if play_in(world, of_seed(seed)):
            failed.append(seed)
        reached.update(reached_in(world))
    return failed, reached


def _stretches(first: int, last: int) -> Iterator[range]:
    for start in range(first, last, _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, last))
