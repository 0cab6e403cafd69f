"""The steps of a group's time, as its state machine asks for them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.group_payments.deadline import GroupDeadline
from tollgate.group_payments.model import GROUP_PREFIX, OPEN
from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import is_id
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import flush

WAITING = "waiting"


class GroupSteps:
    """What it raises, the machine tries again."""

    def __init__(self, deadline: GroupDeadline, logger: Logger, metrics: Metrics) -> None:
        self._deadline = deadline
        self._logger = logger
        self._metrics = metrics

    def step(self, given: dict[str, Any], context: LambdaContext) -> dict[str, str | None]:
        """`{"outcome", "until"}` for `{"tenant", "group"}`: `waiting`, or how the group has ended."""
        tenant, group = str(given["tenant"]), str(given["group"])
        if not TENANT_PATTERN.fullmatch(tenant) or not is_id(GROUP_PREFIX, group):
            raise ValueError("its names are none of ours")
        self._logger.set_correlation_id(context.aws_request_id)
        step = self._deadline.step(tenant, group)
        outcome = WAITING if step.state in OPEN else step.state.value
        until = to_iso(step.until) if step.until else None
        self._logger.info("group", outcome=outcome, until=until, tenant=tenant, group=group)
        self._metrics.add_metric(f"Groups.{outcome}", MetricUnit.Count, 1)
        flush(self._metrics)
        return {"outcome": outcome, "until": until}
