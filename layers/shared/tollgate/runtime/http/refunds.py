"""Who may give money back."""

from __future__ import annotations

from tollgate.kernel.errors import Forbidden
from tollgate.refunds.service import MayRefund
from tollgate.runtime.http.principal import Person, Principal, Role


def refunder(principal: Principal, asked_tenant: str | None) -> MayRefund:
    """Admins and services for every payment of the tenant, a venue's owner for those of their venues. `Forbidden` for
    everyone else.
    """
    viewer = principal.viewer(asked_tenant)
    if viewer.user is None:
        return MayRefund(viewer.tenant, None)
    if isinstance(principal, Person) and principal.role is Role.VENUE_OWNER:
        return MayRefund(viewer.tenant, principal.venues)
    raise Forbidden("refunds are for admins, for owners of the venue, and for services")
