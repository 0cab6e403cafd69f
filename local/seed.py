"""Writes the pricing items, tenants and consumers of `config/` into a deployment's table, each change of an item with
its event. Running it again changes nothing more.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import yaml

from local.consumers import consumers
from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.catalog.desk import CatalogDesk
from tollgate.catalog.model import SHARED, Asked, Interval, PricingItem
from tollgate.deliveries.consumers import Consumer
from tollgate.fees.providers import Risk
from tollgate.kernel.money import Money
from tollgate.runtime.clock import clock_for

BY = Asked("config")


def main(core_table: str, config_dir: Path) -> int:
    """Seed the table; returns how many records were written. The endpoint and credentials come from the environment."""
    connection = connect()
    core, unit_of_work = Table(connection, core_table), DynamoUnitOfWork(connection)
    desk = CatalogDesk(DynamoCatalog(core), unit_of_work, clock_for(os.environ.get("TOLLGATE_CLOCK_FILE", "")))
    tenants, settings = tenants_of(config_dir), DynamoTenants(core, unit_of_work)
    changed = sum(desk.declare(item, BY) for item in items_of(config_dir))
    for tenant, origins in tenants.items():
        settings.put(tenant, origins)
    hearing, listening = DynamoConsumers(core, unit_of_work), consumers_of(config_dir)
    for consumer in listening:
        hearing.put(consumer)
    return changed + len(tenants) + len(listening)


def consumers_of(config_dir: Path) -> list[Consumer]:
    """Who hears of events, by `consumers.yaml` and the environment."""
    return consumers(_read(config_dir / "consumers.yaml"), os.environ)


def items_of(config_dir: Path) -> list[PricingItem]:
    """What `pricing.yaml` says is sold."""
    return [_item(entry) for entry in _read(config_dir / "pricing.yaml")["items"]]


def tenants_of(config_dir: Path) -> dict[str, list[str]]:
    """The origins of `tenants.yaml`, by tenant."""
    tenants = _read(config_dir / "tenants.yaml")["tenants"]
    return {tenant: values["return_origins"] for tenant, values in tenants.items()}


def _item(entry: dict[str, Any]) -> PricingItem:
    return PricingItem(
        tenant=entry.get("tenant", SHARED),
        code=entry["code"],
        name=entry["name"],
        unit=Money(entry["amount"], entry["currency"]),
        active=entry.get("active", True),
        risk=Risk(entry.get("risk", Risk.LOW)),
        product=entry.get("product", ""),
        interval=Interval(entry["interval"]) if "interval" in entry else None,
        trial_days=entry.get("trial_days", 0),
        references=entry.get("references", {}),
    )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("core_table", help="name of the core table (an output of the stack)")
    parser.add_argument("--config", type=Path, default=Path("config"), help="folder with the three files")
    arguments = parser.parse_args()
    print(f"{main(arguments.core_table, arguments.config)} records written to {arguments.core_table}")
