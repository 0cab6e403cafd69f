"""The health of providers, as one instance of a function sees it: what it has seen itself, and what all share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tollgate.kernel.clock import Clock
from tollgate.kernel.events import Event
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.routing.circuit import Cause, Circuit, Window
from tollgate.routing.ports import CircuitChanged, CircuitRepository, Circuits, HealthWatch

# How long what was read stays good: no longer than a circuit is open at least.
KEPT_SECONDS = 30
# Losing means that another instance wrote of the same outage.
_TRIES = 3


class Health(Circuits):
    """Calls are counted here and nowhere else; only what follows from them, that a circuit opens, is tried or closes,
    is written. Where that cannot be read or written, providers are taken for healthy.
    """

    def __init__(
        self,
        *,
        providers: Sequence[str],
        circuits: CircuitRepository,
        unit_of_work: UnitOfWork,
        watch: HealthWatch,
        clock: Clock,
        ids: IdFactory,
        monotonic: Callable[[], float],
    ) -> None:
        self._providers = tuple(providers)
        self._circuits = circuits
        self._unit_of_work = unit_of_work
        self._watch = watch
        self._clock = clock
        self._ids = ids
        self._monotonic = monotonic
        self._windows = {provider: Window() for provider in providers}
        self._known = {provider: Circuit(provider) for provider in providers}
        self._probes: dict[str, str] = {}
        self._read_at: float | None = None

    def find(self, provider: str) -> Circuit:
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= KEPT_SECONDS:
            self._read_at = now
            try:
                self._read()
            except Exception as error:  # noqa: BLE001 - no sale fails for what is known of its provider
                self._known = {each: Circuit(each) for each in self._providers}
                self._watch.blind("read", error)
        return self._known[provider]

    def look(self) -> Mapping[str, Circuit]:
        """All circuits as they stand now. Raises what the store raises."""
        self._read()
        self._read_at = self._monotonic()
        return dict(self._known)

    def may_probe(self, provider: str) -> bool:
        return self.find(provider).may_be_probed(self._clock.now())

    def take_probe(self, provider: str) -> bool:
        now, circuit = self._clock.now(), self.find(provider)
        if not circuit.may_be_probed(now):
            return self._is_mine(circuit)
        prober = self._ids.new("probe")
        taken = self._write(circuit.leased(prober, now))
        if taken:
            self._probes[provider] = prober
        return taken

    def succeeded(self, provider: str) -> None:
        """The provider did what it was asked."""
        if self._known[provider].is_closed:
            self._windows[provider].succeeded(self._monotonic())
        else:
            self.answered(provider)

    def answered(self, provider: str) -> None:
        """It refused, and so it works: that is no mark for its health nor against it, but all that a probe asks."""
        circuit = self._known[provider]
        if self._is_mine(circuit):
            self._write(*circuit.closed(self._clock.now()))

    def failed(self, provider: str, *, credentials_refused: bool = False) -> None:
        """It did not answer, or nobody knows what it did. With `credentials_refused` it will not, until somebody mends
        that.
        """
        circuit = self._known[provider]
        if circuit.is_closed:
            seen = self._windows[provider].failed(self._monotonic())
            cause = Cause.CREDENTIALS_REFUSED if credentials_refused else seen
            if cause:
                self._open(circuit, cause)
        elif self._is_mine(circuit):
            self._write(circuit.reopened(self._clock.now()))

    def _open(self, circuit: Circuit, cause: Cause) -> None:
        for _ in range(_TRIES):
            if self._write(*circuit.opened(cause, self._clock.now())):
                return
            stored = self._known[circuit.provider]
            if stored is circuit or not stored.is_closed:
                return
            circuit = stored  # it opened and closed again since it was read

    def _write(self, circuit: Circuit, event: Event | None = None) -> bool:
        """Whether the next version was stored. Where another's came first, that is what is known from then on."""
        try:
            self._unit_of_work.commit(*self._circuits.put(circuit, event))
        except CircuitChanged as changed:
            self._learn(changed.stored)
            return False
        except Exception as error:  # noqa: BLE001 - no sale fails for what is known of its provider
            self._watch.blind("write", error)
            return False
        self._learn(circuit)
        return True

    def _read(self) -> None:
        for circuit in self._circuits.read(self._providers):
            # A read may be older than what this instance wrote.
            if circuit.version > self._known[circuit.provider].version:
                self._learn(circuit)

    def _learn(self, circuit: Circuit) -> None:
        """What was seen before says nothing of what is now."""
        self._known[circuit.provider] = circuit
        self._windows[circuit.provider] = Window()

    def _is_mine(self, circuit: Circuit) -> bool:
        return circuit.prober is not None and circuit.prober == self._probes.get(circuit.provider)
