"""Playing a history: every step, then rest, then every invariant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.simulation.capabilities import CAPABILITIES
from tests.simulation.capability import Action
from tests.simulation.history import History, Step, generate
from tests.simulation.seen import Seen
from tests.simulation.tasks import Kind, Task
from tests.simulation.world import BETWEEN_STEPS, Choices, World

LONGEST = 40
ACTIONS: dict[str, Action] = {action.name: action for each in CAPABILITIES for action in each.actions}
# After each of these the reconciler runs: leases pass, questions are asked, keys are forgotten, money is settled.
_REST = tuple(timedelta(minutes=each) for each in (2, 6, 16, 16, 70, 1445, 1445, 1445, 3 * 1440, 1445))
_ROUNDS = 12


@dataclass(frozen=True)
class Violation:
    """What did not hold."""

    invariant: str
    told: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.told}"


def of_seed(seed: int) -> History:
    return generate(seed, [(name, action.weight) for name, action in ACTIONS.items()], list(Kind), LONGEST)


def play(history: History) -> list[Violation]:
    """Everything that does not hold after it."""
    return play_in(World(), history)


def play_in(world: World, history: History) -> list[Violation]:
    escaped: list[Violation] = []
    for step in history:
        world.advance(BETWEEN_STEPS)
        escaped += _step(world, step)
    escaped += _rest(world)
    seen = Seen(world)
    return escaped + [
        Violation(invariant.__name__, told)
        for capability in CAPABILITIES
        for invariant in capability.invariants
        for told in invariant(seen)
    ]


def _step(world: World, step: Step) -> list[Violation]:
    action, choices = ACTIONS[step.action], Choices(step.choices)
    if action.outside:
        action.act(world, choices)
        return []
    task = Task(lambda: action.act(world, choices), step.fault, step.pause)
    world.start(task)
    return _escaped(step.action, [task])


def _escaped(name: str, tasks: Sequence[Task]) -> list[Violation]:
    return [
        Violation("no_error_escapes", f"{name}: {type(task.error).__name__}: {task.error}")
        for task in tasks
        if task.error is not None
    ]


def _rest(world: World) -> list[Violation]:
    """Everybody finishes: what stands still goes on, clients come back, streams are drained, time passes."""
    tasks = [task for _, task in world.suspended]
    while world.suspended:
        world.resume(0)
    quiet(world)
    for gap in _REST:
        world.advance(gap)
        world.rooms.reconciler.run(world.rooms.ids.new("run"), "schedule", lambda: False)
        quiet(world)
    return _escaped("what stood still", tasks)


def quiet(world: World) -> None:
    for _ in range(_ROUNDS):
        busy = [each.settle(world) for each in CAPABILITIES]
        if not any(busy):
            return
