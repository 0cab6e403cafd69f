"""The steps of an escrow, as their state machine asks for them, and its waiting."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.escrow.model import HELD
from tollgate.escrow.settling import EscrowDesk, EscrowWait
from tollgate.kernel.ids import is_id
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import flush

WAITING = "waiting"


class EscrowSteps:
    """What it raises, the machine tries again."""

    def __init__(self, desk: EscrowDesk, wait: EscrowWait, logger: Logger, metrics: Metrics) -> None:
        self._desk = desk
        self._wait = wait
        self._logger = logger
        self._metrics = metrics

    def step(self, given: dict[str, Any], context: LambdaContext) -> dict[str, str | int | None]:
        """`{"tenant", "escrow", "outcome", "seconds"}` for `{"tenant", "escrow"}`: what is due is done. With a `token`
        nothing is done but to wait for what happens.
        """
        tenant, id_ = str(given["tenant"]), str(given["escrow"])
        if not TENANT_PATTERN.fullmatch(tenant) or not is_id("esc", id_):
            raise ValueError("its names are none of ours")
        self._logger.set_correlation_id(context.aws_request_id)
        outcome, seconds = self._waited(tenant, id_, given) if "token" in given else self._done(tenant, id_)
        self._logger.info("escrow", outcome=outcome, seconds=seconds, tenant=tenant, escrow=id_)
        self._metrics.add_metric(f"Escrow.{outcome}", MetricUnit.Count, 1)
        flush(self._metrics)
        return {"tenant": tenant, "escrow": id_, "outcome": outcome, "seconds": seconds}

    def _waited(self, tenant: str, id_: str, given: dict[str, Any]) -> tuple[str, int | None]:
        return ("begun" if self._wait.begin(tenant, id_, str(given["token"])) else "nothing_to_wait_for"), None

    def _done(self, tenant: str, id_: str) -> tuple[str, int | None]:
        step = self._desk.step(tenant, id_)
        return (WAITING if step.state in HELD else step.state.value), step.seconds
