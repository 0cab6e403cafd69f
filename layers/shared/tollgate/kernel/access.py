"""Who is looking. Every read and every change names a viewer, so that no record leaves its tenant or its owner by
accident.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """`user` is None for those who see the whole tenant: its admins and the services that act for it."""

    tenant: str
    user: str | None

    def sees(self, owner: str) -> bool:
        """Whether a record of this owner, in the viewer's own tenant, may be shown."""
        return self.user is None or self.user == owner
