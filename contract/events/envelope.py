"""What every event has, and how a type of event is written down."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from contract.shapes import Shape


@dataclass(frozen=True)
class EventType:
    """One type of event, as it is stored. `aggregate` says what it is about, `data` what it tells."""

    name: str
    aggregate: str
    means: str
    data: type[BaseModel]


class Aggregate(Shape):
    """What the event is about."""

    type: str
    id: str
