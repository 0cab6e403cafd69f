"""From the queue of approvals to the captures."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.checkout.capturing import Capturing
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.ids import is_id
from tollgate.payments.events import PAYMENT_APPROVED
from tollgate.payments.model import AGGREGATE
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import cause_of, flush


class CaptureQueue:
    """What cannot be told now comes again, under the same key; what cannot be read goes to the dead letters after some
    tries.
    """

    def __init__(self, payments: PaymentRepository, capturing: Capturing, logger: Logger, metrics: Metrics) -> None:
        self._payments = payments
        self._capturing = capturing
        self._logger = logger
        self._metrics = metrics

    def capture(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Reports the messages that must come again."""
        self._logger.set_correlation_id(context.aws_request_id)
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(event["Records"], self._capture, lambda_context=context):
            processor.process()
        flush(self._metrics)
        return processor.response()

    def _capture(self, record: SQSRecord) -> None:
        about: dict[str, Any] = {"sqs_message": record.message_id}
        try:
            key = approved_payment(record.body)
            about |= {"tenant": key.tenant, "payment": key.id}
            status = self._take(key)
        except Exception as error:
            # The batch processor keeps it to itself; the queue only gives the message out again.
            if isinstance(error, RetryableError):
                self._logger.warning("not captured; it comes again", cause=cause_of(error), **about)
            else:
                self._logger.exception("not captured; it comes again", **about)
            self._metrics.add_metric("Captures.not_told", MetricUnit.Count, 1)
            raise
        self._logger.info("capture", outcome=status, **about)
        self._metrics.add_metric(f"Captures.{status}", MetricUnit.Count, 1)

    def _take(self, key: PaymentKey) -> str:
        """The payment's status afterwards: whoever came first, it is as it must be."""
        payment = self._payments.get(key)
        if payment is None:
            raise LookupError(f"{key.id} is gone that was approved")
        return self._capturing.take(payment).status


def approved_payment(body: str) -> PaymentKey:
    """Of the event of ours in a message that EventBridge wrote; `ValueError` for anything else."""
    try:
        envelope = json.loads(body)["detail"]
        tenant, aggregate = envelope["tenant"], envelope["aggregate"]
        ours = (envelope["type"], aggregate["type"]) == (PAYMENT_APPROVED, AGGREGATE)
        if ours and TENANT_PATTERN.fullmatch(tenant) and is_id("pay", aggregate["id"]):
            return PaymentKey(tenant, aggregate["id"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__} while reading it") from error
    raise ValueError("its names are none of ours")
