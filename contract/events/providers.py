"""Events of providers: of no tenant, since what is out of order is so for all."""

from __future__ import annotations

from contract.events.envelope import EventType
from contract.shapes import Instant, Shape
from tollgate.routing.circuit import AGGREGATE, CIRCUIT_CLOSED, CIRCUIT_OPENED, Cause


class CircuitOpened(Shape):
    """`probe_at` is when one call will try it again."""

    provider: str
    cause: Cause
    probe_at: Instant


class CircuitClosed(Shape):
    """`opened_at` is when that began."""

    provider: str
    opened_at: Instant


EVENTS = (
    EventType(
        CIRCUIT_OPENED, AGGREGATE, "A provider does not answer, and gets no sale that another takes.", CircuitOpened
    ),
    EventType(CIRCUIT_CLOSED, AGGREGATE, "A provider answers again.", CircuitClosed),
)
