"""Circuits and rules in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.support.memory import events
from tests.support.memory.store import MemoryStore, MemoryWrite, Refusal
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.routing.circuit import Circuit
from tollgate.routing.ports import CircuitChanged, CircuitRepository, RuleRepository
from tollgate.routing.rules import EVERY_TENANT, RoutingRules, StoredRules

CIRCUIT, RULES = "circuit", "routing_rules"


class MemoryCircuits(CircuitRepository):
    """`reads` counts them; `before_reading` is a place for faults."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.reads = 0
        self.before_reading: Callable[[], object] = lambda: None

    def read(self, providers: Sequence[str]) -> tuple[Circuit, ...]:
        self.reads += 1
        self.before_reading()
        found = [self._store.items.get((CIRCUIT, each)) for each in providers]
        return tuple(each for each in found if each is not None)

    def put(self, circuit: Circuit, event: Event | None = None) -> tuple[Write, ...]:
        def refuse(stored: Circuit | None) -> Refusal:
            known = stored or Circuit(circuit.provider)
            return None if known.version == circuit.version - 1 else CircuitChanged(known)

        write = MemoryWrite((CIRCUIT, circuit.provider), circuit, refuse)
        return (write, events.append(event)) if event else (write,)


class MemoryRules(RuleRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def effective(self, tenant: str) -> RoutingRules:
        return self.stored(tenant).rules.under(self.stored(EVERY_TENANT).rules)

    def stored(self, tenant: str) -> StoredRules:
        found: StoredRules | None = self._store.items.get((RULES, tenant))
        return found or StoredRules()

    def put(self, tenant: str, rules: StoredRules) -> Write:
        if rules.by is None or rules.at is None:
            raise ValueError("rules are written by somebody, at some time")
        return MemoryWrite((RULES, tenant), rules, lambda _: None)
