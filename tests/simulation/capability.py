"""How a capability joins: a file of `capabilities/` with what can be done, and what must hold.

Actions that belong to us or to our clients run as tasks, boundary by boundary, and meet faults; those of the world
outside (`outside=True`) just happen. Invariants look at a world that has come to rest, with every version of everything
that was ever stored in it (`seen.versions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.simulation.seen import Seen
from tests.simulation.world import Choices, World

type Invariant = Callable[[Seen], Iterator[str]]


@dataclass(frozen=True)
class Action:
    """One thing that can happen. `weight` says how often, among the others."""

    name: str
    weight: int
    act: Callable[[World, Choices], object]
    outside: bool = False


@dataclass(frozen=True)
class Capability:
    """`settle` is what its people and machines do until nothing is left to do; it says whether anything was done. One
    that stands `apart` takes months to come to anything: its actions are most of some histories, and in no others. So
    is what we charge ourselves (`ours`), and what money is `held` for.
    """

    name: str
    actions: Sequence[Action]
    invariants: Sequence[Invariant] = ()
    settle: Callable[[World], bool] = lambda _: False
    apart: bool = False
    ours: bool = False
    held: bool = False
