"""A figure, the limit it is held to, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

type Kind = Literal["counted", "timed"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `limit` None: reported beside, held to nothing. `gated` False: too few rounds to judge it by."""

    name: str
    value: float
    unit: str
    kind: Kind
    limit: float | None = None
    gated: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        """What the table says about it."""
        if self.limit is None:
            return ""
        within = self.value <= self.limit
        return ("ok" if within else "OVER") if self.gated else ("ok, not judged" if within else "over, not judged")

    @property
    def fails(self) -> bool:
        return self.gated and self.limit is not None and self.value > self.limit

    def as_json(self) -> dict[str, Any]:
        fields = {"name": self.name, "value": round(self.value, 3), "unit": self.unit, "kind": self.kind}
        held = {"limit": self.limit, "verdict": self.verdict}
        return fields | held | ({"note": self.note} if self.note else {})
