"""Playing a history: every step, then rest, then every invariant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.simulation.capabilities import CAPABILITIES
from tests.simulation.capability import Action, Capability
from tests.simulation.history import History, Step, generate
from tests.simulation.seen import Seen
from tests.simulation.tasks import Kind, Task
from tests.simulation.world import BETWEEN_STEPS, Choices, World

LONGEST = 40
ACTIONS: dict[str, Action] = {action.name: action for each in CAPABILITIES for action in each.actions}
# After each of these the reconciler runs: leases pass, questions are asked, keys are forgotten, money is settled.
_REST = tuple(timedelta(minutes=each) for each in (2, 6, 16, 16, 70, 1_445, 1_445, 2 * 1_440, 1_445))
_ROUNDS = 12
# When so many have passed, no provider is down any more, each page has been compared once, and none has come of age.
_COMPARED = 5
# In every other history the provider's mail comes only when the reconciler has run so often.
_LATE = 3
_SOON = 1_500
# Of so many histories, one is of what stands apart.
_APART, _SHARE = 4, 2
APART = range(_APART - 1, _APART * _SOON, _APART)
# Of so many, the second is of what we charge ourselves.
_OURS = 20
OURS = range(1, _OURS * _SOON, _OURS)
# Of so many, the seventh is of what money is held for.
_HELD, _MOSTLY = 20, 4
HELD = range(6, _HELD * _SOON, _HELD)


@dataclass(frozen=True)
class Violation:
    """What did not hold."""

    invariant: str
    told: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.told}"


def of_seed(seed: int) -> History:
    """Each fourth is above all of what stands apart, each twentieth of what we charge ourselves, and another twentieth
    of what money is held for.
    """
    weights = [(action.name, action.weight * _share(each, seed)) for each in CAPABILITIES for action in each.actions]
    return generate(seed, [each for each in weights if each[1]], list(Kind), LONGEST)


def _share(of: Capability, seed: int) -> int:
    ours, apart = seed % _OURS == 1, seed % _APART == _APART - 1
    if of.held:
        return _MOSTLY if seed % _HELD == HELD[0] else 0
    if of.ours:
        return _SHARE if ours else 0
    if of.apart:
        return 1 if ours else _SHARE * apart
    return 1


def found_soon(invariant: str, seed: int = 0, among: Sequence[int] = range(_SOON)) -> History:
    """One of very many histories in which this does not hold. Raises `AssertionError` if it holds in each of them. The
    history of `seed` is played first: there it did not hold when that was written down. Where it does by now, because
    histories have become others, all are played again, and what is printed says which seed to write down.
    """
    assert seed in among
    for each in (seed, *among):
        history = of_seed(each)
        if any(violation.invariant == invariant for violation in play(history)):
            if each != seed:
                print(f"{invariant}: not seed {seed} any more, but {each}")
            return history
    raise AssertionError(f"{len(among)} histories, and {invariant} held in each")


def play(history: History) -> list[Violation]:
    """Everything that does not hold after it."""
    return play_in(World(), history)


def play_in(world: World, history: History) -> list[Violation]:
    told: list[Violation] = []
    for step in history:
        world.advance(BETWEEN_STEPS)
        told += _step(world, step)
    told += _escaping("rest", lambda: _come_to_rest(world, late=len(history) % 2 == 0))
    told += [_escaped(task.name, task.error) for task in world.tasks if task.error is not None]
    seen = Seen(world)
    return told + [
        Violation(invariant.__name__, each)
        for capability in CAPABILITIES
        for invariant in capability.invariants
        for each in invariant(seen)
    ]


def _step(world: World, step: Step) -> list[Violation]:
    action, choices = ACTIONS[step.action], Choices(step.choices)
    if action.outside:
        return _escaping(step.action, lambda: action.act(world, choices))
    world.start(Task(step.action, lambda: action.act(world, choices), step.fault, step.pause))
    return []


def _escaping(name: str, act: Callable[[], object]) -> list[Violation]:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - told of, with the history that led to it
        return [_escaped(name, error)]
    return []


def _escaped(name: str, error: Exception) -> Violation:
    return Violation("no_error_escapes", f"{name}: {type(error).__name__}: {error}")


def _come_to_rest(world: World, *, late: bool) -> None:
    """Everybody finishes: what stands still goes on, clients come back, streams are drained, time passes."""
    world.mail_is_late = late
    while world.suspended:
        world.resume(0)
    quiet(world)
    for number, gap in enumerate(_REST):
        world.mail_is_late = late and number < _LATE
        world.advance(gap)
        world.reconcile()
        quiet(world)
        if number + 1 == _COMPARED:
            world.open_once_compared = {each["id"] for _, each in world.sessions() if each["status"] == "open"}


def quiet(world: World) -> None:
    for _ in range(_ROUNDS):
        busy = [each.settle(world) for each in CAPABILITIES]
        if not any(busy):
            return
