"""Past runs of the reconciler, and how far its sweeps have come, in one partition that only it writes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import RunItem, SweepItem
from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.clock import epoch, from_iso, to_iso
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Run
from tollgate.reconciliation.ports import RunRepository

KEEP_RUNS = timedelta(days=30)


class FurtherAlready(ConcurrentChange):
    """Another run has come further."""


class DynamoRuns(RunRepository):
    """A run is written when it has ended; the sort key is its time."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork) -> None:
        self._core = core
        self._unit_of_work = unit_of_work

    def record(self, run: Run) -> None:
        pk, sk = keys.reconciliation_run(run.started_at, run.id)
        body = {
            "id": run.id,
            "trigger": run.trigger,
            "started_at": to_iso(run.started_at),
            "finished_at": to_iso(run.finished_at),
            "examined": dict(run.examined),
            "found": dict(run.found),
            "repaired": dict(run.repaired),
            "needs_somebody": run.needs_somebody,
            "failed": run.failed,
            "complete": run.complete,
            "skipped": list(run.skipped),
        }
        ttl = epoch(run.finished_at + KEEP_RUNS)
        item = RunItem(pk=pk, sk=sk, kind="reconciliation_run", body=json.dumps(body, separators=(",", ":")), ttl=ttl)
        self._unit_of_work.commit(self._core.put(item, None, lambda _: ConcurrentChange("a run was written twice")))

    def last(self, limit: int) -> tuple[Run, ...]:
        found = self._core.call(
            "Query",
            {
                "TableName": self._core.name,
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :run)",
                "ExpressionAttributeValues": {":pk": {"S": keys.RECONCILIATION}, ":run": {"S": "RUN#"}},
                "ScanIndexForward": False,
                "Limit": limit,
            },
        )
        return tuple(_run(json.loads(raw["body"]["S"])) for raw in found["Items"])

    def mark(self, sweep: str) -> datetime | None:
        raw = self._core.get(keys.sweep(sweep))
        return from_iso(raw["until"]["S"]) if raw else None

    def advance(self, sweep: str, to: datetime) -> None:
        pk, sk = keys.sweep(sweep)
        item = SweepItem(pk=pk, sk=sk, kind="sweep", until=to_iso(to))
        behind = SweepItem.pk.does_not_exist() | (SweepItem.until < to_iso(to))
        try:
            self._unit_of_work.commit(self._core.put(item, behind, lambda _: FurtherAlready(sweep)))
        except FurtherAlready:
            return  # which is as good


def _run(body: dict[str, Any]) -> Run:
    times = {name: from_iso(body[name]) for name in ("started_at", "finished_at")}
    return Run(**{**body, **times, "skipped": tuple(body["skipped"])})
