"""The reconciler as a function: when it stops, what it logs and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.kernel.ids import IdFactory, is_id
from tollgate.reconciliation.model import Run
from tollgate.reconciliation.notes import OnFailure
from tollgate.reconciliation.service import Reconciler
from tollgate.runtime.observability import cause_of, flush

# A provider's answer may take ten seconds, and what it says must still be stored.
LAST_SECONDS = 30
SCHEDULE, OPERATOR = "schedule", "operator"


class ReconcilerFunction:
    """Runs every five minutes, and when an operator asks."""

    def __init__(self, reconciler: Reconciler, ids: IdFactory, logger: Logger, metrics: Metrics) -> None:
        self._reconciler = reconciler
        self._ids = ids
        self._logger = logger
        self._metrics = metrics

    def run(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """One run. An operator's request brings the run's id, so that it can be found."""
        self._logger.set_correlation_id(context.aws_request_id)
        asked = str(event.get("run_id", ""))
        known = is_id("run", asked)
        run = self._reconciler.run(
            asked if known else self._ids.new("run"),
            OPERATOR if known else SCHEDULE,
            lambda: context.get_remaining_time_in_millis() < LAST_SECONDS * 1000,
        )
        self._count(run)
        self._logger.info("reconciled", **_told(run))
        flush(self._metrics)
        return _told(run)

    def _count(self, run: Run) -> None:
        self._metrics.add_metric("Reconciliation.runs", MetricUnit.Count, 1)
        self._metrics.add_metric("Reconciliation.failed", MetricUnit.Count, run.failed)
        self._metrics.add_metric("Reconciliation.incomplete", MetricUnit.Count, int(not run.complete))
        self._metrics.add_metric("Reconciliation.needs_somebody", MetricUnit.Count, run.needs_somebody)
        self._metrics.add_metric("Reconciliation.found", MetricUnit.Count, sum(run.found.values()))
        self._metrics.add_metric("Reconciliation.repaired", MetricUnit.Count, sum(run.repaired.values()))
        for kind, count in run.found.items():
            self._metrics.add_metric(f"Reconciliation.found.{kind}", MetricUnit.Count, count)


def failures_to(logger: Logger) -> OnFailure:
    """Logs what could not be examined."""

    def tell(what: str, error: Exception) -> None:
        logger.error("not examined", what=what, kind=type(error).__name__, cause=cause_of(error))

    return tell


def _told(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "trigger": run.trigger,
        "examined": dict(run.examined),
        "found": dict(run.found),
        "repaired": dict(run.repaired),
        "needs_somebody": run.needs_somebody,
        "failed": run.failed,
        "complete": run.complete,
        "skipped": list(run.skipped),
    }
