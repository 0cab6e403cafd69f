# a repair reaches into the engine's modules
"""Step Functions and the schedulers follow the domain clock.

Engine: waits sleep on the wall clock, the Scheduler looks every 10 s.
Here: a wait in progress ends when the domain clock is moved past it, and schedules fire within half a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from local.clock import ClockFile

_LOOK_SECONDS = 0.1


class _DomainTime:
    """Stands in for the `time` module where only `time()` must move."""

    def __init__(self, clock: ClockFile) -> None:
        self._clock = clock

    def time(self) -> float:
        return self._clock.now()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def install(clock_file: Path) -> None:
    """Replace the sleeps of Step Functions and the time source of both schedulers."""
    clock = ClockFile(clock_file)
    workflows: Any = import_module("ministack.services.stepfunctions")
    scheduler: Any = import_module("ministack.services.scheduler")
    events: Any = import_module("ministack.services.eventbridge")

    def sleep(seconds: float) -> None:
        wait_until(clock, clock.now() + seconds * workflows._SFN_WAIT_SCALE)

    def sleep_until(timestamp: str) -> None:
        wait_until(clock, _epoch(timestamp))

    workflows._scaled_sleep, workflows._sleep_until = sleep, sleep_until
    scheduler.time = _DomainTime(clock)
    scheduler._SCHEDULE_TICK_INTERVAL = 0.5
    events._now_ts = clock.now
    events._SCHEDULER_TICK_INTERVAL = 0.5
    scheduler._tick_schedules = _after_clamping(scheduler._tick_schedules, scheduler._schedule_last_fired, clock)
    events._tick_scheduled_rules = _after_clamping(events._tick_scheduled_rules, events._rule_last_fired, clock)


def _after_clamping(tick: Callable[[], None], last_fired: Any, clock: ClockFile) -> Callable[[], None]:
    """A clock that was set back must not keep schedules silent until it has caught up."""

    def clamped_tick() -> None:
        entries: dict[Any, float] = getattr(last_fired, "_data", last_fired)
        now = clock.now()
        entries.update({key: now for key, fired in list(entries.items()) if fired > now})
        tick()

    return clamped_tick


def wait_until(clock: ClockFile, due: float) -> None:
    """Return when the domain clock has reached `due` (epoch seconds)."""
    while (left := due - clock.now()) > 0:
        time.sleep(min(left, _LOOK_SECONDS))


def _epoch(timestamp: str) -> float:
    try:
        moment = datetime.fromisoformat(timestamp)
    except (ValueError, TypeError):
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
