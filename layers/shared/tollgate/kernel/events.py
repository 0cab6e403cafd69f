"""The event envelope: audit trail, outbox record and history of an aggregate in one, stored with the change it tells
of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import derived


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about one aggregate. `sequence` starts at 1 and has no gaps; the id follows from aggregate and
    sequence.
    """

    type: str
    tenant: str
    aggregate_type: str
    aggregate_id: str
    sequence: int
    occurred_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    trace: str | None = None
    version: int = 1

    @property
    def id(self) -> str:
        """The same in every delivery of this event, so that consumers can drop what they have seen."""
        return event_id(self.tenant, self.aggregate_type, self.aggregate_id, self.sequence)

    def envelope(self) -> dict[str, Any]:
        """What subscribers receive as `detail`."""
        return {
            "id": self.id,
            "type": self.type,
            "version": self.version,
            "tenant": self.tenant,
            "aggregate": {"type": self.aggregate_type, "id": self.aggregate_id},
            "sequence": self.sequence,
            "occurred_at": to_iso(self.occurred_at),
            "data": dict(self.data),
            "trace": self.trace,
        }

    def to_json(self) -> str:
        """The envelope as it is stored and published, byte for byte the same each time."""
        return json.dumps(self.envelope(), separators=(",", ":"), ensure_ascii=False)


def event_id(tenant: str, aggregate_type: str, aggregate_id: str, sequence: int) -> str:
    """The id that follows from whose event it is, and which."""
    return derived("evt", tenant, aggregate_type, aggregate_id, str(sequence))
