"""Histories as data: what was done, with which choices, and what befell it on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

# A choice is taken modulo what there is to choose from, so that any number is a choice.
CHOICES, LARGEST_CHOICE = 4, 60
# How far into an action a fault or a pause may lie, in boundaries: calls of the store, a provider or the bus.
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the boundary of that number, from 1 on, of one action."""

    at: int
    kind: str


@dataclass(frozen=True, slots=True)
class Step:
    """One action. With a `pause` it stands still before that boundary, and others go first."""

    action: str
    choices: tuple[int, ...] = ()
    pause: int = 0
    fault: Fault | None = None

    def __str__(self) -> str:
        told = [self.action, *map(str, self.choices)]
        told += [f"pause:{self.pause}"] if self.pause else []
        told += [f"{self.fault.kind}:{self.fault.at}"] if self.fault else []
        return " ".join(told)


type History = tuple[Step, ...]


def generate(seed: int, weights: Sequence[tuple[str, int]], kinds: Sequence[str], longest: int) -> History:
    """The history of a seed: up to `longest` steps of these actions."""
    random = Random(seed)
    names, counts = [name for name, _ in weights], [weight for _, weight in weights]
    length = random.randint(longest // 4, longest)
    return tuple(_step(random, name, kinds) for name in random.choices(names, counts, k=length))


def _step(random: Random, name: str, kinds: Sequence[str]) -> Step:
    step = Step(name, tuple(random.randrange(LARGEST_CHOICE) for _ in range(CHOICES)))
    if random.random() < 0.15:
        step = replace(step, pause=random.randint(1, DEEPEST))
    if random.random() < 0.3:
        step = replace(step, fault=Fault(random.randint(1, DEEPEST), random.choice(kinds)))
    return step


def dumps(history: History) -> str:
    """One line that `loads` reads back."""
    rows = [[s.action, list(s.choices), s.pause, [s.fault.at, s.fault.kind] if s.fault else None] for s in history]
    return json.dumps(rows, separators=(",", ":"))


def loads(text: str) -> History:
    """A history as `dumps` wrote it."""
    return tuple(
        Step(action, tuple(choices), pause, Fault(*fault) if fault else None)
        for action, choices, pause, fault in json.loads(text)
    )
