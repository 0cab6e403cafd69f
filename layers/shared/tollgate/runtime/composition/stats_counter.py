"""What keeps the statistics."""

from __future__ import annotations

from tollgate.adapters.dynamodb.statistics import DynamoStatistics
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings
from tollgate.runtime.stats_queue import StatsQueue
from tollgate.statistics.service import Statistics


def compose(settings: Settings) -> StatsQueue:
    """Wire the counters."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    return StatsQueue(
        Statistics(DynamoStatistics(storage.core), storage.unit_of_work, clock), make_logger(), make_metrics()
    )
