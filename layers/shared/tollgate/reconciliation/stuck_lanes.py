"""Deliveries that were to be tried again, and were not: the queue has lost them, or gave them up."""

from __future__ import annotations

from tollgate.deliveries.ports import LaneChanged, Lanes, Wake, Wakes
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.notes import Notes, next_look
from tollgate.reconciliation.ports import DueLane


class StuckLanes:
    """Wakes each, and looks again ever more rarely. There is no finding of it: a finding is an event of ours, which
    would be one more to deliver where none arrives.
    """

    def __init__(self, lanes: Lanes, wakes: Wakes, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._lanes = lanes
        self._wakes = wakes
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueLane, _notes: Notes) -> None:
        lane, now = self._lanes.get(due.consumer, due.aggregate), self._clock.now()
        if lane is None or lane.due_at is None or now < lane.due_at:
            return
        self._wakes.send(Wake(due.consumer, due.aggregate))
        try:
            self._unit_of_work.commit(self._lanes.look_again(lane, next_look(lane.due_at, now)))
        except LaneChanged:
            return  # somebody tries it
