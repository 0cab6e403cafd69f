"""How sales are routed to providers, for admins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contract.http.admin import FOR_ADMINS
from contract.operations import Operation
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.routing.choice import LeftOut, Reason
from tollgate.routing.circuit import Cause, CircuitState
from tollgate.runtime.http.routing import RulesBody, SimulateBody

Share = Annotated[int, Field(ge=0, description="Basis points of the price.")]


class Circuit(Answer):
    """Whether the provider is asked. `since` is when that began; null where it never was otherwise."""

    state: CircuitState
    since: Instant | None
    next_probe_at: Instant | None
    cause: Cause | None
    failed_probes: Annotated[int, Field(ge=0)]


class Fees(Answer):
    """What is kept of a sale: a share of its price, and so much of each payment, by currency."""

    basis_points: Share
    fixed: dict[Currency, Amount]


class ProviderFees(Answer):
    """By how risky the sale is."""

    low: Fees
    high: Fees


class ProviderHealth(Answer):
    """`enabled` by the deployment, `killed` by an operator. Fees are null where nobody has said what it keeps."""

    provider: str
    enabled: bool
    killed: bool
    circuit: Circuit
    fees: ProviderFees | None


class RoutingHealth(Answer):
    """Every provider of the deployment, the default first."""

    providers: list[ProviderHealth]


class Candidate(Answer):
    """`fee` is what it would keep, in minor units. `leftOut` is null of the one that is chosen."""

    provider: str
    fee: Amount | None
    left_out: LeftOut | None


class Simulation(Answer):
    """Who would take the sale, and why; null where nobody would."""

    provider: str | None
    reason: Reason | None
    candidates: list[Candidate]


class RoutingRules(Answer):
    """`disabled` get no new sale; those of `order` are preferred, in this order."""

    tenant: str
    disabled: list[str]
    order: list[str]
    updated_by: str | None
    updated_at: Instant | None


OPERATIONS = (
    Operation(
        "GET /admin/routing/health",
        "showRoutingHealth",
        "Routing",
        "Show which providers work, and what they keep",
        {200: RoutingHealth},
        FOR_ADMINS,
        beyond_tenants=True,
    ),
    Operation(
        "POST /admin/routing/simulate",
        "simulateRouting",
        "Routing",
        "Tell which provider a sale would go to, and why",
        {200: Simulation},
        f"No provider is asked, and nothing changes. {FOR_ADMINS}",
        body=SimulateBody,
        beyond_tenants=True,
    ),
    Operation(
        "GET /admin/routing/rules",
        "showRoutingRules",
        "Routing",
        "Show what operators say about routing",
        {200: RoutingRules},
        f"Those of the tenant alone; those for everybody are under `*`. {FOR_ADMINS}",
        beyond_tenants=True,
    ),
    Operation(
        "PUT /admin/routing/rules",
        "writeRoutingRules",
        "Routing",
        "Take providers out of use, or prefer some, without a deployment",
        {200: RoutingRules},
        "All rules, in the place of what was there; seen everywhere within a minute. What is disabled under `*` is so "
        f"for every tenant, and a tenant's own order goes before that of all. {FOR_ADMINS}",
        body=RulesBody,
        beyond_tenants=True,
    ),
)
