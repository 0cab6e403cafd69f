"""Putting stored events on the bus again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from operations.report import Say
from tollgate.adapters.dynamodb.failures import Patience
from tollgate.adapters.dynamodb.store import Raw
from tollgate.adapters.eventbridge import MAX_BYTES, Message, Published
from tollgate.payments.events import published_as

# A throttled bus recovers within seconds; one that refuses for a minute needs a person.
PATIENCE = Patience(budget=60.0, first_pause=0.5, longest_pause=10.0)


class Bus(Protocol):
    """`tollgate.adapters.eventbridge.EventBus`, or what stands in for it."""

    def put(self, messages: Sequence[Message]) -> Published: ...


class PatientBus:
    """Goes on from the first message that was refused, with pauses that grow, until nothing was accepted for the
    whole of its patience.
    """

    def __init__(self, bus: Bus, say: Say, patience: Patience) -> None:
        self._bus = bus
        self._say = say
        self._patience = patience

    def put(self, messages: Sequence[Message]) -> Published:
        accepted, attempt, deadline = 0, 0, self._patience.deadline()
        while True:
            published = self._bus.put(messages[accepted:])
            accepted += published.accepted
            if published.failure is None:
                return Published(accepted)
            if published.accepted:
                attempt, deadline = 0, self._patience.deadline()
            if self._patience.clock() >= deadline:
                return Published(accepted, published.failure)
            self._say(f"  the bus refused an event, trying again: {published.failure}")
            self._patience.pause(attempt)
            attempt += 1


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events to publish; None stands for all."""

    tenant: str | None = None
    type: str | None = None

    def wants(self, raw: Raw) -> bool:
        """A type is asked for by any of the names under which it is published."""
        if self.type is not None and self.type not in published_as(raw["type"]["S"]):
            return False
        return self.tenant is None or json.loads(raw["body"]["S"])["tenant"] == self.tenant


def messages_of(raw: Raw) -> list[Message]:
    """The stored body as it is, under each of its names."""
    return [Message(name, raw["body"]["S"]) for name in published_as(raw["type"]["S"])]


def fits(messages: Sequence[Message]) -> bool:
    """Whether EventBridge can take them at all: what is larger than its limit is refused however often it is sent."""
    return all(message.size <= MAX_BYTES for message in messages)
