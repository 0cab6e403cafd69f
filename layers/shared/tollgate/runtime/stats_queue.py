"""From the queue of published events to the counters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from tollgate.kernel.clock import from_iso
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.ids import is_id
from tollgate.kernel.money import Money
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import cause_of, flush
from tollgate.statistics.model import OUTCOME_OF, Occurrence
from tollgate.statistics.service import Counted, Statistics

# As many digits as the sort key of an event has.
_MAX_SEQUENCE = 10**10 - 1
_FIRST_YEAR, _LAST_YEAR = 2000, 9990


class StatsQueue:
    """Counts a batch at once. What cannot be read goes back, and after some tries to the dead letters: whatever wrote
    it, it must not vanish unseen.
    """

    def __init__(self, statistics: Statistics, logger: Logger, metrics: Metrics) -> None:
        self._statistics = statistics
        self._logger = logger
        self._metrics = metrics

    def count(self, records: Sequence[Mapping[str, Any]], request_id: str) -> PartialItemFailureResponse:
        """Reports the messages that must come again."""
        self._logger.set_correlation_id(request_id)
        readable: list[Occurrence] = []
        failed: list[str] = []
        for record in records:
            try:
                readable.append(occurrence_of(record["body"]))
            except ValueError:
                self._logger.exception("not an event of a payment", sqs_message=record["messageId"])
                failed.append(record["messageId"])
        if not self._count(readable):
            failed = [record["messageId"] for record in records]
        flush(self._metrics)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def _count(self, readable: Sequence[Occurrence]) -> bool:
        """False when the store was too busy: what it took before is recognised when all of it comes again."""
        try:
            self._tell(self._statistics.count(readable))
        except RetryableError as error:
            self._logger.warning("not counted; it comes again", cause=cause_of(error))
            return False
        return True

    def _tell(self, counted: Counted) -> None:
        for stranger in counted.strangers:
            told: dict[str, Any] = {
                "payment": stranger.payment_id,
                "sequence": stranger.sequence,
                "type": stranger.type,
            }
            self._logger.warning("not one of our events; not counted", tenant=stranger.tenant, **told)
        self._metrics.add_metric("StatisticsCounted", MetricUnit.Count, counted.marked)
        self._metrics.add_metric("StatisticsRepeated", MetricUnit.Count, counted.repeated)
        self._metrics.add_metric("StatisticsUnknown", MetricUnit.Count, len(counted.strangers))


def occurrence_of(body: str) -> Occurrence:
    """The event of ours in a message that EventBridge wrote; `ValueError` for anything else."""
    try:
        envelope = json.loads(body)["detail"]
        data, aggregate = envelope["data"], envelope["aggregate"]
        created_at = data.get("created_at")
        occurrence = Occurrence(
            tenant=envelope["tenant"],
            payment_id=aggregate["id"],
            sequence=envelope["sequence"],
            type=envelope["type"],
            created_at=None if created_at is None else from_iso(created_at),
            amount=Money(data["amount"] - _prepaid(data), data["currency"]),
            occurred_at=from_iso(envelope["occurred_at"]),
        )
        if aggregate["type"] == "payment" and _is_ours(occurrence):
            return occurrence
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, TollgateError) as error:
        raise ValueError(f"{type(error).__name__} while reading it") from error
    raise ValueError("its names are none of ours")


def _prepaid(data: Mapping[str, Any]) -> int:
    """What was paid with gift cards and credit came in when those were sold."""
    return sum(each["amount"] for each in data.get("tenders", []))


def _is_ours(occurrence: Occurrence) -> bool:
    """Whether it can be looked up: what is not shaped like our keys never reaches the table."""
    return (
        TENANT_PATTERN.fullmatch(occurrence.tenant) is not None
        and is_id("pay", occurrence.payment_id)
        and type(occurrence.sequence) is int
        and 0 < occurrence.sequence <= _MAX_SEQUENCE
        and occurrence.type in OUTCOME_OF
        and (occurrence.created_at is None or _is_instant(occurrence.created_at))
        and _is_instant(occurrence.occurred_at)
    )


def _is_instant(when: datetime) -> bool:
    """At the ends of the calendar there is no time before or after to reckon with."""
    return when.tzinfo is not None and _FIRST_YEAR <= when.year <= _LAST_YEAR
