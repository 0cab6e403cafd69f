"""The queue through which lanes are tried again, on SQS."""

from __future__ import annotations

import json
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from tollgate.deliveries.model import Aggregate
from tollgate.deliveries.ports import Wake, Wakes, Wish
from tollgate.kernel.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Of SQS: how long a message that was given out can be kept back.
LONGEST_HIDING = timedelta(hours=12)


class SqsWakes(Wakes):
    """`url` is the queue's. The client is made with the first message: few functions ever send one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: SQSClient | None = None

    def send(self, message: Wake | Wish, delay: timedelta = timedelta(0)) -> None:
        def sending(client: SQSClient) -> None:
            client.send_message(QueueUrl=self._url, MessageBody=encoded(message), DelaySeconds=_seconds(delay))

        self._call(sending)

    def hide(self, receipt: str, wait: timedelta) -> None:
        """Keep back a message that came too early; whoever got it must not take it for done."""
        seconds = _seconds(min(wait, LONGEST_HIDING))

        def hiding(client: SQSClient) -> None:
            client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

        self._call(hiding)

    def _call(self, call: Any) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            call(self._connected())
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable("the queue does not take it now") from error

    def _connected(self) -> SQSClient:
        if self._client is None:
            import boto3
            from botocore.config import Config

            config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
            self._client = boto3.client("sqs", config=config)
        return self._client


def encoded(message: Wake | Wish) -> str:
    """As JSON: what it is says what it asks for."""
    if isinstance(message, Wish):
        return json.dumps({"retry": {"tenant": message.tenant, "delivery": message.delivery_id}})
    told = {"consumer": message.consumer, "aggregate": _told(message.aggregate), "turn": message.turn}
    return json.dumps({"wake": told})


def _told(aggregate: Aggregate) -> dict[str, str]:
    return {"tenant": aggregate.tenant, "type": aggregate.type, "id": aggregate.id}


def _seconds(span: timedelta) -> int:
    """Whole ones, and never less than is asked for."""
    return ceil(span / timedelta(seconds=1))
