"""What tells how this deployment is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import tollgate
from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.clock import Clock, to_iso
from tollgate.kernel.errors import RetryableError
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Health:
    """Answers without secrets: anyone may ask."""

    settings: Settings
    tables: dict[str, Table]
    clock: Clock

    def alive(self) -> dict[str, Any]:
        """That the function runs."""
        return self._report("healthy", {"api": "healthy"})

    def ready(self) -> dict[str, Any]:
        """That it reaches its tables: one read each."""
        components = {name: _state(table) for name, table in self.tables.items()}
        healthy = all(state == "healthy" for state in components.values())
        return self._report("healthy" if healthy else "unhealthy", components)

    def info(self) -> dict[str, Any]:
        """What this deployment is, and what is switched on."""
        settings = self.settings
        return {
            "service": "tollgate",
            "version": tollgate.__version__,
            "environment": settings.environment,
            "processor": settings.default_provider,
            "features": {
                "stripe": settings.stripe_enabled,
                "segpay": settings.segpay_enabled,
                "square": settings.square_enabled,
                "paypal": settings.paypal_enabled,
                "mock": settings.mock_enabled,
                "webhooks": True,
            },
            "status": "running",
        }

    def _report(self, status: str, components: dict[str, str]) -> dict[str, Any]:
        return {
            "status": status,
            "service": "tollgate",
            "timestamp": to_iso(self.clock.now()),
            "components": components,
        }


def _state(table: Table) -> str:
    try:
        table.get(keys.HEALTH)
    except (RetryableError, BotoCoreError, ClientError):
        return "unhealthy"
    return "healthy"


def compose(settings: Settings) -> Health:
    """Both tables, and nothing else."""
    storage = open_storage(settings)
    return Health(settings, {"core": storage.core, "inbox": storage.inbox}, clock_for(settings.clock_file))
