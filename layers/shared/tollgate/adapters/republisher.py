"""Stored events on the bus once more."""

from __future__ import annotations

from collections.abc import Sequence

from tollgate.adapters.eventbridge import EventBus, Message
from tollgate.payments.events import published_as
from tollgate.reconciliation.ports import PublishedEvent, Publisher


class BusPublisher(Publisher):
    """The stored envelope byte for byte, so that a subscriber that has had it knows it again."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def publish(self, events: Sequence[PublishedEvent]) -> int:
        names = [(number, name) for number, event in enumerate(events) for name in published_as(event.type)]
        accepted = self._bus.put([Message(name, events[number].body) for number, name in names]).accepted
        return names[accepted][0] if accepted < len(names) else len(events)
