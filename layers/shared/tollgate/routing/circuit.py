"""The circuit of a provider: closed while it answers, open once it does not, half open while one call tries it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event

AGGREGATE = "provider"
# A provider is out of order for every tenant.
NO_TENANT = "*"
CIRCUIT_OPENED, CIRCUIT_CLOSED = "payments.provider.circuit_opened", "payments.provider.circuit_closed"

# No call is made to try it before; a probe that says nothing in this time is given up, and is past the function's end.
OPEN_FOR = timedelta(seconds=30)
CONSECUTIVE = 5
# Half of the calls of a minute, if they are as many.
LEAST_CALLS, WITHIN_SECONDS = 10, 60


class CircuitState(StrEnum):
    """How a circuit stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Cause(StrEnum):
    """Why a circuit opened."""

    CONSECUTIVE_FAILURES = "consecutive_failures"
    FAILURE_RATE = "failure_rate"
    CREDENTIALS_REFUSED = "credentials_refused"


@dataclass(frozen=True, slots=True)
class Circuit:
    """One provider's, as all instances share it. `version` counts the writes, `sequence` the events; `since` is when it
    opened or closed, `probe_at` when the next call may try it, `prober` who has that call, `failures` how many such
    calls have failed since it opened.
    """

    provider: str
    state: CircuitState = CircuitState.CLOSED
    version: int = 0
    sequence: int = 0
    since: datetime | None = None
    probe_at: datetime | None = None
    cause: Cause | None = None
    failures: int = 0
    prober: str | None = None

    @property
    def is_closed(self) -> bool:
        return self.state is CircuitState.CLOSED

    def may_be_probed(self, now: datetime) -> bool:
        """Whether its time has come, or that of whoever had the probe is over."""
        return self.probe_at is not None and now >= self.probe_at

    def opened(self, cause: Cause, now: datetime) -> tuple[Circuit, Event]:
        """Of a closed one."""
        after = Circuit(
            provider=self.provider,
            state=CircuitState.OPEN,
            version=self.version + 1,
            sequence=self.sequence + 1,
            since=now,
            probe_at=now + OPEN_FOR,
            cause=cause,
        )
        return after, after._event(CIRCUIT_OPENED, now, {"cause": cause.value, "probe_at": to_iso(now + OPEN_FOR)})

    def leased(self, prober: str, now: datetime) -> Circuit:
        """To the one call that may try the provider."""
        return replace(
            self, state=CircuitState.HALF_OPEN, version=self.version + 1, probe_at=now + OPEN_FOR, prober=prober
        )

    def reopened(self, now: datetime) -> Circuit:
        """The probe failed."""
        return replace(
            self,
            state=CircuitState.OPEN,
            version=self.version + 1,
            probe_at=now + OPEN_FOR,
            failures=self.failures + 1,
            prober=None,
        )

    def closed(self, now: datetime) -> tuple[Circuit, Event]:
        """The probe was answered."""
        after = Circuit(self.provider, version=self.version + 1, sequence=self.sequence + 1, since=now)
        return after, after._event(CIRCUIT_CLOSED, now, {"opened_at": to_iso(self.since or now)})

    def _event(self, type_: str, now: datetime, data: dict[str, Any]) -> Event:
        return Event(
            type=type_,
            tenant=NO_TENANT,
            aggregate_type=AGGREGATE,
            aggregate_id=self.provider,
            sequence=self.sequence,
            occurred_at=now,
            data={"provider": self.provider, **data},
        )


class Window:
    """What one instance has seen of a provider: its failures in a row, and the calls of the last minute. Times are
    seconds of a clock that nobody moves.
    """

    def __init__(self) -> None:
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._in_a_row = 0

    def succeeded(self, at: float) -> None:
        self._in_a_row = 0
        self._add(at, failed=False)

    def failed(self, at: float) -> Cause | None:
        """Why this is one failure too many, if it is."""
        self._in_a_row += 1
        self._failed += 1
        self._add(at, failed=True)
        if self._in_a_row >= CONSECUTIVE:
            return Cause.CONSECUTIVE_FAILURES
        if len(self._calls) >= LEAST_CALLS and self._failed * 2 >= len(self._calls):
            return Cause.FAILURE_RATE
        return None

    def _add(self, at: float, *, failed: bool) -> None:
        calls = self._calls
        calls.append((at, failed))
        while at - calls[0][0] >= WITHIN_SECONDS:
            self._failed -= calls.popleft()[1]
