"""The steps of dunning, as their state machine asks for them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import is_id
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import flush
from tollgate.subscriptions.dunning import Dunning
from tollgate.subscriptions.ports import SubscriptionKey


class DunningSteps:
    """What it raises, the machine tries again."""

    def __init__(self, dunning: Dunning, logger: Logger, metrics: Metrics) -> None:
        self._dunning = dunning
        self._logger = logger
        self._metrics = metrics

    def step(self, given: dict[str, Any], context: LambdaContext) -> dict[str, str | None]:
        """`{"outcome", "until"}` for `{"tenant", "subscription", "invoice"}`."""
        tenant, subscription, invoice = (str(given[name]) for name in ("tenant", "subscription", "invoice"))
        if not TENANT_PATTERN.fullmatch(tenant) or not is_id("sub", subscription):
            raise ValueError("its names are none of ours")
        self._logger.set_correlation_id(context.aws_request_id)
        step = self._dunning.step(SubscriptionKey(tenant, subscription), invoice)
        until = to_iso(step.until) if step.until else None
        self._logger.info("dunning", outcome=step.outcome, until=until, tenant=tenant, subscription=subscription)
        self._metrics.add_metric(f"Dunning.{step.outcome}", MetricUnit.Count, 1)
        flush(self._metrics)
        return {"outcome": step.outcome.value, "until": until}
