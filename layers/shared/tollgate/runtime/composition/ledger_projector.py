"""What keeps the balances."""

from __future__ import annotations

from tollgate.adapters.dynamodb.ledger import DynamoProjection
from tollgate.ledger.projecting import Projector
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.ledger_stream import LedgerStream
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> LedgerStream:
    """Wire the projector."""
    storage = open_storage(settings)
    return LedgerStream(Projector(DynamoProjection(storage.core), storage.unit_of_work), make_logger(), make_metrics())
