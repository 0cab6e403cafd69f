"""Who may see and do what concerns a whole tenant."""

from __future__ import annotations

from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import Forbidden
from tollgate.runtime.http.principal import Principal


def administrator(principal: Principal, asked_tenant: str | None) -> Viewer:
    """The tenant that an admin belongs to, or that a service acts for; `Forbidden` for everyone else."""
    viewer = principal.viewer(asked_tenant)
    if viewer.user is not None:
        raise Forbidden("this is for admins of the tenant, and for services that act for it")
    return viewer
