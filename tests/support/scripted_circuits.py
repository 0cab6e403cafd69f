"""Circuits as a test says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tollgate.routing.circuit import Cause, Circuit, CircuitState
from tollgate.routing.ports import Circuits


@dataclass
class ScriptedCircuits(Circuits):
    """`probes` are those whose time has come, of which `lost` were taken by another instance just now."""

    open: Mapping[str, Circuit] = field(default_factory=dict)
    probes: frozenset[str] = frozenset()
    taken: list[str] = field(default_factory=list)
    lost: frozenset[str] = frozenset()

    def find(self, provider: str) -> Circuit:
        return self.open.get(provider, Circuit(provider))

    def may_probe(self, provider: str) -> bool:
        return provider in self.probes

    def take_probe(self, provider: str) -> bool:
        self.taken.append(provider)
        return provider in self.probes - self.lost


def an_open_one(provider: str, failures: int = 0, cause: Cause = Cause.FAILURE_RATE) -> Circuit:
    return Circuit(provider, CircuitState.OPEN, version=1, cause=cause, failures=failures)
