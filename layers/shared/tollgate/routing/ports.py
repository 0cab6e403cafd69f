"""What routing needs from a store, and what it tells to whom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.routing.circuit import Circuit
from tollgate.routing.rules import RoutingRules, StoredRules


class CircuitChanged(ConcurrentChange):
    """Another instance wrote the circuit first; `stored` is what it wrote."""

    def __init__(self, stored: Circuit) -> None:
        super().__init__(f"the circuit of {stored.provider} was written by another instance")
        self.stored = stored


class CircuitRepository(ABC):
    """Circuits as all instances share them."""

    @abstractmethod
    def read(self, providers: Sequence[str]) -> tuple[Circuit, ...]:
        """Those that were ever written, in one call. May be some moments old."""

    @abstractmethod
    def put(self, circuit: Circuit, event: Event | None = None) -> tuple[Write, ...]:
        """The next version, with the event that tells of it. Committing raises `CircuitChanged` unless the version
        before is the stored one.
        """


class RuleBook(ABC):
    """The operators' rules, as a sale needs them."""

    @abstractmethod
    def effective(self, tenant: str) -> RoutingRules:
        """The tenant's own with those for everybody. May be up to a minute old."""


class RuleRepository(RuleBook):
    """The same as they are written."""

    @abstractmethod
    def stored(self, tenant: str) -> StoredRules:
        """As they stand now, `*` for those for everybody; empty where nobody has written any."""

    @abstractmethod
    def put(self, tenant: str, rules: StoredRules) -> Write:
        """All of them, in the place of what was there."""


class Circuits(ABC):
    """Which providers work, as far as this instance knows."""

    @abstractmethod
    def find(self, provider: str) -> Circuit:
        """Closed, where nothing else is known."""

    @abstractmethod
    def may_probe(self, provider: str) -> bool:
        """Whether a call to a provider whose circuit is open could be the one that tries it."""

    @abstractmethod
    def take_probe(self, provider: str) -> bool:
        """The same, and take it: of all instances, one is told True."""


class HealthWatch(ABC):
    """Hears of trouble with what is shared of health: no sale fails of it."""

    @abstractmethod
    def blind(self, doing: str, error: Exception) -> None:
        """What could not be done."""
