"""The notes of one run: each finding is stored before anything is done about it, and marked after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Finding, Repair
from tollgate.reconciliation.ports import FindingChanged, FindingRepository

# A provider that did not answer so often is not asked again in the same run: each try may take ten seconds.
MAX_SILENCES = 3
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(days=1)

type OnFailure = Callable[[str, Exception], None]


class Notes:
    """What one run has seen, found and mended. Killed between finding and mark, the finding stays open, and the next
    run sees whether it is settled.
    """

    def __init__(
        self, findings: FindingRepository, unit_of_work: UnitOfWork, clock: Clock, on_failure: OnFailure
    ) -> None:
        self._findings = findings
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._on_failure = on_failure
        self._silences: Counter[str] = Counter()
        self.examined: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.repaired: Counter[str] = Counter()
        self.needs_somebody = 0
        self.failed = 0

    @property
    def skipped(self) -> tuple[str, ...]:
        """The providers that did not answer."""
        return tuple(sorted(self._silences))

    def asks(self, provider: str) -> bool:
        """Whether it is worth asking this provider."""
        return self._silences[provider] < MAX_SILENCES

    def open(self, finding: Finding) -> Finding:
        """Note a finding; one that is known and open stays as it is, one that was mended before is open again."""
        known = self._findings.get(finding.tenant, finding.id)
        if known is not None and known.is_open:
            return known
        draft = finding if known is None else replace(known, detail=finding.detail, settled_by=None)
        try:
            written = self._write(draft, Repair.PROPOSED, self.found)
        except FindingChanged:
            return self._again(finding)
        self.needs_somebody += finding.remedy.needs_somebody
        return written

    def started(self, finding: Finding) -> None:
        """Its remedy was applied; what follows from it will tell."""
        if finding.repair is not Repair.STARTED:
            self._mark(finding, Repair.STARTED)

    def mended(self, finding: Finding) -> None:
        """Nothing is left to do."""
        self._mark(finding, Repair.DONE)

    def put_off(self, finding: Finding) -> None:
        """Still as it was: look again, ever more rarely."""
        try:
            self._unit_of_work.commit(
                self._findings.look_again(finding, next_look(finding.found_at, self._clock.now()))
            )
        except FindingChanged:
            return  # another run has written it

    def trouble(self, what: str, error: Exception) -> None:
        """Something could not be examined; the run goes on without it."""
        if isinstance(error, ProviderUnavailable) and error.silent:
            self._silences[error.provider] += 1
        self.failed += 1
        self._on_failure(what, error)

    def _mark(self, finding: Finding, repair: Repair) -> None:
        try:
            self._write(finding, repair, self.repaired)
        except FindingChanged:
            return  # another run has written it

    def _write(self, finding: Finding, repair: Repair, tally: Counter[str]) -> Finding:
        now = self._clock.now()
        after, event = finding.changed(repair, now)
        due_at = next_look(finding.found_at, now) if after.is_open else None
        self._unit_of_work.commit(*self._findings.put(after, event, due_at))
        tally[finding.kind.value] += 1
        return after

    def _again(self, finding: Finding) -> Finding:
        known = self._findings.get(finding.tenant, finding.id)
        if known is None:
            raise StoreUnavailable("a finding is being written by another run")
        return known


def next_look(since: datetime, now: datetime) -> datetime:
    """When to look again at what has been so since then: soon at first, each day in the end."""
    return now + min(max((now - since) / 2, _SHORTEST_WAIT), _LONGEST_WAIT)
