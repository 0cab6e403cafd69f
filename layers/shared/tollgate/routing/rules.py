"""What operators say about routing, without a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

EVERY_TENANT = "*"


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """Providers that get no new sale, and those that are preferred, in this order."""

    disabled: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()

    def under(self, shared: RoutingRules) -> RoutingRules:
        """A tenant's own, with those for everybody: what is disabled for all stays so, and its own order goes first."""
        return RoutingRules(self.disabled | shared.disabled, self.order or shared.order)


@dataclass(frozen=True, slots=True)
class StoredRules:
    """Rules with who wrote them, and when; both are None where nobody has."""

    rules: RoutingRules = RoutingRules()
    by: str | None = None
    at: datetime | None = None
