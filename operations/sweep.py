"""The stored events of an hour, read from the index `by_hour`: a page of keys at a time, so that an hour of any size
fits into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from operations.window import Window
from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.keys import Key
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import to_iso

KEYS_AT_ONCE = 1000
# BatchGetItem's limit.
ITEMS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the index holds of an event: where it is, and the millisecond at which it occurred."""

    key: Key
    at: str


class StoredEvents:
    """Reads only, and with no need of locks: events never change."""

    def __init__(self, core: Table, *, keys_at_once: int = KEYS_AT_ONCE) -> None:
        self._core = core
        self._keys_at_once = keys_at_once

    def pages(self, hour: datetime, shard: int, window: Window) -> Iterator[list[Key]]:
        """Keys of a shard, by time from page to page. Within a page the events of an aggregate are neighbours, in
        order of their sequence; events of one millisecond, which the index orders by chance, share a page.
        """
        waiting: list[_Entry] = []
        request = self._request(hour, shard, window)
        while True:
            response = self._core.call("Query", request)
            waiting += map(_entry, response["Items"])
            if "LastEvaluatedKey" not in response:
                break
            last = waiting[-1].at if waiting else ""
            ready = [entry for entry in waiting if entry.at != last]
            waiting = waiting[len(ready) :]
            yield sorted(entry.key for entry in ready)
            request = {**request, "ExclusiveStartKey": response["LastEvaluatedKey"]}
        yield sorted(entry.key for entry in waiting)

    def read(self, page: Sequence[Key]) -> Iterator[list[tuple[Key, Raw | None]]]:
        """The events of a page in its order, a hundred at a time; None stands for one that is not there."""
        for chunk in batched(page, ITEMS_AT_ONCE, strict=False):
            found = {(raw["pk"]["S"], raw["sk"]["S"]): raw for raw in self._core.get_all(chunk)}
            # A batch may be read from a copy that lags; only a consistent read can say that an event is gone.
            yield [(key, found.get(key) or self._core.get(key)) for key in chunk]

    def _request(self, hour: datetime, shard: int, window: Window) -> dict[str, Any]:
        """Sort keys are `<time>#<event id>`: a bare time sorts before every event of that millisecond, so the range
        holds what is at its start and not what is at its end.
        """
        return {
            "TableName": self._core.name,
            "IndexName": "by_hour",
            "KeyConditionExpression": "hour_shard = :shard AND sk_event BETWEEN :start AND :end",
            "ExpressionAttributeValues": {
                ":shard": {"S": keys.hour_shard(hour, shard)},
                ":start": {"S": to_iso(window.start)},
                ":end": {"S": to_iso(window.end)},
            },
            "Limit": self._keys_at_once,
        }


def _entry(item: Raw) -> _Entry:
    return _Entry((item["pk"]["S"], item["sk"]["S"]), item["sk_event"]["S"].partition("#")[0])
