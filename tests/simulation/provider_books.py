"""What every provider's books have: the time, requests under keys, what befalls requests, and events on their way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.tasks import Kind
from tollgate.kernel.clock import FixedClock, epoch

type Fields = dict[str, Any]

KEEPS_KEYS = timedelta(hours=24)


class Refused(Exception):
    """A 4xx: the request is at fault."""


class Broken(Exception):
    """A 500, which is kept under its key and repeated."""


@dataclass(frozen=True, slots=True)
class SimulatedEvent:
    """One event as it is sent. Nothing but a `lone` one tells of its fact, so that it is sent until it arrives."""

    provider: str
    id: str
    type: str
    payload: bytes
    lone: bool = False


@dataclass(slots=True)
class Asked:
    """One request for a charge, as far as whoever sent it can know: `heard` unless it surely did not arrive. `unbidden`
    where no client asked, but the reconciler.
    """

    payment: str
    provider: str
    unbidden: bool
    heard: bool = True


@dataclass(slots=True)
class _Outage:
    until: datetime
    kind: Kind | None
    first: Kind | None


@dataclass
class ProviderBooks:
    """`events` and `asked` may be shared by several providers: their order is the order in which it happened."""

    clock: FixedClock
    name: str = "stripe"
    events: list[SimulatedEvent] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    _out: _Outage | None = None
    _answers: dict[str, tuple[int, str, Fields | None]] = field(default_factory=dict)
    _made: int = 0

    @property
    def second(self) -> int:
        return epoch(self.clock.now())

    def go_out(self, length: timedelta, kind: Kind | None, first: Kind | None = None) -> None:
        """For so long every request meets this; and the first one, which is there when it begins, something else."""
        self._out = _Outage(self.clock.now() + length, kind, first)

    def befalls(self) -> Kind | None:
        """What the next request meets, if it comes now."""
        out = self._out
        if out is None or self.clock.now() >= out.until:
            return None
        kind, out.first = out.first or out.kind, None
        return kind

    def under_key(self, key: str, parameters: str, make: Callable[[], Fields], kind: Kind | None = None) -> Fields:
        """Do it once for a key. Raises `Refused` for other parameters, `Broken` for a failure that was kept."""
        at, sent, answer = self._answers.get(key, (0, "", None))
        if at and self.second - at < KEEPS_KEYS.total_seconds():
            if sent != parameters:
                raise Refused("idempotency_error")
            if answer is None:
                raise Broken
            return answer
        made = None if kind is Kind.BROKEN else make()
        told = None if kind is Kind.BROKEN_LATE else made
        self._answers[key] = (self.second, parameters, told)
        if told is None:
            raise Broken
        return told

    def tell(self, type_: str, subject: Fields, account: str | None = None, *, lone: bool = False) -> None:
        id_ = self.new_id("evt")
        about = {"account": account} if account else {}
        told = {"id": id_, "type": type_, "created": self.second, "data": {"object": subject}, **about}
        self.events.append(SimulatedEvent(self.name, id_, type_, json.dumps(told).encode(), lone))

    def new_id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self.name}_{self._made}"
