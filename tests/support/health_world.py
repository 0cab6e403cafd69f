"""Instances of a function that share what they know of their providers' health, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from tests.support.builders import NOW
from tests.support.fakes import CountingIds
from tests.support.memory.routing import MemoryCircuits
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.ids import IdFactory
from tollgate.routing.circuit import Circuit
from tollgate.routing.health import Health
from tollgate.routing.ports import HealthWatch

PROVIDERS = ("stripe", "square")


class Trouble(HealthWatch):
    """What could not be done."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def blind(self, doing: str, error: Exception) -> None:
        self.told.append(f"{doing}: {type(error).__name__}")


@dataclass
class HealthWorld:
    """One deployment; its two clocks go together."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    ids: IdFactory = field(default_factory=CountingIds)
    trouble: Trouble = field(default_factory=Trouble)
    seconds: float = 0

    def __post_init__(self) -> None:
        self.unit_of_work = MemoryUnitOfWork(self.store)
        self.circuits = MemoryCircuits(self.store)

    def instance(self) -> Health:
        return Health(
            providers=PROVIDERS,
            circuits=self.circuits,
            unit_of_work=self.unit_of_work,
            watch=self.trouble,
            clock=self.clock,
            ids=self.ids,
            monotonic=lambda: self.seconds,
        )

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.advance(timedelta(seconds=seconds))

    def stored(self, provider: str = "stripe") -> Circuit:
        found: Circuit = self.store.items.get(("circuit", provider), Circuit(provider))
        return found

    def events(self, provider: str = "stripe") -> list[str]:
        """In order, by the last word of their types. Their sequence has no gaps."""
        found = [each for each in self.store.of("event") if each.aggregate_id == provider]
        assert [each.sequence for each in found] == list(range(1, len(found) + 1))
        return [each.type.rpartition("_")[2] for each in found]
