"""Who may charge what: a token is in its buyer's hands, and a method that is saved at a provider in nobody's."""

from __future__ import annotations

from collections.abc import Mapping

from tollgate.kernel.errors import FieldError
from tollgate.runtime.http.principal import Principal, SavedMethodForbidden, Service

# Between a provider's customer and the method that is saved for them.
_OF_A_CUSTOMER = "/"


def require_own_source(principal: Principal | None, sources: Mapping[str, str], *, off_session: bool = False) -> None:
    """Services know their buyers and what these have saved. Raises `SavedMethodForbidden`."""
    if isinstance(principal, Service):
        return
    saved = [f"sources.{provider}" for provider, source in sources.items() if _OF_A_CUSTOMER in source]
    errors = [
        FieldError(each, "a customer's saved method is charged for services only; send a token") for each in saved
    ]
    if off_session:
        errors.append(FieldError("offSession", "only services charge a buyer who is not there"))
    if errors:
        raise SavedMethodForbidden(errors)
