"""What services ask about deliveries, and that one be made again."""

from __future__ import annotations

from datetime import datetime

from tollgate.deliveries.model import Delivery
from tollgate.deliveries.ports import ConsumerInactive, Consumers, DeliveriesPage, DeliveryLog, Wakes, Wanted, Wish
from tollgate.deliveries.service import the_one
from tollgate.kernel.errors import NotFound


class DeliveryDesk:
    """Reads the log, and lays wishes into the queue; it sends nothing itself."""

    def __init__(self, log: DeliveryLog, consumers: Consumers, wakes: Wakes) -> None:
        self._log = log
        self._consumers = consumers
        self._wakes = wakes

    def list(
        self, tenant: str, wanted: Wanted, *, since: datetime, until: datetime, limit: int, cursor: str | None
    ) -> DeliveriesPage:
        """A page of the tenant's deliveries; `InvalidCursor` for one of another list."""
        return self._log.list(tenant, wanted, since=since, until=until, limit=limit, cursor=cursor)

    def show(self, tenant: str, id_: str) -> Delivery:
        """One of them; `NotFound` where the tenant has none of that id, or none any more."""
        delivery = self._log.get(tenant, id_)
        if delivery is None:
            raise NotFound("delivery")
        return delivery

    def retry(self, tenant: str, id_: str) -> Delivery:
        """Have it sent again soon; as it is now. `ConsumerInactive` where nobody would get it."""
        delivery = self.show(tenant, id_)
        if the_one(self._consumers.all(), delivery.consumer, tenant) is None:
            raise ConsumerInactive(f"{delivery.consumer} gets no events of this tenant any more")
        self._wakes.send(Wish(tenant, id_))
        return delivery
