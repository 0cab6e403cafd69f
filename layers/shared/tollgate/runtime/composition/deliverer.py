"""What delivers."""

from __future__ import annotations

import time

from tollgate.adapters.courier import HttpCourier
from tollgate.adapters.delivery_wakes import SqsWakes
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.delivery_log import DynamoDeliveryLog
from tollgate.adapters.dynamodb.lanes import DynamoHistories, DynamoLanes
from tollgate.adapters.late_secrets import LateSecrets
from tollgate.deliveries.sending import Sending
from tollgate.deliveries.service import Delivering
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.delivery_queue import DeliveryQueue, attempts_to
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> DeliveryQueue:
    """Makes no call and reads no secret."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    logger, metrics, wakes = make_logger(), make_metrics(), SqsWakes(settings.delivery_wakes)
    courier, secrets = HttpCourier(laptop=settings.is_laptop), LateSecrets(settings.secrets_prefix)
    delivering = Delivering(
        consumers=DynamoConsumers(storage.core, storage.unit_of_work),
        histories=DynamoHistories(storage.core),
        lanes=DynamoLanes(storage.core),
        log=DynamoDeliveryLog(storage.core),
        wakes=wakes,
        sending=Sending(courier, secrets, clock, time.time, time.monotonic),
        unit_of_work=storage.unit_of_work,
        clock=clock,
        ids=SortableIds(clock),
        on_attempt=attempts_to(logger, metrics),
    )
    return DeliveryQueue(delivering, wakes, clock, logger, metrics)
