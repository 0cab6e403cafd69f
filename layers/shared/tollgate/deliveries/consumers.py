"""Who gets our events: a product's backend, by its key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

EVERY_TENANT = "*"
KEY_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,31}")
# A name under which events are stored, or the beginning of some: `payments.refund.*`.
TYPE_PATTERN = re.compile(r"[a-z_]+(?:\.[a-z_]+)*(?:\.\*)?")


@dataclass(frozen=True, slots=True)
class Consumer:
    """`tenants` whose events it gets (`*` is all of them, and what belongs to none), of these `types` (all, where it
    names none), if they occurred at `since` or later. One that is not `active` gets nothing, and goes on where it was
    when it is again.
    """

    key: str
    url: str
    tenants: frozenset[str]
    types: frozenset[str]
    since: datetime
    active: bool = True

    def hears_of(self, tenant: str) -> bool:
        """Whether events of this tenant are for it."""
        return self.active and (EVERY_TENANT in self.tenants or tenant in self.tenants)

    def wants(self, type_: str) -> bool:
        """Whether events of this type are, by the one name under which they are stored."""
        return not self.types or type_ in self.types or any(_begins(type_, each) for each in self.types)

    def takes(self, type_: str, occurred_at: datetime) -> bool:
        """Whether this event is."""
        return occurred_at >= self.since and self.wants(type_)


def _begins(type_: str, wanted: str) -> bool:
    return wanted.endswith(".*") and type_.startswith(wanted[:-1])
