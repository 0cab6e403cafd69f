"""Renewing as a function: which lanes it sweeps, when it stops, what it logs and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.adapters.dynamodb.renewals import LANES
from tollgate.runtime.observability import cause_of, flush
from tollgate.subscriptions.ports import SubscriptionKey
from tollgate.subscriptions.renewing import OnFailure, RenewalSweep, Renewed

# A provider's answer may take twelve seconds, and what it says must still be stored.
LAST_SECONDS = 30


class RenewerFunction:
    """Runs every five minutes over all lanes, or over those that its event names: `{"lanes": [0, 1, 2, 3]}`."""

    def __init__(self, sweep: RenewalSweep, logger: Logger, metrics: Metrics) -> None:
        self._sweep = sweep
        self._logger = logger
        self._metrics = metrics

    def run(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """One run; what it has no time for is the next one's. Raises `ValueError` for lanes that are not there, and,
        once all is counted, what kept it from reading one that is.
        """
        self._logger.set_correlation_id(context.aws_request_id)
        lanes = _lanes(event)
        swept = self._sweep.run(lanes, lambda: context.get_remaining_time_in_millis() < LAST_SECONDS * 1000)
        done, complete = swept.done, swept.complete
        told = {outcome.value: done[outcome] for outcome in Renewed if done[outcome]}
        self._metrics.add_metric("Renewals.runs", MetricUnit.Count, 1)
        self._metrics.add_metric("Renewals.incomplete", MetricUnit.Count, int(not complete))
        for outcome in Renewed:
            self._metrics.add_metric(f"Renewals.{outcome.value}", MetricUnit.Count, done[outcome])
        answer = {"lanes": lanes, "done": told, "complete": complete}
        self._logger.info("renewals", extra=answer)
        flush(self._metrics)
        if swept.errors:
            raise swept.errors[0]
        return answer


def failures_to(logger: Logger) -> OnFailure:
    """Logs what could not be renewed."""

    def tell(key: SubscriptionKey, error: Exception) -> None:
        logger.error(
            "not renewed", tenant=key.tenant, subscription=key.id, kind=type(error).__name__, cause=cause_of(error)
        )

    return tell


def _lanes(event: Mapping[str, Any]) -> Sequence[int]:
    lanes = list(event.get("lanes", range(LANES)))
    if not lanes or any(lane not in range(LANES) for lane in lanes):
        raise ValueError(f"lanes are numbered from 0 to {LANES - 1}")
    return lanes
