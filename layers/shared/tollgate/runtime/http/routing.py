"""Routing over HTTP: what operators say and ask, and what they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from tollgate.fees.providers import PriceList, Risk, Schedule
from tollgate.kernel.clock import to_iso
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.routing.choice import Sale, Simulation
from tollgate.routing.desk import ProviderHealth
from tollgate.routing.rules import EVERY_TENANT, RoutingRules, StoredRules
from tollgate.runtime.http.principal import Person, Principal
from tollgate.runtime.http.schemas import Body, Code, CurrencyCode

MAX_PROVIDERS = 20


class RulesBody(Body):
    """`PUT /admin/routing/rules`: all of them, as they are from now on. Neither may stay away: nobody brings a provider
    back by not mentioning it.
    """

    disabled: Annotated[list[Code], Field(max_length=MAX_PROVIDERS)]
    order: Annotated[list[Code], Field(max_length=MAX_PROVIDERS)]

    def rules(self) -> RoutingRules:
        return RoutingRules(frozenset(self.disabled), tuple(self.order))


class SimulateBody(Body):
    """`POST /admin/routing/simulate`: a sale of `amount` minor units that nobody makes."""

    method: Code = "card"
    currency: CurrencyCode
    amount: Annotated[int, Field(ge=1, le=10**12)]
    risk: Annotated[Risk, Field(strict=False)] = Risk.LOW
    recurring: bool = False
    provider: Code | None = None

    def sale(self, tenant: str) -> tuple[Sale, Money]:
        """What would be sold, and for how much. Raises `ValidationFailed` for a currency that there is not."""
        if self.currency not in MINOR_DIGITS:
            raise ValidationFailed([FieldError("currency", "an ISO 4217 code in capitals, such as USD")])
        sale = Sale(tenant, self.method, self.currency, self.risk, self.recurring, self.provider)
        return sale, Money(self.amount, self.currency)


def buyers_tenant(principal: Principal, asked_tenant: str | None) -> str:
    """Whose rules hold for what can be paid with: a service need not say for whom it asks."""
    if isinstance(principal, Person):
        return principal.tenant
    return asked_tenant if asked_tenant and principal.acts_for(asked_tenant) else EVERY_TENANT


def health(found: tuple[ProviderHealth, ...]) -> dict[str, Any]:
    """The default provider first."""
    return {"providers": [_provider(each) for each in found]}


def simulation(found: Simulation) -> dict[str, Any]:
    """Who would take the sale; fees are minor units of its currency."""
    return {
        "provider": found.route.provider if found.route else None,
        "reason": found.route.reason.value if found.route else None,
        "candidates": [
            {"provider": each.provider, "fee": each.fee, "leftOut": each.left_out.value if each.left_out else None}
            for each in found.candidates
        ],
    }


def rules(tenant: str, stored: StoredRules) -> dict[str, Any]:
    """With who wrote them, and when."""
    return {
        "tenant": tenant,
        "disabled": sorted(stored.rules.disabled),
        "order": list(stored.rules.order),
        "updatedBy": stored.by,
        "updatedAt": _instant(stored.at),
    }


def _provider(found: ProviderHealth) -> dict[str, Any]:
    circuit = found.circuit
    return {
        "provider": found.offer.provider,
        "enabled": found.offer.enabled,
        "killed": found.killed,
        "circuit": {
            "state": circuit.state.value,
            "since": _instant(circuit.since),
            "nextProbeAt": _instant(circuit.probe_at),
            "cause": circuit.cause.value if circuit.cause else None,
            "failedProbes": circuit.failures,
        },
        "fees": _fees(found.fees),
    }


def _fees(listed: PriceList | None) -> dict[str, Any] | None:
    if listed is None:
        return None
    return {risk.value: _schedule(schedule) for risk, schedule in sorted(listed.by_risk.items())}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {"basisPoints": schedule.basis_points, "fixed": dict(schedule.fixed)}


def _instant(at: datetime | None) -> str | None:
    return to_iso(at) if at else None
