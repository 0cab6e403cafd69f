"""Whether this deployment lives, and what it is."""

from __future__ import annotations

from typing import Literal

from contract.operations import Operation, Who
from contract.shapes import Answer, Instant

State = Literal["healthy", "unhealthy"]


class Health(Answer):
    """Its parts, each with its state."""

    status: State
    service: Literal["tollgate"]
    timestamp: Instant
    components: dict[str, State]


class Info(Answer):
    """What is deployed, and what is switched on."""

    service: Literal["tollgate"]
    version: str
    environment: str
    processor: str
    features: dict[str, bool]
    status: Literal["running"]


OPERATIONS = (
    Operation("GET /health", "showHealth", "Health", "Say that it runs", {200: Health}, who=Who.EVERYONE),
    Operation(
        "GET /health/ready",
        "showReadiness",
        "Health",
        "Say whether it reaches its tables",
        {200: Health, 503: Health},
        who=Who.EVERYONE,
    ),
    Operation("GET /info", "showInfo", "Health", "Say what is deployed", {200: Info}, who=Who.EVERYONE),
)
