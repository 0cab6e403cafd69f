"""From the queues to the lanes: what was published, what is tried again, and what somebody wants once more."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.deliveries.consumers import EVERY_TENANT, KEY_PATTERN
from tollgate.deliveries.model import Aggregate, Attempt, Delivery
from tollgate.deliveries.ports import Wake, Wish
from tollgate.deliveries.sending import UNSIGNED
from tollgate.deliveries.service import Delivering, OutOfTime
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.ids import is_id
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import cause_of, flush

# A try takes seven seconds, and what came of it must still be stored.
LAST_SECONDS = 15
_TYPE, _ID = re.compile(r"[a-z_]{1,32}"), re.compile(r"[A-Za-z0-9_-]{1,64}")
_EVENT_TYPE = re.compile(r"[a-z_.]{1,64}")
_MOST_TURNS = 100


class _NotYet(Exception):
    """The message came before its time, and was hidden until then: it is neither done nor failed."""


class Hiding(Protocol):
    """Keeps a message back that was given out."""

    def hide(self, receipt: str, wait: timedelta) -> None:
        """It is given out again after that."""


class DeliveryQueue:
    """One message after the other. No log line tells what an event says, nor more of an answer than its status."""

    def __init__(self, delivering: Delivering, hiding: Hiding, clock: Clock, logger: Logger, metrics: Metrics) -> None:
        self._delivering = delivering
        self._hiding = hiding
        self._clock = clock
        self._logger = logger
        self._metrics = metrics

    def deliver(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Reports the messages that stay in their queue: what failed here, what cannot be read, and what waits."""
        self._logger.set_correlation_id(context.aws_request_id)

        def out_of_time() -> bool:
            return context.get_remaining_time_in_millis() < LAST_SECONDS * 1000

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(event["Records"], lambda record: self._deliver(record, out_of_time)):
            processor.process()
        flush(self._metrics)
        return processor.response()

    def _deliver(self, record: SQSRecord, out_of_time: OutOfTime) -> None:
        about: dict[str, Any] = {"sqs_message": record.message_id}
        try:
            try_at = self._take(record.body, out_of_time)
            if try_at is not None:
                self._hiding.hide(record.receipt_handle, max(try_at - self._clock.now(), timedelta(seconds=1)))
        except Exception as error:
            # The batch processor keeps it to itself; the queue only gives the message out again.
            if isinstance(error, RetryableError):
                self._logger.warning("not dealt with; it comes again", cause=cause_of(error), **about)
            else:
                self._logger.exception("not dealt with; it comes again", **about)
            self._metrics.add_metric("Deliveries.not_dealt_with", MetricUnit.Count, 1)
            raise
        if try_at is not None:
            raise _NotYet

    def _take(self, body: str, out_of_time: OutOfTime) -> datetime | None:
        """When to come again, if it is too early."""
        match message_of(body):
            case Wake() as wake:
                return self._delivering.woken(wake, out_of_time)
            case Wish() as wish:
                self._delivering.retry(wish, out_of_time)
            case (aggregate, type_):
                self._delivering.heard(aggregate, type_, out_of_time)
        return None


def message_of(body: str) -> Wake | Wish | tuple[Aggregate, str]:
    """What a message asks for: ours, or an event in one that EventBridge wrote. `ValueError` for anything else."""
    try:
        told = json.loads(body)
        if "detail" in told:
            envelope = told["detail"]
            aggregate = envelope["aggregate"]
            return (
                Aggregate(
                    _tenant(envelope["tenant"]), _shaped(_TYPE, aggregate["type"]), _shaped(_ID, aggregate["id"])
                ),
                _shaped(_EVENT_TYPE, envelope["type"]),
            )
        return _wish(told["retry"]) if "retry" in told else _wake(told["wake"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__} while reading it") from error


def attempts_to(logger: Logger, metrics: Metrics) -> Any:
    """Logs each try, and counts what came of it."""

    def tell(delivery: Delivery, attempt: Attempt) -> None:
        logger.info(
            "delivery",
            delivery=delivery.id,
            consumer=delivery.consumer,
            tenant=delivery.aggregate.tenant,
            event=delivery.event_id,
            type=delivery.type,
            of=delivery.aggregate.id,
            state=delivery.state,
            tries=delivery.tries,
            status=attempt.status,
            error=attempt.error,
            milliseconds=attempt.milliseconds,
            by_hand=attempt.by_hand,
        )
        metrics.add_metric(f"Deliveries.{delivery.state}", MetricUnit.Count, 1)
        if attempt.error == UNSIGNED:
            metrics.add_metric("Deliveries.unsigned", MetricUnit.Count, 1)

    return tell


def _wake(told: Mapping[str, Any]) -> Wake:
    of, turn = told["aggregate"], told.get("turn")
    if turn is not None and not (type(turn) is int and 0 <= turn <= _MOST_TURNS):
        raise ValueError("its turn is none of ours")
    aggregate = Aggregate(_tenant(of["tenant"]), _shaped(_TYPE, of["type"]), _shaped(_ID, of["id"]))
    return Wake(_shaped(KEY_PATTERN, told["consumer"]), aggregate, turn)


def _wish(told: Mapping[str, Any]) -> Wish:
    if not is_id("dlv", told["delivery"]):
        raise ValueError("its names are none of ours")
    return Wish(_tenant(told["tenant"]), told["delivery"])


def _tenant(text: str) -> str:
    """What belongs to no tenant stands under the name of all."""
    return text if text == EVERY_TENANT else _shaped(TENANT_PATTERN, text)


def _shaped(pattern: re.Pattern[str], text: str) -> str:
    """What is not shaped like our keys never reaches the table."""
    if pattern.fullmatch(text) is None:
        raise ValueError("its names are none of ours")
    return text
