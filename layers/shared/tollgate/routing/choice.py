"""What is sold, as far as it decides who takes the money; and the answer, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tollgate.fees.providers import Risk


class Reason(StrEnum):
    """Why a provider was chosen. It is kept on the payment."""

    REQUESTED = "requested"  # by the caller
    ONLY = "only"  # nobody else takes such a sale
    PREFERRED = "preferred"  # by an operator's rules
    CHEAPEST = "cheapest"
    DEFAULT = "default"  # nobody is cheaper
    HEALTHY = "healthy"  # the only one whose circuit is closed
    PROBE = "probe"  # this sale tries whether the provider works again
    LEAST_DEGRADED = "least_degraded"  # none works, and this one is likeliest to
    FAILOVER = "failover"  # whoever was asked before did not answer
    RECURRING = "recurring"  # its provider charges a subscription by itself, and was not chosen anew
    COVERED = "covered"  # tenders pay for everything, and no provider is asked


class LeftOut(StrEnum):
    """Why a provider does not take a sale; the later, the nearer it came."""

    DISABLED = "disabled"  # by the deployment
    KILLED = "killed"  # by an operator
    NOT_REQUESTED = "not_requested"
    METHOD = "method"
    CURRENCY = "currency"
    RISK = "risk"
    RECURRING = "recurring"
    CIRCUIT_OPEN = "circuit_open"
    OUTRANKED = "outranked"  # it could, and another was chosen


@dataclass(frozen=True, slots=True)
class Sale:
    """`wanted` is the provider that the caller asks for."""

    tenant: str
    method: str
    currency: str
    risk: Risk = Risk.LOW
    recurring: bool = False
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Who takes a sale, and why. It `probes` where that one's circuit is open: whoever asks takes the probe first."""

    provider: str
    reason: Reason
    probes: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider with what it would keep of the sale, in minor units; None where nobody has said. `left_out` is None
    of the one that is chosen.
    """

    provider: str
    fee: int | None
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What would become of a sale; no route where nobody takes it."""

    route: Route | None
    candidates: tuple[Candidate, ...]
