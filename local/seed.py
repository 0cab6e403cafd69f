"""Writes the pricing items and tenants of `config/` into a deployment's table. Running it again changes
nothing more.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.catalog.model import SHARED, PricingItem
from tollgate.fees.providers import Risk
from tollgate.kernel.money import Money


def main(core_table: str, config_dir: Path) -> int:
    """Seed the table; returns how many records were written. The endpoint and credentials come from the environment."""
    connection = connect()
    core, unit_of_work = Table(connection, core_table), DynamoUnitOfWork(connection)
    items = [_item(entry) for entry in _read(config_dir / "pricing.yaml")["items"]]
    tenants = _read(config_dir / "tenants.yaml")["tenants"]
    catalog, settings = DynamoCatalog(core, unit_of_work), DynamoTenants(core, unit_of_work)
    for item in items:
        catalog.put(item)
    for tenant, values in tenants.items():
        settings.put(tenant, values["return_origins"])
    return len(items) + len(tenants)


def _item(entry: dict[str, Any]) -> PricingItem:
    unit = Money(entry["amount"], entry["currency"])
    risk = Risk(entry.get("risk", Risk.LOW))
    return PricingItem(entry.get("tenant", SHARED), entry["code"], entry["name"], unit, entry.get("active", True), risk)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("core_table", help="name of the core table (an output of the stack)")
    parser.add_argument("--config", type=Path, default=Path("config"), help="folder with pricing.yaml and tenants.yaml")
    arguments = parser.parse_args()
    print(f"{main(arguments.core_table, arguments.config)} records written to {arguments.core_table}")
