"""Crash enumeration: run an operation, count its calls, then run it anew for each call and each fault.

After each fault everybody does what they would: the client asks again with the same key, the provider delivers again,
the event source sends the batch again, the reconciler runs. Then every invariant must hold. An operation joins with a
few lines: an `Operation` in a list (see `tests/crash/operations_checkout.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

from tests.support.crashing_faults import FAULTS
from tests.support.crashing_seen import Seen, look
from tests.support.crashing_wire import Call, Crashed, Fault
from tests.support.crashing_world import UNTIL_RECONCILED, World
from tests.support.deployment import ROOT

REPORT = ROOT / ".build" / "crash-points.json"

type Step = Callable[[World], object]
type Invariant = Callable[[Seen], Iterator[str]]


def _nothing(_: World) -> None:
    """What most operations do at this step."""


@dataclass(frozen=True)
class Operation:
    """One thing that a function does, and how those around it behave.

    `prepare` brings about what it needs, without faults. `act` is tried with each fault at each of its calls. `retry`
    is what whoever asked does afterwards, until they have their answer; streams and webhooks come again by themselves.
    `onward` is how life goes on after the recovery (the buyer pays). `settled` yields what is wrong in the end, beyond
    the invariants. `faults` leaves out what makes no sense. `waits` is what each run of the reconciler lets pass, in
    seconds, until one comes to an end with nothing left: the last one at least.
    """

    name: str
    act: Step
    prepare: Step = _nothing
    retry: Step = _nothing
    onward: Step = _nothing
    settled: Callable[[Seen], Iterator[str]] = lambda _: iter(())
    faults: Sequence[Fault] = FAULTS
    waits: Sequence[float] = (UNTIL_RECONCILED,)


@dataclass(frozen=True)
class Point:
    """One call with one fault."""

    number: int
    call: Call
    fault: Fault

    def __str__(self) -> str:
        return f"call {self.number + 1} ({self.call.name}), {self.fault.name}"


@dataclass(frozen=True)
class Violation:
    """What did not hold, where, and when: after the recovery or in the end."""

    operation: str
    point: str
    invariant: str
    told: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.point}: {self.invariant}: {self.told}"


@dataclass
class Tried:
    """An operation with all its points."""

    operation: str
    calls: list[str] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    # Where the retries of others were not enough.
    reconciled: set[str] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)


@dataclass(frozen=True)
class Harness:
    """The world, and what must hold in it. In a `late` one clients come back only after the reconciler has run."""

    world: World
    always: Sequence[Invariant]
    eventually: Sequence[Invariant]
    late: bool = False

    def enumerate(self, operation: Operation, only: Callable[[Point], bool] = lambda _: True) -> Tried:
        """Every point of an operation, after one run in which nothing goes wrong."""
        tried = Tried(operation.name)
        self._warm(operation, tried)
        tried.violations = self._try(operation, None, tried)
        calls = list(self.world.wire.calls)
        tried.calls = [call.name for call in calls]
        for point in points(calls, operation.faults):
            if only(point):
                tried.points.append(point)
                tried.violations += self._reach(operation, point, tried)
        return tried

    def _reach(self, operation: Operation, point: Point, tried: Tried) -> list[Violation]:
        """An instance that reads something anew shifts the numbers: try again, and say so if it stays. One that came
        after a death may have answered from what was stored, and the fault would kill the next before it has read the
        rest: so it goes through the whole operation first.
        """
        violations: list[Violation] = []
        reason = ""
        for _ in range(3):
            violations = self._try(operation, point, tried)
            if self.world.wire.hit == point.call:
                return violations
            reason = f"met {self.world.wire.hit} instead, in {[call.name for call in self.world.wire.calls]}"
            self._warm(operation, tried)
        return [Violation(operation.name, str(point), "every_point_is_reached", reason), *violations]

    def _warm(self, operation: Operation, tried: Tried) -> None:
        """Whatever an instance reads once is read then."""
        self._try(operation, None, tried, thoroughly=False)

    def _try(
        self, operation: Operation, point: Point | None, tried: Tried, *, thoroughly: bool = True
    ) -> list[Violation]:
        where = str(point) if point else "no fault"
        self.world.begin()
        try:
            operation.prepare(self.world)
            self._act(operation, point)
            violations = self._recover(operation, point, tried, thoroughly=thoroughly and point is None)
            operation.onward(self.world)
            self.world.flow()
            seen = look(self.world, point.fault if point else None)
            violations += [each for each in self._check(operation, where, seen) if each not in violations]
            return violations + [Violation(operation.name, where, "settled", told) for told in operation.settled(seen)]
        except (AssertionError, Crashed) as broken:
            return [Violation(operation.name, where, "recovery", f"{type(broken).__name__}: {broken}"[:2000])]

    def _act(self, operation: Operation, point: Point | None) -> None:
        world = self.world

        def meanwhile() -> None:
            with world.another_instance():
                (operation.act if operation.retry is _nothing else operation.retry)(world)

        number, fault = (point.number, point.fault) if point else (-1, None)
        try:
            with world.wire.armed(number, fault, meanwhile):
                operation.act(world)
        except Crashed:
            return  # whoever asked got no answer

    def _recover(self, operation: Operation, point: Point | None, tried: Tried, *, thoroughly: bool) -> list[Violation]:
        """The retries of others, and then, wherever something is left, the reconciler. `thoroughly` it also runs where
        nothing went wrong: there it must change nothing.
        """
        world, where = self.world, str(point) if point else "no fault"
        fault = point.fault if point else None
        if not self.late:
            operation.retry(world)
        world.flow()
        seen = look(world, fault, returned=not self.late)
        violations = self._check(operation, where, seen, self.always)
        left = self._check(operation, where, seen, self.eventually)
        if not (left or self.late or thoroughly):
            return violations
        told: Mapping[str, Any] = {}
        for wait in operation.waits:
            told = world.reconcile(wait)
            world.flow()
            seen = look(world, fault, returned=not self.late)
            if told["complete"] and not self._check(operation, where, seen, self.eventually):
                break
        violations += [each for each in self._check(operation, where, seen) if each not in violations]
        if not told["complete"]:
            violations.append(Violation(operation.name, where, "the_reconciler_comes_to_an_end", f"{told}"))
        if left:
            tried.reconciled.add(where)
        if self.late:
            operation.retry(world)
            world.flow()
        return violations

    def _check(
        self, operation: Operation, where: str, seen: Seen, invariants: Sequence[Invariant] = ()
    ) -> list[Violation]:
        return [
            Violation(operation.name, where, invariant.__name__, told)
            for invariant in invariants or (*self.always, *self.eventually)
            for told in invariant(seen)
        ]


def points(calls: Sequence[Call], faults: Sequence[Fault] = FAULTS) -> Iterator[Point]:
    """Each call with each fault that can befall it."""
    for number, call in enumerate(calls):
        yield from (Point(number, call, fault) for fault in faults if fault.fits(call))


def report(tried: Sequence[Tried], path: Path = REPORT) -> None:
    """The figures, for whoever writes them down; those of operations that were not run this time, or are run by another
    process at the same time, stay.
    """
    path.parent.mkdir(exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        flock(file, LOCK_EX)
        file.seek(0)
        known: dict[str, Any] = json.loads(file.read() or "{}")
        _note(known, tried)
        file.truncate(0)
        file.write(json.dumps(dict(sorted(known.items())), indent=2) + "\n")


def _note(known: dict[str, Any], tried: Sequence[Tried]) -> None:
    for each in tried:
        known[each.operation] = {
            "calls": each.calls,
            "points": len(each.points),
            "reconciled": len(each.reconciled),
            "matrix": [(point.number, point.fault.name, str(point) in each.reconciled) for point in each.points],
            "violations": [str(violation) for violation in each.violations],
        }
