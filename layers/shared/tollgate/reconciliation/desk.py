"""Showing findings and runs, and settling by hand what only a person can judge."""

from __future__ import annotations

from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, NotFound
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Finding, Run
from tollgate.reconciliation.ports import FindingChanged, FindingRepository, FindingsPage, RunRepository

_TRIES = 3


class ReconciliationDesk:
    """What an operator sees of the reconciler's work."""

    def __init__(
        self, findings: FindingRepository, runs: RunRepository, unit_of_work: UnitOfWork, clock: Clock
    ) -> None:
        self._findings = findings
        self._runs = runs
        self._unit_of_work = unit_of_work
        self._clock = clock

    def findings(self, tenant: str, *, open_only: bool, limit: int, cursor: str | None) -> FindingsPage:
        """A tenant's findings, newest first."""
        return self._findings.list(tenant, open_only=open_only, limit=limit, cursor=cursor)

    def last_runs(self, limit: int) -> tuple[Run, ...]:
        """The latest runs over all tenants, newest first."""
        return self._runs.last(limit)

    def settle(self, tenant: str, finding_id: str, by: str) -> Finding:
        """Somebody has looked at it, and nothing is left to do. Twice is fine; `NotFound` for what is not the
        tenant's.
        """
        for _ in range(_TRIES):
            finding = self._findings.get(tenant, finding_id) if is_id("find", finding_id) else None
            if finding is None:
                raise NotFound("finding")
            if not finding.is_open:
                return finding
            settled, event = finding.settled(by, self._clock.now())
            try:
                self._unit_of_work.commit(*self._findings.put(settled, event, None))
            except FindingChanged:
                continue
            return settled
        raise ConcurrentChange(f"{finding_id} changes too fast")
