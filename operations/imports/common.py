"""What records of every kind say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from operations.imports import shapes
from operations.imports.fields import Fields
from tollgate.catalog.rules import PROVIDERS

NAMES = frozenset({"kind", "tenant", "legacy_id", "user_id", "email", "provider", "amount", "currency"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the command says for all records; a record may say the same, and nothing else."""

    tenant: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Common:
    """Whose record it is."""

    tenant: str
    legacy_id: str
    user: str
    provider: str
    email: str | None = field(default=None, repr=False)

    def said(self) -> dict[str, Any]:
        return {
            "tenant": self.tenant,
            "legacy_id": self.legacy_id,
            "user": self.user,
            "provider": self.provider,
            "email": self.email,
        }


def read(fields: Fields, defaults: Defaults) -> Common:
    """Wrong fields are noted."""
    return Common(
        tenant=_tenant(fields, defaults.tenant),
        legacy_id=fields.text("legacy_id", shapes.LEGACY_ID),
        user=fields.text("user_id", shapes.USER),
        provider=fields.choice("provider", PROVIDERS),
        email=fields.maybe_text("email", shapes.EMAIL),
    )


def _tenant(fields: Fields, default: str) -> str:
    if not default:
        return fields.text("tenant", shapes.TENANT)
    if fields.chosen("tenant", default) != default:
        fields.wrong("tenant", "not the one that the command names")
    return default
