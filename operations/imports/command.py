"""`import-billing`: what the operator asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from operations.errors import OperationError
from operations.imports import reading
from operations.imports.common import Defaults
from operations.imports.drafting import Drafting
from operations.imports.importer import Importer
from operations.imports.outcome import Outcome, Report
from operations.imports.rows import format_of, rows
from operations.imports.shapes import TENANT
from operations.imports.writing import Rehearsing, Storing
from operations.publishing import PATIENCE
from operations.report import Say
from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.imports import DynamoImports
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork


@dataclass(frozen=True, slots=True)
class Wish:
    """As it was typed; what is empty was left out."""

    file: str
    written: str = ""
    tenant: str = ""
    kind: str = ""
    rejected: str = ""
    dry_run: bool = False


def import_billing(wish: Wish, core_table: str, now: datetime, say: Say) -> tuple[dict[str, Any], int]:
    """The summary, and the exit code: 0 only if every record is here. Raises `OperationError`."""
    path = _path(wish)
    written = format_of(path, wish.written)
    total = sum(1 for _ in rows(path, written, reading.KNOWN))
    connection = connect()
    core = Table(connection, core_table, PATIENCE)
    writing = Rehearsing(core) if wish.dry_run else Storing(core, DynamoUnitOfWork(connection, PATIENCE), now)
    importer = Importer(
        DynamoImports(core), Drafting(DynamoCatalog(core), now), writing, Defaults(wish.tenant, wish.kind)
    )
    say(f"{total:,} records of {path} into {core_table}" + (", only looked at" if wish.dry_run else ""))
    outcome = Outcome(total, wish.dry_run)
    with Report(Path(wish.rejected or f"{path}.rejected.jsonl")) as report:
        importer.run(rows(path, written, reading.KNOWN), outcome, report, say)
    told = str(report.path) if report.lines else None
    if told:
        say(f"{report.lines:,} were rejected, each with its reason in {told}")
    if outcome.why:
        say(f"\nStopped: {outcome.why}\nRun the same command again: it goes on with what is left.")
    return {"file": str(path), **outcome.summary(), "report": told}, outcome.exit_code


def _path(wish: Wish) -> Path:
    if not wish.file:
        raise OperationError("Which file?\nNext: FILE=subscriptions.csv, or FILE=billing.jsonl")
    if wish.tenant and not TENANT.pattern.fullmatch(wish.tenant):
        raise OperationError(f"TENANT={wish.tenant[:64]} is no tenant: {TENANT.said}.")
    if wish.kind and wish.kind not in reading.KINDS:
        raise OperationError(f"KIND={wish.kind[:64]} is none of {', '.join(reading.KINDS)}.")
    return Path(wish.file)
