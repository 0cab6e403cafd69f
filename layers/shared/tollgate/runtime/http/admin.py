"""Who may see and do what concerns a whole tenant, or all of them."""

from __future__ import annotations

from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import Forbidden
from tollgate.runtime.http.principal import EVERY_TENANT, Person, Principal, Service


def administrator(principal: Principal, asked_tenant: str | None) -> Viewer:
    """The tenant that an admin belongs to, or that a service acts for; `Forbidden` for everyone else."""
    viewer = principal.viewer(asked_tenant)
    if viewer.user is not None:
        raise Forbidden("this is for admins of the tenant, and for services that act for it")
    return viewer


def scope(principal: Principal, asked_tenant: str | None) -> str:
    """The admin's own tenant, or the one that a service names. `*` is for what belongs to none, or holds for all, and
    for services that act for all.
    """
    if asked_tenant == EVERY_TENANT and sees_all(principal):
        return EVERY_TENANT
    return administrator(principal, asked_tenant).tenant


def sees_all(principal: Principal) -> bool:
    """Whether it is a service that acts for every tenant."""
    return isinstance(principal, Service) and EVERY_TENANT in principal.tenants


def name_of(principal: Principal) -> str:
    """Who settled a finding, or wrote a rule."""
    return principal.id if isinstance(principal, Person) else f"service:{principal.name}"
