"""Consumers on the core table: few, in one partition, read once a minute by each instance."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.cache import Cache
from tollgate.adapters.dynamodb.delivery_items import ConsumerItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.ports import Consumers
from tollgate.kernel.clock import from_iso, to_iso
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.unit_of_work import UnitOfWork


class DynamoConsumers(Consumers):
    """A change is seen everywhere within the cache's minute."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._unit_of_work = unit_of_work
        self._cache: Cache[str, tuple[Consumer, ...]] = Cache(self._read, monotonic)

    def all(self) -> tuple[Consumer, ...]:
        return self._cache.get(keys.CONSUMERS)

    def put(self, consumer: Consumer) -> None:
        pk, sk = keys.consumer(consumer.key)
        item = ConsumerItem(
            pk=pk,
            sk=sk,
            kind="consumer",
            url=consumer.url,
            tenants=json.dumps(sorted(consumer.tenants)),
            types=json.dumps(sorted(consumer.types)),
            since=to_iso(consumer.since),
            active=consumer.active,
        )
        self._unit_of_work.commit(self._core.put(item, None, lambda _: StoreUnavailable()))

    def _read(self, partition: str) -> tuple[Consumer, ...]:
        return tuple(_consumer(raw) for raw in self._core.query_all(partition, ""))


def _consumer(raw: Raw) -> Consumer:
    return Consumer(
        key=raw["sk"]["S"],
        url=raw["url"]["S"],
        tenants=frozenset(json.loads(raw["tenants"]["S"])),
        types=frozenset(json.loads(raw["types"]["S"])),
        since=from_iso(raw["since"]["S"]),
        active=raw["active"]["BOOL"],
    )
