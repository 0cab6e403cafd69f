"""From a queue of published events to what is to be done about each."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.kernel.errors import RetryableError
from tollgate.kernel.ids import is_id
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import cause_of, flush


@dataclass(frozen=True, slots=True)
class Published:
    """An event of ours about one aggregate. Its `data` is what was written to the bus, whoever did."""

    tenant: str
    type: str
    aggregate_type: str
    aggregate_id: str
    data: Mapping[str, Any]


class Work(ABC):
    """What is done about an event."""

    # The types it knows, and of what: the prefix of the ids of each aggregate.
    types: frozenset[str]
    aggregates: Mapping[str, str]
    # Names its metrics.
    name: str

    @abstractmethod
    def do(self, published: Published) -> str:
        """A word for what came of it. Whatever is raised, the event comes again."""


class EventQueue:
    """One after the other. What fails comes again, and after some tries goes to the dead letters."""

    def __init__(self, work: Work, logger: Logger, metrics: Metrics) -> None:
        self._work = work
        self._logger = logger
        self._metrics = metrics

    def take(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Reports the messages that must come again."""
        self._logger.set_correlation_id(context.aws_request_id)
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(event["Records"], self._take, lambda_context=context):
            processor.process()
        flush(self._metrics)
        return processor.response()

    def _take(self, record: SQSRecord) -> None:
        about: dict[str, Any] = {"sqs_message": record.message_id}
        try:
            published = published_in(record.body, self._work)
            about |= {"tenant": published.tenant, "subject": published.aggregate_id}
            outcome = self._work.do(published)
        except Exception as error:
            # The batch processor keeps it to itself; the queue only gives the message out again.
            if isinstance(error, RetryableError):
                self._logger.warning("not done; it comes again", cause=cause_of(error), **about)
            else:
                self._logger.exception("not done; it comes again", **about)
            self._metrics.add_metric(f"{self._work.name}.not_done", MetricUnit.Count, 1)
            raise
        self._logger.info("done", outcome=outcome, **about)
        self._metrics.add_metric(f"{self._work.name}.{outcome}", MetricUnit.Count, 1)


def published_in(body: str, work: Work) -> Published:
    """The event of ours in a message that EventBridge wrote; `ValueError` for anything else."""
    try:
        envelope = json.loads(body)["detail"]
        tenant, aggregate = envelope["tenant"], envelope["aggregate"]
        prefix = work.aggregates.get(aggregate["type"], "")
        ours = envelope["type"] in work.types and bool(prefix)
        if ours and TENANT_PATTERN.fullmatch(tenant) and is_id(prefix, aggregate["id"]):
            return Published(tenant, envelope["type"], aggregate["type"], aggregate["id"], dict(envelope["data"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__} while reading it") from error
    raise ValueError("its names are none of ours")
