"""From the inbox table's stream to the rooms."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.adapters.dynamodb.inbox import from_stream_image
from tollgate.inbox.model import Outcome
from tollgate.inbox.service import InboxService
from tollgate.runtime.observability import flush


class InboxStream:
    """Applies each new provider event; reports those that must come again."""

    def __init__(self, inbox: InboxService, logger: Logger, metrics: Metrics) -> None:
        self._inbox = inbox
        self._logger = logger
        self._metrics = metrics

    def consume(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Lambda sends again from the first reported record on; those after it that stood are found settled."""
        self._logger.set_correlation_id(context.aws_request_id)
        processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
        with processor(event["Records"], self._apply, lambda_context=context):
            processor.process()
        flush(self._metrics)
        return processor.response()

    def _apply(self, record: DynamoDBRecord) -> None:
        raw = record.raw_event
        image = raw["dynamodb"].get("NewImage", {})
        kind = image.get("kind", {}).get("S")
        if raw["eventName"] != "INSERT" or kind not in ("provider_event", "provider_event_wake"):
            return
        try:
            outcome = self._outcome(kind, image)
        except Exception:
            # The batch processor keeps it to itself; the stream only tries again.
            self._logger.exception("provider event comes again", keys=raw["dynamodb"].get("Keys"))
            self._metrics.add_metric("ProviderEvents.error", MetricUnit.Count, 1)
            raise
        self._metrics.add_metric(f"ProviderEvents.{outcome or 'duplicate'}", MetricUnit.Count, 1)
        log = self._logger.error if outcome in (Outcome.FAILED, Outcome.HELD) else self._logger.info
        told = {name: image[name]["S"] for name in ("provider", "event_id", "type") if name in image}
        log("provider event", **told, outcome=outcome or "duplicate")

    def _outcome(self, kind: str, image: dict[str, Any]) -> Outcome | None:
        if kind == "provider_event":
            return self._inbox.apply(from_stream_image(image))
        return self._inbox.wake(image["provider"]["S"], image["event_id"]["S"])
