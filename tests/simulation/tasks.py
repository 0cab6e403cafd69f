"""Whoever does something is a task: it runs from boundary to boundary, and at each one the simulation decides whether
it goes on, stands still while others act, meets a fault, or dies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from greenlet import getcurrent, greenlet

from tests.simulation.history import Fault


class Killed(BaseException):
    """A function's end at any point: nothing of ours catches it."""


class Kind(StrEnum):
    """What can befall a boundary."""

    DIES_BEFORE = "dies_before"
    DIES_AFTER = "dies_after"
    ANSWER_LOST = "answer_lost"  # it was done, and nobody was told
    REQUEST_LOST = "request_lost"  # it was not done, and nobody can know
    REFUSED = "refused"  # it was not done, and says so
    BROKEN = "broken"  # a provider's own failure, which it repeats under the same key
    BROKEN_LATE = "broken_late"  # the same, and it was done all the same
    LOCKED_OUT = "locked_out"  # whoever asks is not let in


# After these, what was asked for was surely not done.
NEVER_BEGUN = frozenset({Kind.REFUSED, Kind.LOCKED_OUT})
# After these it was done, and nobody was told.
UNHEARD = frozenset({Kind.ANSWER_LOST, Kind.BROKEN_LATE})


@dataclass
class Task:
    """One invocation of a function, or one call of a client. `reached` counts the boundaries it came to."""

    name: str
    run: Callable[[], object]
    fault: Fault | None = None
    pause: int = 0
    reached: int = 0
    dead: bool = False
    error: Exception | None = None
    _thread: greenlet = field(init=False)

    def __post_init__(self) -> None:
        self._thread = greenlet(self._body)

    def _body(self) -> None:
        try:
            self.run()
        except Killed:
            self.dead = True
        except Exception as error:  # noqa: BLE001 - whoever lets it escape is told of, with the history that led to it
            self.error = error

    def go(self) -> bool:
        """Run until it ends or pauses; whether it ended."""
        _task_of[self._thread] = self
        self._thread.switch()
        if self._thread.dead:
            del _task_of[self._thread]
        return bool(self._thread.dead)

    def kill(self) -> None:
        """What stands still dies where it stands."""
        self.dead = True
        self._thread.switch()
        _task_of.pop(self._thread, None)

    def boundary(self) -> Kind | None:
        """Called by what the task calls, before it does anything. Raises `Killed`; gives the fault, if there is one."""
        if self.dead:
            raise Killed  # a `finally` of ours goes on in a process that is dead
        self.reached += 1
        if self.reached == self.pause:
            parent = self._thread.parent
            assert parent is not None
            parent.switch()
            if self.dead:
                raise Killed
        if self.fault is None or self.fault.at != self.reached:
            return None
        kind = Kind(self.fault.kind)
        if kind is Kind.DIES_BEFORE:
            self.die()
        return kind

    def die(self) -> None:
        self.dead = True
        raise Killed


_task_of: dict[greenlet, Task] = {}


def current() -> Task | None:
    """The task that is running; None for the simulation itself, which meets no faults."""
    return _task_of.get(getcurrent())


def reach() -> Kind | None:
    """The boundary that whoever is running comes to."""
    task = current()
    return task.boundary() if task else None


def done(kind: Kind | None) -> None:
    """What was asked for at the boundary was done."""
    task = current()
    if kind is Kind.DIES_AFTER and task is not None:
        task.die()
