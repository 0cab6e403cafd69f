"""Reconciliation over HTTP: what may be asked, and how findings and runs look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.reconciliation.model import Finding, Run
from tollgate.reconciliation.ports import FindingsPage
from tollgate.runtime.http.queries import page_limit

RUNS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FindingsQuery:
    """A page of open findings, or of settled ones."""

    open_only: bool
    limit: int
    cursor: str | None


def findings_query(parameters: Mapping[str, str]) -> FindingsQuery:
    """From `state` (`open`, the default, or `settled`), `limit` and `cursor`."""
    errors: list[FieldError] = []
    state = parameters.get("state", "open")
    if state not in ("open", "settled"):
        errors.append(FieldError("state", "open or settled"))
    limit = page_limit(parameters.get("limit"), errors)
    unknown = sorted(set(parameters) - {"state", "limit", "cursor"})
    errors += [FieldError(name, "unknown parameter") for name in unknown]
    if errors:
        raise ValidationFailed(errors)
    return FindingsQuery(state == "open", limit, parameters.get("cursor"))


def finding(found: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "id": found.id,
        "kind": found.kind.value,
        "subject": {"type": found.subject_type, "id": found.subject_id},
        "remedy": found.remedy.value,
        "repair": found.repair.value,
        "state": "open" if found.is_open else "settled",
        "settledBy": found.settled_by,
        "foundAt": to_iso(found.found_at),
        "updatedAt": to_iso(found.updated_at),
        "detail": dict(found.detail),
    }


def overview(page: FindingsPage, runs: tuple[Run, ...], *, counts: bool) -> dict[str, Any]:
    """Findings with the latest runs. What a run counted is over all tenants: for those only who may see them all."""
    return {
        "lastRuns": [_run(run, counts=counts) for run in runs],
        "findings": [finding(found) for found in page.findings],
        "nextCursor": page.cursor,
    }


def _run(run: Run, *, counts: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": run.id,
        "trigger": run.trigger,
        "startedAt": to_iso(run.started_at),
        "finishedAt": to_iso(run.finished_at),
        "complete": run.complete,
    }
    if counts:
        told |= {"examined": dict(run.examined), "found": dict(run.found), "repaired": dict(run.repaired)}
        told |= {"needsSomebody": run.needs_somebody, "failed": run.failed, "skippedProviders": list(run.skipped)}
    return told
