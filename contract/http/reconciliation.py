"""What the reconciler found, for admins."""

from __future__ import annotations

from typing import Any, Literal

from contract.http.admin import FOR_ADMINS
from contract.operations import LISTED, PAGE, Operation, Parameter, id_of
from contract.shapes import Answer, Instant
from tollgate.reconciliation.model import Kind, Remedy, Repair

_STATE = Parameter("state", "Open, or settled.", {"type": "string", "enum": ["open", "settled"], "default": "open"})


class Subject(Answer):
    """What it is about."""

    type: str
    id: str


class Finding(Answer):
    """One thing that was not as it should be. `detail` holds ids and words for whoever looks at it."""

    id: str
    kind: Kind
    subject: Subject
    remedy: Remedy
    repair: Repair
    state: Literal["open", "settled"]
    settled_by: str | None
    found_at: Instant
    updated_at: Instant
    detail: dict[str, Any]


class Run(Answer):
    """One run over everything that was due."""

    id: str
    trigger: str
    started_at: Instant
    finished_at: Instant
    complete: bool


class CountedRun(Run):
    """The same with its counts, which are over all tenants: for those only who may see them all."""

    examined: dict[str, int]
    found: dict[str, int]
    repaired: dict[str, int]
    needs_somebody: int
    failed: int
    skipped_providers: list[str]


class Reconciliation(Answer):
    """A page of findings, newest first, with the latest runs."""

    last_runs: list[CountedRun | Run]
    findings: list[Finding]
    next_cursor: str | None


class RunStarted(Answer):
    """The run that was started."""

    run: str
    status: Literal["started"]


OPERATIONS = (
    Operation(
        "GET /admin/reconciliation",
        "showReconciliation",
        "Reconciliation",
        "List findings, with the latest runs",
        {200: Reconciliation},
        FOR_ADMINS,
        raises=LISTED,
        query=(*PAGE, _STATE),
        beyond_tenants=True,
    ),
    Operation(
        "POST /admin/reconciliation/run",
        "runReconciliation",
        "Reconciliation",
        "Start a run now",
        {202: RunStarted},
        FOR_ADMINS,
        beyond_tenants=True,
    ),
    Operation(
        "POST /admin/reconciliation/{id}/settle",
        "settleFinding",
        "Reconciliation",
        "Say that nothing is left to do about a finding",
        {200: Finding},
        f"Twice is fine. {FOR_ADMINS}",
        path=(id_of("finding"),),
        beyond_tenants=True,
    ),
)
