"""Events of what the reconciler found."""

from __future__ import annotations

from typing import Any

from contract.events.envelope import EventType
from contract.shapes import Shape
from tollgate.reconciliation.model import AGGREGATE, Kind, Remedy, Repair


class Subject(Shape):
    """What it is about."""

    type: str
    id: str


class Finding(Shape):
    """`detail` holds ids and words for whoever looks at it."""

    finding_id: str
    kind: Kind
    subject: Subject
    remedy: Remedy
    repair: Repair
    detail: dict[str, Any]


EVENTS = (
    EventType("payments.reconciliation.found", AGGREGATE, "Something was not as it should be.", Finding),
    EventType("payments.reconciliation.repaired", AGGREGATE, "A remedy was applied, or somebody settled it.", Finding),
)
