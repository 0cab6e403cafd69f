"""The event bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "tollgate"
# EventBridge's limits for one PutEvents: ten entries, 256 KB together.
MAX_ENTRIES, MAX_BYTES = 10, 256 * 1024
_ENTRY_OVERHEAD = 256


@dataclass(frozen=True, slots=True)
class Message:
    """One event under one of its names. `detail` is the stored envelope, byte for byte."""

    detail_type: str
    detail: str

    @property
    def size(self) -> int:
        return len(self.detail.encode()) + len(self.detail_type) + _ENTRY_OVERHEAD


@dataclass(frozen=True, slots=True)
class Published:
    """How many messages from the start are surely on the bus, and what AWS said of the next one, if it refused it."""

    accepted: int
    failure: str | None = None


class EventBus:
    """PutEvents on one bus."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client: EventBridgeClient | None = None

    def put(self, messages: Sequence[Message]) -> Published:
        """Publish in order, and stop at the first message that is not surely on the bus."""
        accepted = 0
        for batch in batches(messages):
            published = self._put(batch)
            accepted += published.accepted
            if published.failure is not None:
                return Published(accepted, published.failure)
        return Published(accepted)

    def _put(self, batch: Sequence[Message]) -> Published:
        entries: list[PutEventsRequestEntryTypeDef] = [
            {"Source": SOURCE, "DetailType": message.detail_type, "Detail": message.detail, "EventBusName": self._name}
            for message in batch
        ]
        try:
            results = self._connected().put_events(Entries=entries)["Entries"]
        except (BotoCoreError, ClientError) as error:
            return Published(0, str(error))
        for index, result in enumerate(results):
            if "ErrorCode" in result:
                return Published(index, result["ErrorCode"])
        return Published(len(batch))

    def _connected(self) -> EventBridgeClient:
        if self._client is None:
            config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
            self._client = boto3.client("events", config=config)
        return self._client


def batches(messages: Sequence[Message]) -> list[list[Message]]:
    """Split in order, each part within both limits."""
    parts: list[list[Message]] = []
    room = 0
    for message in messages:
        if not parts or len(parts[-1]) == MAX_ENTRIES or message.size > room:
            parts.append([])
            room = MAX_BYTES
        parts[-1].append(message)
        room -= message.size
    return parts
