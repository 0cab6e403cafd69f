"""Who is asking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import FieldError, Forbidden, TollgateError

EVERY_TENANT = "*"
TENANT_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


class AuthRequired(TollgateError):
    """No credentials came."""

    code = "AUTH_REQUIRED"


class InvalidToken(TollgateError):
    """Credentials came that prove nothing."""

    code = "INVALID_TOKEN"


class TokenExpired(TollgateError):
    """A token whose time is over."""

    code = "TOKEN_EXPIRED"


class SavedMethodForbidden(Forbidden):
    """A person named a method that is saved at a provider; names each field. Nothing here knows whose it is."""

    code = "SAVED_METHOD_FORBIDDEN"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("saved methods and charges without the buyer are for services; people send a token")
        self.errors = tuple(errors)


class Role(StrEnum):
    """What a person may be, in their tenant."""

    USER = "user"
    VENUE_MANAGER = "venue_manager"
    VENUE_OWNER = "venue_owner"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a token of ours. `id` is the token's `sub`."""

    id: str
    tenant: str
    role: Role
    venues: frozenset[str]

    def viewer(self, asked_tenant: str | None) -> Viewer:
        """Admins see their tenant, everyone else their own."""
        if asked_tenant not in (None, self.tenant):
            raise Forbidden("this token is for another tenant")
        return Viewer(self.tenant, None if self.role is Role.ADMIN else self.id)


@dataclass(frozen=True, slots=True)
class Service:
    """A product's backend. `tenants` lists those it acts for; `*` is all."""

    name: str
    tenants: frozenset[str]

    def viewer(self, asked_tenant: str | None) -> Viewer:
        """A service says for which tenant it asks, and must be allowed to."""
        if not asked_tenant or not TENANT_PATTERN.fullmatch(asked_tenant):
            raise Forbidden("send the header x-tenant-id: a service acts for one tenant at a time")
        if not self.acts_for(asked_tenant):
            raise Forbidden("this service does not act for that tenant")
        return Viewer(asked_tenant, None)

    def acts_for(self, tenant: str) -> bool:
        """Whether that tenant is on its list."""
        return EVERY_TENANT in self.tenants or tenant in self.tenants


type Principal = Person | Service
