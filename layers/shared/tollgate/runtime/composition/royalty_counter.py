"""What counts royalties."""

from __future__ import annotations

from tollgate.adapters.dynamodb.escrows import DynamoEscrows
from tollgate.adapters.dynamodb.royalties import DynamoRoyalties
from tollgate.marketplace.royalties import RoyaltyDesk
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.royalty_work import CountRoyalties
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> EventQueue:
    """Makes no call."""
    storage = open_storage(settings)
    desk = RoyaltyDesk(DynamoRoyalties(storage.core, storage.unit_of_work), DynamoEscrows(storage.core))
    return EventQueue(CountRoyalties(desk), make_logger(), make_metrics())
