"""Prices and tenants of `config/` as a deployment has had them for long: their events have been heard, and are gone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from local import seed
from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.catalog.model import PricingItem
from tollgate.kernel.clock import SystemClock

CONFIG = Path(__file__).resolve().parents[2] / "config"


def furnish(core_table: str) -> None:
    """In fresh tables: all items in one transaction, since every test waits for it."""
    connection = connect()
    core, unit_of_work = Table(connection, core_table), DynamoUnitOfWork(connection)
    catalog, now = DynamoCatalog(core), SystemClock().now()
    created = [catalog.create(item.created(seed.BY, now)) for item in _items()]
    unit_of_work.commit(*(item for item, _event in created))
    settings = DynamoTenants(core, unit_of_work)
    for tenant, origins in _tenants().items():
        settings.put(tenant, origins)


@cache
def _items() -> list[PricingItem]:
    return seed.items_of(CONFIG)


@cache
def _tenants() -> dict[str, list[str]]:
    return seed.tenants_of(CONFIG)
