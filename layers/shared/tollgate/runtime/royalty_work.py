"""Royalties of sales that are released."""

from __future__ import annotations

from types import MappingProxyType

from tollgate.escrow.events import AGGREGATE, RELEASED
from tollgate.marketplace.royalties import RoyaltyDesk
from tollgate.runtime.event_queue import Published, Work


class CountRoyalties(Work):
    """What was released is read, and not taken from the event."""

    types = frozenset({RELEASED})
    aggregates = MappingProxyType({AGGREGATE: "esc"})
    name = "Royalties"

    def __init__(self, desk: RoyaltyDesk) -> None:
        self._desk = desk

    def do(self, published: Published) -> str:
        return self._desk.count(published.tenant, published.aggregate_id)
