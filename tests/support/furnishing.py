"""Prices and tenants of `config/` as a deployment has had them for long: their events have been heard, and are gone."""

from __future__ import annotations

from itertools import batched
from pathlib import Path
from typing import Any

from local import seed
from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.kernel.clock import SystemClock

CONFIG = Path(__file__).resolve().parents[2] / "config"


_written: list[dict[str, Any]] = []
_PER_BATCH = 25


def furnish(dynamodb: Any, core_table: str) -> None:
    """In a fresh table. What the first of a process was given is copied: reading `config/` and writing it item by item
    was a sixth of what a deployment costs.
    """
    if not _written:
        _write(core_table)
        _written.extend(dynamodb.scan(TableName=core_table, ConsistentRead=True)["Items"])
        return
    for some in batched(_written, _PER_BATCH, strict=False):
        dynamodb.batch_write_item(RequestItems={core_table: [{"PutRequest": {"Item": item}} for item in some]})


def _write(core_table: str) -> None:
    connection = connect()
    core, unit_of_work = Table(connection, core_table), DynamoUnitOfWork(connection)
    catalog, now = DynamoCatalog(core), SystemClock().now()
    created = [catalog.create(item.created(seed.BY, now)) for item in seed.items_of(CONFIG)]
    unit_of_work.commit(*(item for item, _event in created))
    settings = DynamoTenants(core, unit_of_work)
    for tenant, origins in seed.tenants_of(CONFIG).items():
        settings.put(tenant, origins)
