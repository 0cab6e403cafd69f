"""From the core table's stream to the bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from tollgate.adapters.eventbridge import EventBus, Message
from tollgate.payments.events import published_as
from tollgate.routing.circuit import CIRCUIT_OPENED
from tollgate.runtime.observability import flush


class EventRelay:
    """At least once, in the order of the stream: what is not surely on the bus is reported, and comes again with all
    after it.
    """

    def __init__(self, bus: EventBus, logger: Logger, metrics: Metrics) -> None:
        self._bus = bus
        self._logger = logger
        self._metrics = metrics

    def publish(self, records: Sequence[dict[str, Any]], request_id: str) -> PartialItemFailureResponse:
        """Publish every new event among the records, under its own name and its aliases."""
        self._logger.set_correlation_id(request_id)
        messages: list[Message] = []
        owners: list[dict[str, Any]] = []
        for record in records:
            names = messages_of(record)
            messages += names
            owners += [record] * len(names)
        published = self._bus.put(messages)
        accepted = published.accepted
        self._metrics.add_metric("EventsPublished", MetricUnit.Count, accepted)
        self._tell_of_circuits(messages[:accepted])
        failures: PartialItemFailureResponse = {"batchItemFailures": []}
        if accepted < len(messages):
            sequence = owners[accepted]["dynamodb"]["SequenceNumber"]
            self._logger.error("not published; it comes again", sequence=sequence, cause=published.failure)
            self._metrics.add_metric("EventsNotPublished", MetricUnit.Count, len(messages) - accepted)
            failures["batchItemFailures"].append({"itemIdentifier": sequence})
        flush(self._metrics)
        return failures

    def _tell_of_circuits(self, published: Sequence[Message]) -> None:
        """Here, since every function opens circuits, and an alarm listens to one."""
        opened = sum(each.detail_type == CIRCUIT_OPENED for each in published)
        if opened:
            self._metrics.add_metric("ProviderCircuitOpened", MetricUnit.Count, opened)


def messages_of(record: dict[str, Any]) -> list[Message]:
    """None for anything but the birth of an event: the stream also tells of changes and of expired items."""
    image = record["dynamodb"].get("NewImage", {})
    if record["eventName"] != "INSERT" or image.get("kind", {}).get("S") != "event":
        return []
    return [Message(name, image["body"]["S"]) for name in published_as(image["type"]["S"])]
