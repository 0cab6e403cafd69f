"""Tables and the unit of work that spans them."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Storage:
    """One connection, whose client is made at the first call."""

    core: Table
    inbox: Table
    unit_of_work: DynamoUnitOfWork


def open_storage(settings: Settings) -> Storage:
    """Region and endpoint come from the environment, as everywhere in AWS."""
    connection = connect()
    return Storage(
        Table(connection, settings.core_table), Table(connection, settings.inbox_table), DynamoUnitOfWork(connection)
    )
